//! Which messages are new to the reader: those that arrived while the page was hidden or closed.
//!
//! The divider before the first of them stays until the page is hidden again, so that it can be found. Where the reader
//! stopped is kept by its place in the log, for the next visit.

use papo_protocol::session::Entry;
use papo_protocol::{MessageId, RoomName, Session};
use yew::prelude::*;

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
                // What was new has been seen.
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
            let Some(newest) = session.timeline().entries().next_back() else {
                return;
            };
            let mut reader = reader.borrow_mut();
            let has_begun = reader.has_begun;
            let new = if has_begun {
                after(&session, reader.last_read.as_ref())
            } else {
                since_last_visit(&session, room)
            };
            if let Some(id) = new.first()
                && first.get().is_none()
                && (!browser::is_visible() || !has_begun)
            {
                first.set(Some(id.clone()));
            }
            reader.has_begun = true;
            if browser::is_visible() {
                attention::show(room, 0);
                reader.last_read = Some(id(newest));
                if let Some(end) = session.timeline().end() {
                    note_read(room, end);
                }
            } else {
                attention::show(room, new.len());
                let newest = session.timeline().entries().rev().find(|entry| !entry.own);
                if let Some(entry) = newest.filter(|it| {
                    new.last() == Some(&id(it)) && reader.notified.as_ref() != new.last()
                }) {
                    reader.notified = new.last().cloned();
                    notify(&chat, entry);
                }
            }
        }
    });
    first.get()
}

/// The messages of others after `last`, oldest first.
fn after(session: &Session, last: Option<&MessageId>) -> Vec<MessageId> {
    let entries = session.timeline().entries().rev();
    let new = entries.take_while(|entry| Some(&entry.message.message_id) != last);
    let mut new: Vec<_> = new.filter(|entry| !entry.own).map(|it| id(it)).collect();
    new.reverse();
    new
}

/// The messages of others since the last visit, if the log is still the same.
fn since_last_visit(session: &Session, room: &RoomName) -> Vec<MessageId> {
    let end = session.timeline().end();
    let read = read(room).filter(|read| end.is_some_and(|end| end.epoch == read.epoch));
    let Some(read) = read else {
        return Vec::new();
    };
    let entries = session.timeline().entries();
    let new = entries.filter(|entry| !entry.own && entry.message.seq > Some(read.seq));
    new.map(|it| id(it)).collect()
}

fn id(entry: &Entry) -> MessageId {
    entry.message.message_id.clone()
}
