//! Which messages are new to the reader: those that arrived while the page was hidden or closed, or while the reader was
//! further up.
//!
//! The divider before the first of them stays until the page is hidden, if the reader is at the end then and may have seen it.
//! Where the reader stopped is kept by its place in the log, for the next visit.

use std::sync::Arc;

use papo_protocol::session::Entry;
use papo_protocol::{MessageId, RoomName, Session};
use yew::prelude::*;

use super::entries;
use crate::browser::{self, attention};
use crate::chat::Chat;
use crate::chat::room::{note_read, read};
use crate::components::bell::notify;
use crate::hooks::{Signal, use_event, use_signal};

#[derive(Debug, Default)]
struct Reader {
    /// Whether the messages since the last visit are known.
    has_begun: bool,
    /// Whether the newest message is out of sight.
    is_away: bool,
    /// Whether the reader has been further up since there is a divider.
    has_looked: bool,
    /// The newest message that the reader was notified of.
    notified: Option<MessageId>,
    /// The newest message when the end was last in sight.
    last_read: Option<MessageId>,
}

impl Reader {
    /// Sets the `first` unread message, and either notes that all was read or notifies a reader who does not see the page.
    fn update(&mut self, chat: &Chat, first: &Signal<Option<MessageId>>) {
        let (session, room) = (chat.session(), &chat.room);
        let Some(newest) = entries::newest(&session) else {
            return;
        };
        let is_reading = browser::is_visible() && !self.is_away;
        let has_begun = std::mem::replace(&mut self.has_begun, true);
        let mut new = if has_begun {
            entries::after(&session, self.last_read.as_ref())
        } else {
            since_last_visit(&session, room)
        };
        new.retain(|entry| !entry.own);
        if let Some(entry) = new.first()
            && first.get().is_none()
            && (!is_reading || !has_begun)
        {
            first.set(Some(entry.message.message_id.clone()));
        }
        if is_reading {
            attention::show(room, 0);
            self.last_read = Some(newest);
            if let Some(end) = session.timeline().end() {
                note_read(room, end);
            }
        } else if !browser::is_visible() {
            self.notify_of(chat, &new);
        }
    }

    /// Shows outside of the page how many messages are `new`, and notifies the reader of the last one, once.
    fn notify_of(&mut self, chat: &Chat, new: &[&Arc<Entry>]) {
        attention::show(&chat.room, new.len());
        if let Some(entry) = new.last()
            && self.notified.as_ref() != Some(&entry.message.message_id)
        {
            self.notified = Some(entry.message.message_id.clone());
            notify(chat, entry);
        }
    }
}

/// The first message that is new to a reader who is not at the end if `is_away`.
#[hook]
pub(super) fn use_first_unread(chat: &Chat, is_away: bool) -> Option<MessageId> {
    let first = use_signal(|| None);
    let reader = use_mut_ref(Reader::default);
    let hides = use_signal(bool::default);
    {
        let mut reader = reader.borrow_mut();
        reader.is_away = is_away;
        reader.has_looked = first.get().is_some() && (is_away || reader.has_looked);
    }

    let onvisibility = Callback::from({
        let (hides, first, reader) = (hides.clone(), first.clone(), reader.clone());
        move |_| {
            let is_hidden = !browser::is_visible();
            let reader = reader.borrow();
            if is_hidden && !reader.is_away && (reader.has_looked || is_in_sight()) {
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
    let is_known = chat.session().is_caught_up();
    let revision = chat.session().timeline().revision();
    use_effect_with((revision, hides.get() || is_away, is_known), {
        let (first, chat) = (first.clone(), chat.clone());
        move |&(_, _, is_known)| {
            let mut reader = reader.borrow_mut();
            // What an earlier page kept is not all that is new.
            if reader.has_begun || is_known {
                reader.update(&chat, &first);
            }
        }
    });
    first.get()
}

/// Whether the divider is in the visible part of the timeline, of which nothing is above the page.
fn is_in_sight() -> bool {
    let divider = browser::document().query_selector("[data-testid=unread]");
    divider.is_ok_and(|it| it.is_some_and(|it| it.get_bounding_client_rect().top() > 0.0))
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
