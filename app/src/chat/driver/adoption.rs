//! Takes over the drafts and unsent messages of pages that have ended.

use std::rc::Weak;

use papo_protocol::session::{Input, Pending};
use yew::platform::spawn_local;

use super::Driver;
use crate::browser::database::Database;
use crate::browser::locks;
use crate::chat::{draft, storage};

impl Driver {
    /// Continues with what closed pages left in the database.
    pub(super) fn adopt(&self) {
        let state = self.state.borrow();
        let Some(database) = state.storage.database.clone() else {
            return;
        };
        let own = state.storage.key.clone();
        let prefix = storage::prefix(&self.room);
        let (me, predecessor) = (self.me.clone(), self.predecessor.clone());
        spawn_local(async move {
            let mut keys = database.keys(&prefix).await.unwrap_or_default();
            // The previous page may have ended before the database had its key.
            keys.extend(predecessor.clone().filter(|key| !keys.contains(key)));
            for key in keys.into_iter().filter(|key| *key != own) {
                let wait = Some(&key) == predecessor.as_ref();
                spawn_local(take_over(me.clone(), database.clone(), key, wait));
            }
        });
    }

    /// Continues with what another page left behind. Returns the draft if it stays where it is.
    fn continue_with(&self, (outbox, draft): (Vec<Pending>, String)) -> String {
        for pending in outbox {
            self.feed(Input::Adopt(pending));
        }
        let is_free = {
            let state = self.state.borrow();
            // The field belongs to another room once the page has left this one.
            state.storage.draft.is_empty() && !state.is_retired
        };
        if is_free && !draft.is_empty() && draft::append(&draft) {
            String::new()
        } else {
            draft
        }
    }
}

/// Takes over what a page has left under `key`, once it has ended or left the room.
async fn take_over(driver: Weak<Driver>, database: Database, key: String, wait: bool) {
    let Some(_lock) = locks::take(&key, wait).await else {
        return;
    };
    let Some(driver) = driver.upgrade() else {
        return;
    };
    let draft = driver.continue_with(storage::left(&database, &key).await);
    let _ = storage::write(&database, &key, &[], &draft).await;
}
