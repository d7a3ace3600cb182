//! Which messages fit a frame. Pure.

use papo_protocol::limits::FRAME_BYTES;
use papo_protocol::{Event, History, Message, Position, Range, Seq};

/// A page of history that is being filled.
///
/// Its frame has [`FRAME_BYTES`] at most. API Gateway would pass on four times as much, but bills by that size, and
/// smaller pages appear sooner.
#[derive(Debug)]
pub struct Leaf {
    head: Position,
    messages: Vec<Message>,
    limit: usize,
    bytes: usize,
}

impl Leaf {
    /// An empty page of a log that ends at `head`, for `limit` messages at most.
    pub fn new(head: Position, limit: usize) -> Self {
        // The head may grow and `complete` become false until the page is written: as long as they can be.
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

    /// Adds a message. `false`: it has no room, and the page is full.
    ///
    /// The first one always has room: the longest text, every character escaped, is half a frame.
    pub fn put(&mut self, message: Message) -> bool {
        let comma = usize::from(!self.messages.is_empty());
        let json = Event::Message(message.clone()).to_json().len();
        let bytes = self.bytes + comma + json;
        if self.messages.len() >= self.limit || (comma > 0 && bytes > FRAME_BYTES) {
            return false;
        }
        self.bytes = bytes;
        // A message that was said after the head was read.
        self.head.seq = self.head.seq.max(message.seq.unwrap_or(0));
        self.messages.push(message);
        true
    }

    /// The page, oldest message first. It was filled in the order of `range`.
    pub fn end(mut self, range: Range, complete: bool) -> History {
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
    use papo_protocol::{ClientMessageId, ConnectionId, Epoch, MessageId};

    use super::*;

    fn head(seq: Seq) -> Position {
        Position {
            epoch: Epoch::new("1939f3d5a00-4c6ef3"),
            seq,
        }
    }

    fn message(seq: Seq, text: &str) -> Message {
        Message {
            connection_id: ConnectionId::new("L0SM9cOFvHcCIhw="),
            message: text.to_owned(),
            message_id: MessageId::new("L0SNBdKdvHcCIhw="),
            request_time_epoch: 1_733_702_400_000,
            seq: Some(seq),
            client_message_id: ClientMessageId::parse("x".repeat(64)).ok(),
        }
    }

    /// Fills a page with messages of this text; returns it and the bytes of its frame.
    fn filled(limit: usize, text: &str) -> (History, usize) {
        let mut leaf = Leaf::new(head(9_999), limit);
        for seq in 1.. {
            if !leaf.put(message(seq, text)) {
                break;
            }
        }
        let history = leaf.end(Range::After(0), false);
        let bytes = Event::History(history.clone()).to_json().len();
        (history, bytes)
    }

    #[test]
    fn a_page_is_as_full_as_a_frame_can_be() {
        for text in ["a", "Olá!", "\"\\\n\t", "é\u{10ffff}", &"a".repeat(1_000)] {
            let (history, bytes) = filled(usize::MAX, text);
            let one = Event::Message(message(9_999, text)).to_json().len() + 1;
            assert!(bytes <= FRAME_BYTES, "{text:?}: {bytes}");
            // The digits that the head might still grow by are kept free.
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
    fn the_limit_counts_messages() {
        for limit in [1, 2, 50] {
            assert_eq!(filled(limit, "a").0.messages.len(), limit);
        }
    }

    #[test]
    fn a_page_that_went_downwards_is_turned_round() {
        let mut leaf = Leaf::new(head(9), 10);
        for seq in [9, 8, 7] {
            assert!(leaf.put(message(seq, "a")));
        }
        let page = leaf.end(Range::Before(10), true);
        let numbers: Vec<_> = page.messages.iter().filter_map(|said| said.seq).collect();
        assert_eq!(numbers, [7, 8, 9]);
    }

    #[test]
    fn no_message_of_a_page_lies_beyond_its_head() {
        let mut leaf = Leaf::new(head(1), 10);
        assert!(leaf.put(message(1, "a")) && leaf.put(message(2, "b")));
        assert_eq!(leaf.end(Range::After(0), true).head, head(2));
    }
}
