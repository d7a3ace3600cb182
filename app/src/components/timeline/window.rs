//! Which part of the timeline is in the page.
//!
//! A page with thousands of messages is slow to lay out, so only a few screens of them are rendered: the newest ones, or
//! the ones around the place that the reader has scrolled to. The bounds are messages and not positions, because positions change when
//! earlier messages are loaded or old ones are dropped. Pure code.

use std::ops::Range;

use papo_protocol::MessageId;

/// How many messages are rendered at first. The page asks for more until they fill the screen.
const FIRST: usize = 50;

/// How many messages are added at a time.
const STEP: usize = 40;

/// Maximum number of rendered messages: more than fill the tallest screen twice.
const MOST: usize = 240;

/// The messages in the page.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Window {
    /// The first message; without one, as many as fit before the last.
    first: Option<MessageId>,
    /// The last message; without one, the newest.
    last: Option<MessageId>,
}

impl Window {
    /// Whether the window ends before the newest message.
    pub fn is_cut(&self) -> bool {
        self.last.is_some()
    }

    /// The positions of the window in a timeline. A reader who does not follow the end keeps the beginning of the window.
    pub fn range(
        &self,
        length: usize,
        position: impl Fn(&MessageId) -> Option<usize>,
        follows: bool,
    ) -> Range<usize> {
        // A bound that is gone was dropped at the old end.
        let first = self.first.as_ref().map(|id| position(id).unwrap_or(0));
        let last = self.last.as_ref().and_then(position);
        let end = last.map_or(length, |last| last + 1);
        let start = first.unwrap_or(newest(end)).min(end);
        if end - start <= MOST {
            start..end
        } else if follows {
            newest(end)..end
        } else {
            start..start + MOST
        }
    }

    /// The window of a reader who leaves the end: its beginning stays while messages arrive.
    pub fn pinned<'a>(range: &Range<usize>, id: impl Fn(usize) -> Option<&'a MessageId>) -> Self {
        Self::of(range.clone(), id)
    }

    /// The window with earlier messages, and without the latest ones if there are too many.
    pub fn earlier<'a>(range: &Range<usize>, id: impl Fn(usize) -> Option<&'a MessageId>) -> Self {
        let start = range.start.saturating_sub(STEP);
        Self::of(start..range.end.min(start + MOST), id)
    }

    /// The window with later messages, and without the earliest ones if there are too many.
    pub fn later<'a>(range: &Range<usize>, id: impl Fn(usize) -> Option<&'a MessageId>) -> Self {
        let end = range.end + STEP;
        Self::of(range.start.max(end.saturating_sub(MOST))..end, id)
    }

    /// The window that begins with a message.
    pub fn beginning_with(message: MessageId) -> Self {
        Self {
            first: Some(message),
            last: None,
        }
    }

    /// A range that reaches the end has no last message.
    fn of<'a>(range: Range<usize>, id: impl Fn(usize) -> Option<&'a MessageId>) -> Self {
        let last = id(range.end).and_then(|_| id(range.end.saturating_sub(1)));
        Self {
            first: id(range.start).cloned(),
            last: last.cloned(),
        }
    }
}

/// Where the newest messages begin: in steps, so that not every new message removes an old one from the page.
fn newest(length: usize) -> usize {
    length.saturating_sub(FIRST) / STEP * STEP
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A timeline of the messages `from..to`, each named by its number.
    struct Messages(Vec<MessageId>);

    impl Messages {
        fn new(numbers: Range<usize>) -> Self {
            Self(numbers.map(|n| MessageId::new(n.to_string())).collect())
        }

        fn range(&self, window: &Window, follows: bool) -> Range<usize> {
            let position = |id: &MessageId| self.0.iter().position(|it| it == id);
            window.range(self.0.len(), position, follows)
        }
    }

    #[test]
    fn at_first_the_newest_messages_are_rendered() {
        let window = Window::default();
        assert_eq!(Messages::new(0..10).range(&window, true), 0..10);
        assert_eq!(Messages::new(0..2_000).range(&window, true), 1_920..2_000);
        assert_eq!(Messages::new(0..2_009).range(&window, true), 1_920..2_009);
        assert_eq!(Messages::new(0..2_010).range(&window, true), 1_960..2_010);
        assert_eq!(Messages::new(0..0).range(&window, true), 0..0);
    }

    #[test]
    fn going_up_adds_earlier_messages_and_in_the_end_drops_the_latest() {
        let messages = Messages::new(0..2_000);
        let mut range = 1_950..2_000;
        for _ in 0..10 {
            let window = Window::earlier(&range, |n| messages.0.get(n));
            range = messages.range(&window, false);
        }
        assert_eq!(range, 1_550..1_790);
        while range.end < messages.0.len() {
            let window = Window::later(&range, |n| messages.0.get(n));
            range = messages.range(&window, false);
        }
        assert_eq!(range, 1_790..2_000);
    }

    #[test]
    fn the_window_stays_where_it_is_when_earlier_messages_are_loaded() {
        let messages = Messages::new(100..200);
        let window = Window::earlier(&(50..100), |n| messages.0.get(n));
        assert_eq!(messages.range(&window, false), 10..100);
        let with_earlier = Messages::new(0..200);
        assert_eq!(with_earlier.range(&window, false), 110..200);
    }

    #[test]
    fn a_window_that_begins_with_a_message_has_as_many_as_are_rendered_at_most() {
        let messages = Messages::new(0..1_000);
        let window = Window::beginning_with(MessageId::new("5"));
        assert_eq!(messages.range(&window, false), 5..245);
        let window = Window::beginning_with(MessageId::new("900"));
        assert_eq!(messages.range(&window, false), 900..1_000);
    }

    #[test]
    fn new_messages_do_not_move_the_beginning_from_a_reader_further_up() {
        let messages = Messages::new(0..100);
        let window = Window::earlier(&(50..100), |n| messages.0.get(n));
        let later = Messages::new(0..1_000);
        assert_eq!(later.range(&window, false), 10..250);
        assert_eq!(later.range(&window, true), 920..1_000);
    }

    #[test]
    fn the_window_of_a_reader_who_leaves_the_end_only_grows() {
        let messages = Messages::new(0..60);
        let window = Window::pinned(&(10..60), |n| messages.0.get(n));
        assert_eq!(Messages::new(0..90).range(&window, false), 10..90);
    }

    #[test]
    fn a_window_whose_first_message_was_dropped_starts_with_the_oldest() {
        let messages = Messages::new(0..100);
        let window = Window::earlier(&(50..100), |n| messages.0.get(n));
        let trimmed = Messages::new(30..120);
        assert_eq!(trimmed.range(&window, false), 0..90);
    }
}
