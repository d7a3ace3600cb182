//! Whether the conversation follows its newest message.
//!
//! It does while the reader is at the end, and from the moment in which the reader says something. Nobody else is moved:
//! they are told how much is new.

use std::rc::Rc;

use papo_protocol::{MessageId, Session};
use web_sys::Element;
use yew::prelude::*;

use crate::browser::SizeObserver;
use crate::chat::{Chat, Command};

/// How near to the end counts as being there, in CSS pixels: about two lines.
const NEAR: i32 = 48;

/// What the conversation needs to follow.
#[derive(Debug)]
pub(super) struct Following {
    /// The element that scrolls.
    pub(super) log: NodeRef,
    /// How many messages came since the reader was at the end.
    pub(super) unseen: usize,
    /// It was scrolled, by whomever.
    pub(super) onscroll: Callback<Event>,
    /// The reader wants to see the newest.
    pub(super) onnewest: Callback<MouseEvent>,
}

#[derive(Debug, Default)]
struct Reader {
    is_away: bool,
    /// The newest message when the reader was last at the end.
    seen: Option<MessageId>,
    /// How many messages waited for their echo.
    pending: usize,
    /// How far the log was scrolled, in CSS pixels.
    top: i32,
    /// The oldest message, and how tall the log was with it, in CSS pixels.
    first: Option<MessageId>,
    height: i32,
}

/// Follows the conversation of `session`.
#[hook]
pub(super) fn use_following(chat: &Chat) -> Following {
    let session = &chat.session;
    let log = use_node_ref();
    let reader = use_mut_ref(Reader::default);
    let unseen = use_state_eq(|| 0);

    // What is put in front must not push away what is being read. Browsers see to it, except at the very top.
    use_effect_with(session.timeline().revision(), {
        let (log, reader, session) = (log.clone(), reader.clone(), Rc::clone(session));
        move |_| {
            let Some(log) = log.cast::<Element>() else {
                return;
            };
            let mut reader = reader.borrow_mut();
            let first = session
                .timeline()
                .entries()
                .next()
                .map(|entry| entry.message.message_id.clone());
            let height = log.scroll_height();
            if reader.is_away && log.scroll_top() == 0 && first != reader.first {
                log.set_scroll_top(height - reader.height);
            }
            (reader.first, reader.height) = (first, height);
        }
    });
    use_effect_with((newest(session), session.outbox().entries().len()), {
        let (log, reader, unseen, session) = (
            log.clone(),
            reader.clone(),
            unseen.setter(),
            Rc::clone(session),
        );
        move |(newest, pending)| {
            let mut reader = reader.borrow_mut();
            reader.is_away &= *pending <= reader.pending;
            reader.pending = *pending;
            if reader.is_away {
                unseen.set(after(&session, reader.seen.as_ref()));
            } else {
                reader.seen.clone_from(newest);
                unseen.set(0);
                reader.top = scroll_to_end(&log);
            }
        }
    });
    // What changes the room for the conversation (a notice, a growing draft, a keyboard) must not hide its end.
    use_effect_with((), {
        let (log, reader) = (log.clone(), reader.clone());
        move |()| {
            let scrolled = log.clone();
            let observer = SizeObserver::new(&log, move || {
                let mut reader = reader.borrow_mut();
                if !reader.is_away {
                    reader.top = scroll_to_end(&scrolled);
                }
            });
            move || drop(observer)
        }
    });
    let onscroll = Callback::from({
        let (log, reader, unseen) = (log.clone(), reader.clone(), unseen.setter());
        let chat = chat.clone();
        move |_: Event| {
            let Some(log) = log.cast::<Element>() else {
                return;
            };
            let mut reader = reader.borrow_mut();
            let before = std::mem::replace(&mut reader.top, log.scroll_top());
            if is_at_end(&log) {
                reader.is_away = false;
                reader.seen = newest(&chat.session);
                unseen.set(0);
            } else if reader.top < before {
                // Only who goes up goes away: an end that moved further down has left its reader, not the other way round.
                reader.is_away = true;
            }
            let near_the_top = reader.top < log.client_height();
            drop(reader);
            if near_the_top && chat.session.has_earlier() {
                chat.commands.emit(Command::Earlier);
            }
        }
    });
    let onnewest = Callback::from({
        let log = log.clone();
        // The scroll event that follows does the rest.
        move |_: MouseEvent| {
            scroll_to_end(&log);
        }
    });
    Following {
        log,
        unseen: *unseen,
        onscroll,
        onnewest,
    }
}

fn newest(session: &Session) -> Option<MessageId> {
    let entry = session.timeline().entries().next_back()?;
    Some(entry.message.message_id.clone())
}

/// How many messages stand after `seen`; all of them if it is not there any more.
fn after(session: &Session, seen: Option<&MessageId>) -> usize {
    let entries = session.timeline().entries().rev();
    entries
        .take_while(|entry| Some(&entry.message.message_id) != seen)
        .count()
}

fn is_at_end(log: &Element) -> bool {
    log.scroll_height() - log.scroll_top() - log.client_height() <= NEAR
}

/// Shows the end. How far the log is scrolled then: it is known before the event that says so, within which a reader may go up.
fn scroll_to_end(log: &NodeRef) -> i32 {
    log.cast::<Element>().map_or(0, |log| {
        log.set_scroll_top(log.scroll_height());
        log.scroll_top()
    })
}
