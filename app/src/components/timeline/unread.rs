//! Which messages are new to the reader: those that arrived while the page was hidden or closed.
//!
//! The divider before the first of them stays until the page is hidden again, so that it can be found. Where the reader
//! stopped is kept by its place in the log, for the next visit.

use std::sync::Arc;

use papo_protocol::session::Entry;
use papo_protocol::{MessageId, RoomName, Session};
use yew::prelude::*;

use super::entries;
use crate::browser::{self, attention};
use crate::chat::Chat;
use crate::chat::room::{note_read, read};
use crate::components::bell::notify;
use crate::hooks::{use_event, use_signal};

#[derive(Debug, Default)]
struct Reader {
    /// Whether there has been a message at all.
    has_begun: bool,
    /// The newest message that the reader was notified of.
    notified: Option<MessageId>,
    /// The newest message when the page was last visible.
    last_read: Option<MessageId>,
}

/// The first message that is new to the reader.
#[hook]
pub(super) fn use_first_unread(chat: &Chat) -> Option<MessageId> {
    let first = use_signal(|| None);
    let reader = use_mut_ref(Reader::default);
    let hides = use_signal(bool::default);

    let onvisibility = Callback::from({
        let (hides, first) = (hides.clone(), first.clone());
        move |_| {
            let is_hidden = !browser::is_visible();
            if is_hidden {
                // The reader has seen the new messages.
                first.set(None);
            }
            hides.set(is_hidden);
        }
    });
    use_event(
        || browser::document().into(),
        "visibilitychange",
        onvisibility,
    );
    use_effect_with((chat.session().timeline().revision(), hides.get()), {
        let (first, chat) = (first.clone(), chat.clone());
        move |_| {
            let (session, room) = (chat.session(), &chat.room);
            let Some(newest) = entries::newest(&session) else {
                return;
            };
            let mut reader = reader.borrow_mut();
            let has_begun = reader.has_begun;
            let mut new = if has_begun {
                entries::after(&session, reader.last_read.as_ref())
            } else {
                since_last_visit(&session, room)
            };
            new.retain(|entry| !entry.own);
            if let Some(entry) = new.first()
                && first.get().is_none()
                && (!browser::is_visible() || !has_begun)
            {
                first.set(Some(entry.message.message_id.clone()));
            }
            reader.has_begun = true;
            if browser::is_visible() {
                attention::show(room, 0);
                reader.last_read = Some(newest);
                if let Some(end) = session.timeline().end() {
                    note_read(room, end);
                }
            } else {
                attention::show(room, new.len());
                let id = new.last().map(|entry| entry.message.message_id.clone());
                if let Some(entry) = new.last()
                    && reader.notified != id
                {
                    reader.notified = id;
                    notify(&chat, entry);
                }
            }
        }
    });
    first.get()
}

/// The messages since the last visit, if the log is still the same.
fn since_last_visit<'a>(session: &'a Session, room: &RoomName) -> Vec<&'a Arc<Entry>> {
    let end = session.timeline().end();
    let read = read(room).filter(|read| end.is_some_and(|end| end.epoch == read.epoch));
    let Some(read) = read else {
        return Vec::new();
    };
    let mut entries = entries::all(session);
    entries.retain(|entry| entry.message.seq > Some(read.seq));
    entries
}
