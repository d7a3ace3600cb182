//! Which messages are new to the reader: those that arrived while the page was hidden or closed.
//!
//! The divider before the first of them stays until the page is hidden again, so that it can be found. Where the reader
//! stopped is kept by its place in the log, for the next visit.

use std::rc::Rc;

use gloo_events::EventListener;
use papo_protocol::session::Entry;
use papo_protocol::{MessageId, Session};
use yew::prelude::*;

use crate::browser::{self, attention};

/// The `localStorage` key of the last message that was read: its epoch and `seq`.
const READ: &str = "papo.read";

#[derive(Debug, Default)]
struct Reader {
    /// Whether there has been a message at all.
    has_begun: bool,
    /// The newest message when the page was last visible.
    last_read: Option<MessageId>,
}

/// The first message that is new to the reader.
#[hook]
pub(super) fn use_first_unread(session: &Rc<Session>) -> Option<MessageId> {
    let first = use_state_eq(|| None);
    let reader = use_mut_ref(Reader::default);
    let hides = use_state_eq(|| false);

    use_effect_with((), {
        let (hides, first) = (hides.setter(), first.setter());
        move |()| {
            let listener =
                EventListener::new(&browser::document(), "visibilitychange", move |_| {
                    let is_hidden = !browser::is_visible();
                    if is_hidden {
                        // What was new has been seen.
                        first.set(None);
                    }
                    hides.set(is_hidden);
                });
            move || drop(listener)
        }
    });
    use_effect_with((session.timeline().revision(), *hides), {
        let (first, session) = (first.clone(), Rc::clone(session));
        move |_| {
            let Some(newest) = session.timeline().entries().next_back() else {
                return;
            };
            let mut reader = reader.borrow_mut();
            let has_begun = reader.has_begun;
            let new = if has_begun {
                after(&session, reader.last_read.as_ref())
            } else {
                since_last_visit(&session)
            };
            if let Some(id) = new.first()
                && first.is_none()
                && (!browser::is_visible() || !has_begun)
            {
                first.set(Some(id.clone()));
            }
            reader.has_begun = true;
            if browser::is_visible() {
                attention::show_unread(0);
                reader.last_read = Some(id(newest));
                if let Some(end) = session.timeline().end() {
                    browser::remember(READ, &format!("{} {}", end.epoch.as_str(), end.seq));
                }
            } else {
                attention::show_unread(new.len());
            }
        }
    });
    (*first).clone()
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
fn since_last_visit(session: &Session) -> Vec<MessageId> {
    let Some((end, read)) = session.timeline().end().zip(browser::remembered(READ)) else {
        return Vec::new();
    };
    let Some(seq) = read
        .split_once(' ')
        .filter(|(epoch, _)| *epoch == end.epoch.as_str())
        .and_then(|(_, seq)| seq.parse().ok())
    else {
        return Vec::new();
    };
    let entries = session.timeline().entries();
    let new = entries.filter(|entry| !entry.own && entry.message.seq > Some(seq));
    new.map(|it| id(it)).collect()
}

fn id(entry: &Entry) -> MessageId {
    entry.message.message_id.clone()
}
