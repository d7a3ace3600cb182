//! Keeps what must survive the page: the draft and the outbox at once, the newest messages a little later.

use papo_protocol::limits::TYPING_INTERVAL_MS;
use papo_protocol::session::{Input, Outbox};
use yew::platform::spawn_local;

use super::{Driver, State};
use crate::browser::database::Database;
use crate::browser::{self, events};
use crate::chat::storage::{self, Storage};

/// How long the newest messages may stay unsaved, in milliseconds.
const CACHE_DELAY_MS: u32 = 2_000;

impl Driver {
    /// Writes the draft and the outbox.
    pub(super) fn save(&self, storage: &Storage, outbox: &Outbox) {
        if let Some(written) = storage.save(outbox) {
            let me = self.me.clone();
            spawn_local(async move {
                let succeeded = written.await.is_ok();
                if let Some(me) = me.upgrade() {
                    me.set_loses(!succeeded);
                }
            });
        }
    }

    fn set_loses(&self, loses: bool) {
        let mut state = self.state.borrow_mut();
        if state.loses != loses {
            state.loses = loses;
            drop(state);
            self.show();
        }
    }

    /// Keeps the draft.
    pub fn write(&self, text: String) {
        let composing = !text.is_empty();
        let now = browser::monotonic_now();
        let mut state = self.state.borrow_mut();
        let before = std::mem::replace(&mut state.storage.draft, text);
        self.save(&state.storage, self.session.borrow().outbox());
        // Every input renders the page, so not every key is one.
        let is_typing = composing && state.typing_again_at <= now;
        if is_typing {
            state.typing_again_at = now + TYPING_INTERVAL_MS;
        }
        drop(state);
        if is_typing {
            self.feed(Input::Typing);
        }
        if composing == before.is_empty() {
            self.feed(Input::Composing(composing));
        }
    }

    /// Keeps the newest messages for the next page soon, if they have changed.
    pub(super) fn keep_cache_later(&self, state: &mut State) {
        if self.session.borrow().timeline().revision() != state.cached {
            let me = self.me.clone();
            state.caching.get_or_insert_with(|| {
                events::after(CACHE_DELAY_MS, move || {
                    if let Some(me) = me.upgrade() {
                        me.keep_cache();
                    }
                })
            });
        }
    }

    /// Keeps the newest messages for the next page.
    fn keep_cache(&self) {
        let mut state = self.state.borrow_mut();
        let session = self.session.borrow();
        state.caching = None;
        state.cached = session.timeline().revision();
        if let Some(database) = &state.storage.database {
            let cache = session.cache().unwrap_or_default();
            storage::keep_cache(database, &self.room, &cache);
        }
    }

    /// The page is being closed: writes what the database may not have yet.
    pub fn leave(&self) {
        self.keep_cache();
        let (state, session) = (self.state.borrow(), self.session.borrow());
        storage::write_leaving(&state.storage, session.outbox());
        // The key has to be in the database for the next page to find it.
        self.save(&state.storage, session.outbox());
    }

    /// The page was not closed after all: only the database is written from now on.
    pub fn stay(&self) {
        browser::forget(&self.state.borrow().storage.key);
    }

    /// Whether closing the page now would lose something that was written.
    pub fn would_lose(&self) -> bool {
        let state = self.state.borrow();
        let has_unsent =
            !state.storage.draft.is_empty() || !self.session.borrow().outbox().entries().is_empty();
        has_unsent && (state.loses || state.storage.database.is_none())
    }

    /// Opens the storage, shows the messages that an earlier page kept, and writes what was entered meanwhile.
    pub fn open_storage(&self) {
        let me = self.me.clone();
        spawn_local(async move {
            let database = Database::open().await;
            let Some(me) = me.upgrade() else { return };
            match database {
                Ok(database) => {
                    if let Some(cache) = storage::cache(&database, &me.room).await {
                        me.feed(Input::Restore(cache));
                    }
                    me.state.borrow_mut().storage.database = Some(database);
                    me.save(&me.state.borrow().storage, me.session.borrow().outbox());
                    me.adopt();
                }
                Err(_) => me.set_loses(true),
            }
        });
    }
}
