//! The frames of a broadcast, in the form for each kind of client. Pure.

use papo_protocol::limits::FRAME_BYTES;
use papo_protocol::{Entries, Event, LogEntry};
use serde::{Deserialize, Serialize};

/// The frames that a broadcast sends to one connection, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Frames {
    introduced: Vec<String>,
    /// Empty if only clients that have introduced themselves receive it.
    original: Vec<String>,
}

impl Frames {
    /// The frame of `event`.
    pub fn new(event: &Event) -> Self {
        let original = event.for_original_client();
        Self {
            introduced: vec![event.to_json()],
            original: original.iter().map(Event::to_json).collect(),
        }
    }

    /// As few frames as possible for consecutive entries: clients that have introduced themselves receive lists, of at most
    /// [`FRAME_BYTES`] each because API Gateway bills in units of that size; others receive one frame for each message.
    pub(crate) fn of_entries(entries: Vec<LogEntry>) -> Self {
        let mut frames = Self::default();
        let empty = Event::Entries(Entries::default()).to_json().len();
        let mut list = Vec::new();
        let mut bytes = empty;
        for entry in entries {
            let event = Event::from(entry.clone());
            let original = event.for_original_client();
            frames.original.extend(original.iter().map(Event::to_json));
            let size = event.to_json().len() + 1;
            if bytes + size > FRAME_BYTES {
                frames.push_list(std::mem::take(&mut list));
                bytes = empty;
            }
            bytes += size;
            list.push(entry);
        }
        frames.push_list(list);
        frames
    }

    fn push_list(&mut self, mut list: Vec<LogEntry>) {
        let event = match list.len() {
            0 => return,
            // One entry looks the same as without a stream.
            1 => Event::from(list.remove(0)),
            _ => Event::Entries(Entries { entries: list }),
        };
        self.introduced.push(event.to_json());
    }

    /// The length of all frames together, in bytes.
    pub(crate) fn bytes(&self) -> usize {
        let frames = self.introduced.iter().chain(&self.original);
        frames.map(String::len).sum()
    }

    /// The frames for a client.
    pub(super) fn for_client(&self, has_introduced_itself: bool) -> &[String] {
        if has_introduced_itself {
            &self.introduced
        } else {
            &self.original
        }
    }
}

#[cfg(test)]
mod tests {
    use papo_protocol::{ChangeEntry, ChangeKind, ConnectionId, Message, MessageId, PersonId, Seq};
    use serde_json::Value;

    use super::*;

    fn message(seq: Seq, text: &str) -> LogEntry {
        let message = Message {
            seq: Some(seq),
            ..Message::new(
                ConnectionId::new("L0SM9cOFvHcCIhw="),
                MessageId::new("L0SNBdKdvHcCIhw="),
                1_733_702_400_000,
                text,
            )
        };
        message.into()
    }

    fn deletion(seq: Seq) -> LogEntry {
        let person_id = PersonId::new("p");
        let deletion = ChangeEntry {
            seq,
            ..ChangeEntry::new(ChangeKind::Delete, 1, 1_733_702_400_000, person_id)
        };
        deletion.into()
    }

    /// The seqs in each frame.
    fn seqs(frames: &[String]) -> Vec<Vec<u64>> {
        let of_frame = |frame: &String| {
            let frame: Value = serde_json::from_str(frame).unwrap();
            let entries = frame["entries"].as_array().cloned();
            let entries = entries.unwrap_or_else(|| vec![frame]);
            entries
                .iter()
                .map(|it| it["seq"].as_u64().unwrap())
                .collect()
        };
        frames.iter().map(of_frame).collect()
    }

    #[test]
    fn one_frame_has_everything_for_introduced_clients() {
        let frames = Frames::of_entries(vec![message(1, "a"), message(2, "b"), deletion(3)]);
        assert_eq!(seqs(frames.for_client(true)), [[1, 2, 3]]);
        assert_eq!(seqs(frames.for_client(false)), [[1], [2]]);
    }

    #[test]
    fn a_single_entry_is_not_wrapped_in_a_list() {
        let entry = message(1, "a");
        let event = Event::from(entry.clone());
        assert_eq!(Frames::of_entries(vec![entry]), Frames::new(&event));
        assert_eq!(Frames::of_entries(Vec::new()), Frames::default());
    }

    #[test]
    fn no_frame_is_larger_than_the_unit_of_billing() {
        // Escaped, every character takes two bytes.
        let longest = "\"".repeat(papo_protocol::limits::TEXT_BYTES);
        let entries: Vec<_> = (1..=5).map(|seq| message(seq, &longest)).collect();
        let small = (6..=1_000).map(|seq| message(seq, "a"));
        let frames = Frames::of_entries(entries.into_iter().chain(small).collect());
        let frames = frames.for_client(true);
        for frame in frames {
            assert!(frame.len() <= FRAME_BYTES, "{}", frame.len());
        }
        let all: Vec<u64> = seqs(frames).concat();
        assert!(all.iter().copied().eq(1..=1_000));
        assert!(frames.len() < 15, "{} frames", frames.len());
    }
}
