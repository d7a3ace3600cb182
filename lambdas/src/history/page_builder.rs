//! Fills a page of history up to the size of a frame. Pure.

use papo_protocol::limits::FRAME_BYTES;
use papo_protocol::{Event, History, LogEntry, Position, Range, Seq};

/// A page of history under construction.
///
/// Its frame has at most [`FRAME_BYTES`]. API Gateway would accept four times as much, but bills in units of that size, and
/// smaller pages arrive sooner.
#[derive(Debug)]
pub(super) struct PageBuilder {
    head: Position,
    messages: Vec<LogEntry>,
    limit: usize,
    bytes: usize,
}

impl PageBuilder {
    /// An empty page of a log that ends at `head`, for at most `limit` messages.
    pub(super) fn new(head: Position, limit: usize) -> Self {
        // Reserve space for the longest head and `complete`, which are only known at the end.
        let longest = History {
            range: Range::Before(Seq::MAX),
            head: Position {
                epoch: head.epoch.clone(),
                seq: Seq::MAX,
            },
            messages: Vec::new(),
            complete: false,
        };
        Self {
            head,
            messages: Vec::new(),
            limit,
            bytes: Event::History(longest).to_json().len(),
        }
    }

    /// Adds a message. Returns `false` if it does not fit, and the page is full.
    ///
    /// The first message always fits: the longest text, with every character escaped, is half a frame.
    pub(super) fn push(&mut self, entry: LogEntry) -> bool {
        let comma = usize::from(!self.messages.is_empty());
        let seq = entry.seq();
        let json = Event::from(entry.clone()).to_json().len();
        let bytes = self.bytes + comma + json;
        if self.messages.len() >= self.limit || (comma > 0 && bytes > FRAME_BYTES) {
            return false;
        }
        self.bytes = bytes;
        // The message may have been appended after the head was read.
        self.head.seq = self.head.seq.max(seq.unwrap_or(0));
        self.messages.push(entry);
        true
    }

    /// The page, oldest message first. Messages were pushed in the direction of `range`.
    pub(super) fn finish(mut self, range: Range, complete: bool) -> History {
        if let Range::Before(_) = range {
            self.messages.reverse();
        }
        History {
            range,
            head: self.head,
            messages: self.messages,
            complete,
        }
    }
}

#[cfg(test)]
mod tests {
    use papo_protocol::limits::TEXT_BYTES;
    use papo_protocol::{ClientMessageId, ConnectionId, Epoch, Message, MessageId};

    use super::*;

    fn head(seq: Seq) -> Position {
        Position {
            epoch: Epoch::new("1939f3d5a00-4c6ef3"),
            seq,
        }
    }

    fn message(seq: Seq, text: &str) -> LogEntry {
        let message = Message {
            seq: Some(seq),
            client_message_id: ClientMessageId::parse("x".repeat(64)).ok(),
            ..Message::new(
                ConnectionId::new("L0SM9cOFvHcCIhw="),
                MessageId::new("L0SNBdKdvHcCIhw="),
                1_733_702_400_000,
                text,
            )
        };
        message.into()
    }

    /// Fills a page with messages of this text; returns it and the size of its frame.
    fn filled(limit: usize, text: &str) -> (History, usize) {
        let mut page = PageBuilder::new(head(9_999), limit);
        for seq in 1.. {
            if !page.push(message(seq, text)) {
                break;
            }
        }
        let history = page.finish(Range::After(0), false);
        let bytes = Event::History(history.clone()).to_json().len();
        (history, bytes)
    }

    #[test]
    fn fills_the_frame() {
        for text in ["a", "Olá!", "\"\\\n\t", "é\u{10ffff}", &"a".repeat(1_000)] {
            let (history, bytes) = filled(usize::MAX, text);
            let one = Event::from(message(9_999, text)).to_json().len() + 1;
            assert!(bytes <= FRAME_BYTES, "{text:?}: {bytes}");
            // The reserved digits of the head.
            assert!(bytes + one + 20 > FRAME_BYTES, "{text:?}: {bytes}");
            assert!(history.messages.len() > 1, "{text:?}");
        }
    }

    #[test]
    fn the_longest_message_fits() {
        let (history, bytes) = filled(usize::MAX, &"\"".repeat(TEXT_BYTES));
        assert_eq!(history.messages.len(), 1);
        assert!(bytes <= FRAME_BYTES, "{bytes}");
    }

    #[test]
    fn limits_the_number_of_messages() {
        for limit in [1, 2, 50] {
            assert_eq!(filled(limit, "a").0.messages.len(), limit);
        }
    }

    #[test]
    fn reverses_a_descending_page() {
        let mut page = PageBuilder::new(head(9), 10);
        for seq in [9, 8, 7] {
            assert!(page.push(message(seq, "a")));
        }
        let page = page.finish(Range::Before(10), true);
        let numbers: Vec<_> = page.messages.iter().filter_map(LogEntry::seq).collect();
        assert_eq!(numbers, [7, 8, 9]);
    }

    #[test]
    fn the_head_covers_every_message_of_the_page() {
        let mut page = PageBuilder::new(head(1), 10);
        assert!(page.push(message(1, "a")) && page.push(message(2, "b")));
        assert_eq!(page.finish(Range::After(0), true).head, head(2));
    }
}
