//! Which part of the timeline is rendered, and how it scrolls.
//!
//! The page follows the newest message while the reader is at the end, and from the moment the reader sends something.
//! Otherwise the first visible message keeps its place, and the reader is told how many messages are new.
//!
//! The reader's place is noted at every scroll event and before every rendering, and restored as soon as the content has
//! changed. Yew lets the browser paint and scroll between a rendering and its effects, so effects would be too late.

use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use papo_protocol::session::{Entry, Input};
use papo_protocol::{MessageId, Seq, Session};
use web_sys::Element;
use yew::prelude::*;

use super::anchor::Anchor;
use super::entries;
use super::window::Window;
use crate::browser::observers::{LayoutObserver, NearObserver};
use crate::chat::{Chat, draft};
use crate::hooks::use_guard;

/// How near to the end counts as being there, in CSS pixels: about two lines.
const AT_END: i32 = 48;

/// The distance to a bound of the window at which more is rendered: the height of a screen.
const NEAR: &str = "100% 0px";

/// The elements whose places matter.
#[derive(Debug, Default)]
pub(super) struct Elements {
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
}

/// The rendered part of the timeline.
#[derive(Debug)]
pub(super) struct Shown {
    /// The part of the timeline.
    pub(super) range: Range<usize>,
    /// How many messages came since the reader was at the end.
    pub(super) unseen: usize,
    /// Whether the newest message is out of sight.
    pub(super) is_away: bool,
}

#[derive(Debug, Default)]
struct Reader {
    is_away: bool,
    /// The first visible message for a reader who has scrolled up.
    anchor: Option<Anchor>,
    /// The newest message when the reader was last at the end.
    seen: Option<MessageId>,
    /// How many messages were unacknowledged.
    pending: usize,
    /// The scroll position, in CSS pixels.
    top: i32,
    /// The part of the timeline to render.
    window: Window,
    /// Whether the reader is on the way to a message. What scrolls meanwhile is not the reader.
    is_going: bool,
    /// The positions that were rendered last. Empty if others are about to be.
    range: Range<usize>,
    /// The window that was rendered last, for a reader who leaves the end.
    rendered: Window,
}

/// The reader and the elements of one timeline.
#[derive(Debug)]
pub(super) struct Scrolling {
    pub(super) elements: Elements,
    reader: RefCell<Reader>,
    changed: UseForceUpdateHandle,
}

impl Scrolling {
    /// What to render of the timeline. The content is about to change: this is the last moment to note where the reader is.
    fn show(&self, session: &Session) -> Shown {
        let mut reader = self.reader.borrow_mut();
        // The scroll event may still be on its way.
        self.leave_end(&mut reader);
        self.note(&mut reader);
        // The page follows the reader's own message.
        let pending = session.outbox().messages().count();
        if pending > reader.pending {
            reader.is_away = false;
        }
        reader.pending = pending;
        if !reader.is_away {
            reader.seen = entries::newest(session);
            if reader.window.is_cut() {
                reader.window = Window::default();
            }
        }
        let entries = entries::all(session);
        let position = |id: &MessageId| entries.iter().position(|it| it.message.message_id == *id);
        let range = reader
            .window
            .range(entries.len(), position, !reader.is_away);
        reader.rendered = Window::pinned(&range, |n| id_in(&entries, n));
        reader.range = range.clone();
        Shown {
            range,
            unseen: entries::after(session, reader.seen.as_ref()).len(),
            is_away: reader.is_away,
        }
    }

    /// Notes that the reader has scrolled up from the end. Only scrolling up leaves it: otherwise the end has moved, not the
    /// reader.
    fn leave_end(&self, reader: &mut Reader) {
        let scroller = self.elements.scroller.cast::<Element>();
        if !reader.is_away
            && scroller.is_some_and(|it| it.scroll_top() < reader.top && !is_at_end(&it))
        {
            reader.is_away = true;
            reader.window = reader.rendered.clone();
        }
    }

    /// Notes what an away reader sees, if the reader has scrolled. Otherwise it is known, and what is visible does not tell: in
    /// the middle of an update, the author's line may have yet to move from the message being read to one above it.
    fn note(&self, reader: &mut Reader) {
        if let (true, Some(scroller), Some(rows)) = (
            reader.is_away,
            self.elements.scroller.cast::<Element>(),
            self.elements.rows.cast::<Element>(),
        ) && (reader.anchor.is_none() || scroller.scroll_top() != reader.top)
        {
            reader.top = scroller.scroll_top();
            reader.anchor = Anchor::find(&scroller, &rows);
        }
    }

    /// Puts the reader back in place: at the end, or at the anchor.
    fn settle(&self) {
        let Some(scroller) = self.elements.scroller.cast::<Element>() else {
            return;
        };
        let mut reader = self.reader.borrow_mut();
        if !reader.is_away {
            scroller.set_scroll_top(scroller.scroll_height());
        } else if let Some(anchor) = &reader.anchor
            && !anchor.restore(&scroller)
        {
            reader.anchor = None;
        }
        reader.top = scroller.scroll_top();
    }

    /// The scroller was scrolled.
    pub(super) fn on_scroll(&self) {
        let Some(scroller) = self.elements.scroller.cast::<Element>() else {
            return;
        };
        let mut reader = self.reader.borrow_mut();
        if reader.is_going {
            return;
        }
        let was_away = reader.is_away;
        if is_at_end(&scroller) && !reader.rendered.is_cut() {
            reader.is_away = false;
        } else {
            self.leave_end(&mut reader);
        }
        self.note(&mut reader);
        reader.top = scroller.scroll_top();
        if reader.is_away != was_away {
            self.changed.force_update();
        }
    }

    /// The reader wants to see the newest message.
    pub(super) fn go_to_newest(&self) {
        let mut reader = self.reader.borrow_mut();
        reader.is_away = false;
        reader.window = Window::default();
        drop(reader);
        self.settle();
        self.changed.force_update();
        draft::focus_unless_touch();
    }

    /// Renders the timeline from a message on. [`arrive`](Self::arrive) follows once it is rendered.
    pub(super) fn go_to(&self, message: MessageId) {
        let mut reader = self.reader.borrow_mut();
        reader.is_away = true;
        reader.is_going = true;
        reader.range = 0..0;
        reader.anchor = None;
        drop(reader);
        self.set_window(Window::beginning_with(message));
    }

    /// The reader is where [`go_to`](Self::go_to) was to lead, or as near as possible.
    pub(super) fn arrive(&self) {
        self.reader.borrow_mut().is_going = false;
    }

    /// Renders more at a bound that is still where it was.
    fn extend(&self, was: usize, bound: fn(&Range<usize>) -> usize, window: &Window) {
        if bound(&self.reader.borrow().range) == was {
            self.set_window(window.clone());
        }
    }

    /// Shows another part of the timeline.
    fn set_window(&self, window: Window) {
        self.reader.borrow_mut().window = window;
        self.changed.force_update();
    }
}

/// Follows the timeline of `chat`.
#[hook]
pub(super) fn use_scrolling(chat: &Chat) -> (Rc<Scrolling>, Shown) {
    let changed = use_force_update();
    let scrolling = use_ref(|| Scrolling {
        elements: Elements::default(),
        reader: RefCell::default(),
        changed,
    });
    let shown = scrolling.show(&chat.session());

    // A notice, a growing draft, an on-screen keyboard or a growing message must not move the reader either.
    use_guard(
        true,
        Box::new({
            let scrolling = Rc::clone(&scrolling);
            move || {
                let Elements {
                    scroller, column, ..
                } = &scrolling.elements;
                let elements = scroller.cast::<Element>().zip(column.cast::<Element>());
                let observer = elements.map(|(scroller, column)| {
                    let scrolling = Rc::clone(&scrolling);
                    LayoutObserver::new(&[&scroller, &column], Box::new(move || scrolling.settle()))
                });
                Box::new(observer)
            }
        }),
    );
    let inputs = chat.inputs.clone();
    use_guard(
        shown.is_away,
        Box::new(move || Box::new(Reading::begin(inputs))),
    );
    use_bounds(chat, &scrolling, &shown.range);
    (scrolling, shown)
}

/// Keeps what is being read until it is dropped.
struct Reading(Callback<Input>);

impl Reading {
    fn begin(inputs: Callback<Input>) -> Self {
        inputs.emit(Input::Reading(true));
        Self(inputs)
    }
}

impl Drop for Reading {
    fn drop(&mut self) {
        self.0.emit(Input::Reading(false));
    }
}

/// Renders more when the reader comes near a bound of what is rendered, and asks for history when all is.
#[hook]
fn use_bounds(chat: &Chat, scrolling: &Rc<Scrolling>, range: &Range<usize>) {
    let Elements {
        scroller,
        top,
        bottom,
        ..
    } = &scrolling.elements;
    let session = chat.session();
    let entries = entries::all(&session);
    // Not the first message: an earlier page may consist of reactions.
    let first = session.timeline().segments().first();
    let first = first.map_or(0, |it| it.first);
    let has_earlier = range.start > 0 || session.has_earlier();
    // The observers outlive their rendering for a moment, and must not undo what came after it.
    let on_top = {
        let (scrolling, inputs, start) = (Rc::clone(scrolling), chat.inputs.clone(), range.start);
        let earlier = Window::earlier(range, |n| id_in(&entries, n));
        move || {
            if start == 0 {
                inputs.emit(Input::LoadEarlier);
            } else {
                scrolling.extend(start, |range| range.start, &earlier);
            }
        }
    };
    let on_bottom = {
        let (scrolling, end) = (Rc::clone(scrolling), range.end);
        let later = Window::later(range, |n| id_in(&entries, n));
        move || scrolling.extend(end, |range| range.end, &later)
    };
    let has_later = range.end < entries.len();
    use_near(
        scroller,
        top,
        (range.start, first, has_earlier),
        Box::new(on_top),
    );
    use_near(
        scroller,
        bottom,
        (range.end, 0, has_later),
        Box::new(on_bottom),
    );
}

/// Calls `then` when the reader comes near `edge`, if there is more beyond it. `bound` identifies what is rendered up to the
/// edge by the index of a message and the number of the first loaded entry. When it changes, a new observer starts, because the
/// edge may be near again.
#[hook]
fn use_near(scroller: &NodeRef, edge: &NodeRef, bound: (usize, Seq, bool), then: Box<dyn Fn()>) {
    let (scroller, edge) = (scroller.clone(), edge.clone());
    use_effect_with(bound, move |(_, _, has_more)| {
        let observer = has_more.then(|| NearObserver::new(&scroller, &edge, NEAR, then));
        move || drop(observer)
    });
}

fn id_in<'a>(entries: &[&'a Arc<Entry>], index: usize) -> Option<&'a MessageId> {
    Some(&entries.get(index)?.message.message_id)
}

fn is_at_end(scroller: &Element) -> bool {
    scroller.scroll_height() - scroller.scroll_top() - scroller.client_height() <= AT_END
}
