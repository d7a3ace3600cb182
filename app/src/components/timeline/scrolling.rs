//! Which part of the timeline is rendered, and how it scrolls.
//!
//! The page follows the newest message while the reader is at the end, and from the moment the reader sends something.
//! Otherwise the first visible message keeps its place, and the reader is told how many messages are new.
//!
//! Where the reader is gets noted at every scroll event and before every rendering, and is restored as soon as the content
//! has changed. Yew lets the browser paint and scroll between a rendering and its effects, so effects come too late for it.

use std::ops::Range;
use std::rc::Rc;

use papo_protocol::session::Input;
use papo_protocol::{MessageId, Session};
use web_sys::Element;
use yew::prelude::*;

use super::anchor::Anchor;
use super::window::Window;
use crate::browser::observers::{LayoutObserver, NearObserver};
use crate::chat::{Chat, draft};

/// How near to the end counts as being there, in CSS pixels: about two lines.
const AT_END: i32 = 48;

/// How near to a bound of the window the reader comes before more is rendered: the height of a screen.
const NEAR: &str = "100% 0px";

/// What the timeline needs to scroll.
#[derive(Debug)]
pub(super) struct Scrolling {
    /// The element that scrolls.
    pub(super) scroller: NodeRef,
    /// Its content.
    pub(super) column: NodeRef,
    /// The list of rows.
    pub(super) rows: NodeRef,
    /// The top of the content.
    pub(super) top: NodeRef,
    /// The bottom of the content.
    pub(super) bottom: NodeRef,
    /// The part of the timeline to render.
    pub(super) range: Range<usize>,
    /// How many messages came since the reader was at the end.
    pub(super) unseen: usize,
    /// Whether the newest message is out of sight.
    pub(super) is_away: bool,
    /// The scroller was scrolled.
    pub(super) onscroll: Callback<Event>,
    /// The reader wants to see the newest message.
    pub(super) onnewest: Callback<MouseEvent>,
}

#[derive(Debug, Default)]
struct Reader {
    is_away: bool,
    /// What an away reader sees first.
    anchor: Option<Anchor>,
    /// The newest message when the reader was last at the end.
    seen: Option<MessageId>,
    /// How many messages were unacknowledged.
    pending: usize,
    /// The scroll position, in CSS pixels.
    top: i32,
    /// Whether the content may have changed since the anchor was noted. What is visible now says nothing about the reader.
    is_rendering: bool,
    /// What was rendered last, for a reader who leaves the end.
    rendered: Window,
}

/// The elements whose places matter.
#[derive(Clone, Debug, PartialEq)]
struct Elements {
    scroller: NodeRef,
    rows: NodeRef,
}

impl Elements {
    /// Whether the reader has scrolled up from the end. Only scrolling up leaves it: otherwise the end has moved, not the
    /// reader.
    fn has_left_end(&self, reader: &Reader) -> bool {
        let scroller = self.scroller.cast::<Element>();
        !reader.is_away
            && scroller.is_some_and(|it| it.scroll_top() < reader.top && !is_at_end(&it))
    }

    /// Notes what an away reader sees.
    fn note(&self, reader: &mut Reader) {
        if let (true, Some(scroller), Some(rows)) = (
            reader.is_away,
            self.scroller.cast::<Element>(),
            self.rows.cast::<Element>(),
        ) {
            reader.anchor = Anchor::find(&scroller, &rows);
        }
    }

    /// Puts the reader back in place: at the end, or at the anchor.
    fn settle(&self, reader: &mut Reader) {
        let Some(scroller) = self.scroller.cast::<Element>() else {
            return;
        };
        if !reader.is_away {
            scroller.set_scroll_top(scroller.scroll_height());
        } else if let Some(anchor) = &reader.anchor {
            anchor.restore(&scroller);
        }
        reader.top = scroller.scroll_top();
        reader.is_rendering = false;
    }
}

/// Follows the timeline of `chat`.
#[hook]
pub(super) fn use_scrolling(chat: &Chat) -> Scrolling {
    let session = &chat.session;
    let (column, top, bottom) = (use_node_ref(), use_node_ref(), use_node_ref());
    let elements = Elements {
        scroller: use_node_ref(),
        rows: use_node_ref(),
    };
    let reader = use_mut_ref(Reader::default);
    let unseen = use_state_eq(|| 0);
    let is_away = use_state_eq(|| false);
    let window = use_state_eq(Window::default);

    // Whether the reader's own message makes the page follow has to be known before the window is computed.
    let pending = session.outbox().messages().count();
    let length = session.timeline().len();
    let range = {
        let mut reader = reader.borrow_mut();
        let mut shown = (*window).clone();
        if !reader.is_rendering {
            // The scroll event may still be on its way.
            if elements.has_left_end(&reader) {
                reader.is_away = true;
                shown = std::mem::take(&mut reader.rendered);
                window.set(shown.clone());
            }
            // The content is about to change: the last moment to note where the reader is.
            elements.note(&mut reader);
            reader.is_rendering = true;
        }
        if pending > reader.pending {
            reader.is_away = false;
        }
        reader.pending = pending;
        if !reader.is_away && shown.is_cut() {
            shown = Window::default();
        }
        let range = shown.range(length, |id| position(session, id), !reader.is_away);
        reader.rendered = Window::pinned(&range, |n| id_at(session, n));
        range
    };
    let at_newest = range.end == length;

    use_effect_with((session.timeline().revision(), range.clone(), pending), {
        let (reader, session) = (reader.clone(), session.clone());
        let is_cut = window.is_cut();
        let (unseen, is_away, window) = (unseen.setter(), is_away.setter(), window.setter());
        move |_| {
            let mut reader = reader.borrow_mut();
            if reader.is_away {
                unseen.set(after(&session, reader.seen.as_ref()));
            } else {
                reader.seen = newest(&session);
                unseen.set(0);
                is_away.set(false);
                if is_cut {
                    window.set(Window::default());
                }
            }
        }
    });
    // Nor must a notice, a growing draft, an on-screen keyboard or a message that grows move the reader.
    use_effect_with((), {
        let (elements, reader, column) = (elements.clone(), reader.clone(), column.clone());
        move |()| {
            let scroller = elements.scroller.clone();
            let settle = move || elements.settle(&mut reader.borrow_mut());
            let observer = LayoutObserver::new(&[&scroller, &column], settle);
            move || drop(observer)
        }
    });
    use_effect({
        let reader = reader.clone();
        // A rendering that changes nothing is not observed.
        move || reader.borrow_mut().is_rendering = false
    });
    use_bounds(chat, &elements.scroller, [&top, &bottom], &range, &window);

    let onscroll = Callback::from({
        let (elements, reader) = (elements.clone(), reader.clone());
        let (unseen, is_away, window) = (unseen.setter(), is_away.setter(), window.setter());
        let session = Rc::clone(session);
        move |_: Event| {
            let Some(scroller) = elements.scroller.cast::<Element>() else {
                return;
            };
            let mut reader = reader.borrow_mut();
            if is_at_end(&scroller) && at_newest {
                reader.is_away = false;
                reader.seen = newest(&session);
                unseen.set(0);
            } else if elements.has_left_end(&reader) {
                reader.is_away = true;
                window.set(reader.rendered.clone());
            }
            reader.top = scroller.scroll_top();
            elements.note(&mut reader);
            is_away.set(reader.is_away);
        }
    });
    let onnewest = Callback::from({
        let (elements, reader) = (elements.clone(), reader.clone());
        let (unseen, is_away, window) = (unseen.setter(), is_away.setter(), window.setter());
        let session = Rc::clone(session);
        move |_: MouseEvent| {
            let mut reader = reader.borrow_mut();
            reader.is_away = false;
            reader.seen = newest(&session);
            unseen.set(0);
            is_away.set(false);
            window.set(Window::default());
            elements.settle(&mut reader);
            draft::focus_unless_touch();
        }
    });
    Scrolling {
        scroller: elements.scroller,
        column,
        rows: elements.rows,
        top,
        bottom,
        range,
        unseen: *unseen,
        is_away: *is_away,
        onscroll,
        onnewest,
    }
}

/// Renders more when the reader comes near a bound of what is rendered, and asks for history when all is.
#[hook]
fn use_bounds(
    chat: &Chat,
    scroller: &NodeRef,
    edges: [&NodeRef; 2],
    range: &Range<usize>,
    window: &UseStateHandle<Window>,
) {
    let [top, bottom] = edges;
    let session = &chat.session;
    let first = session.timeline().entries().next();
    let first = first.map(|entry| entry.message.message_id.clone());
    use_effect_with((range.start, first, session.has_earlier()), {
        let (scroller, top, range) = (scroller.clone(), top.clone(), range.clone());
        let (window, chat) = (window.setter(), chat.clone());
        move |(start, _, has_earlier)| {
            let wanted = *start > 0 || *has_earlier;
            let observer = wanted.then(|| {
                NearObserver::new(&scroller, &top, NEAR, move || {
                    if range.start > 0 {
                        window.set(Window::earlier(&range, |n| id_at(&chat.session, n)));
                    } else {
                        chat.inputs.emit(Input::LoadEarlier);
                    }
                })
            });
            move || drop(observer)
        }
    });
    let is_cut = range.end < session.timeline().len();
    use_effect_with((range.end, is_cut), {
        let (scroller, bottom, range) = (scroller.clone(), bottom.clone(), range.clone());
        let (window, session) = (window.setter(), Rc::clone(session));
        move |(_, is_cut)| {
            let observer = is_cut.then(|| {
                NearObserver::new(&scroller, &bottom, NEAR, move || {
                    window.set(Window::later(&range, |n| id_at(&session, n)));
                })
            });
            move || drop(observer)
        }
    });
}

fn position(session: &Session, id: &MessageId) -> Option<usize> {
    let mut entries = session.timeline().entries();
    entries.position(|entry| entry.message.message_id == *id)
}

fn id_at(session: &Session, index: usize) -> Option<&MessageId> {
    let entry = session.timeline().entries().nth(index)?;
    Some(&entry.message.message_id)
}

fn newest(session: &Session) -> Option<MessageId> {
    let entry = session.timeline().entries().next_back()?;
    Some(entry.message.message_id.clone())
}

/// How many messages stand after `seen`; all if it is not in the timeline any more.
fn after(session: &Session, seen: Option<&MessageId>) -> usize {
    let entries = session.timeline().entries().rev();
    entries
        .take_while(|entry| Some(&entry.message.message_id) != seen)
        .count()
}

fn is_at_end(scroller: &Element) -> bool {
    scroller.scroll_height() - scroller.scroll_top() - scroller.client_height() <= AT_END
}
