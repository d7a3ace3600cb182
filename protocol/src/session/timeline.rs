//! The messages in order, and the gaps between them.
//!
//! A timeline consists of segments. Within a segment, sequence numbers are contiguous; each segment but the first records
//! why messages are missing before it. Messages are appended to the last segment, and earlier ones are prepended to the
//! first segment of the current log. Messages that arrive early are held back until the missing ones have arrived, or are
//! known to have expired.

use std::sync::Arc;

use super::safeguard::{Safeguard, Safeguards};
use crate::entry::{LogEntry, Message};
use crate::event::History;
use crate::id::MessageId;
use crate::limits::{HELD_BACK_MESSAGES, TIMELINE_MESSAGES};
use crate::position::{Position, Seq};

/// A message of the timeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The message.
    pub message: Message,
    /// Whether this client sent it.
    pub own: bool,
}

/// Why messages are missing between two segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// They have expired.
    Expired,
    /// The back end started a new log. What is missing is unknown.
    NewLog,
}

/// Contiguous messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// Why messages are missing before the first one. `None` if they are just not loaded.
    pub gap: Option<Gap>,
    /// The messages, oldest first. Cheap to clone.
    pub entries: Vec<Arc<Entry>>,
    /// The number of the first message, whether it has arrived or not: the last missing one, plus one.
    pub first: Seq,
}

/// The messages that the client has, each once, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    segments: Vec<Segment>,
    /// Where the last segment ends. `None` until the back end has sent its epoch.
    end: Option<Position>,
    /// Messages that arrived early, in order.
    held_back: Vec<Entry>,
    /// Whether the log holds nothing before the first segment.
    is_whole: bool,
    /// Counts the visible changes.
    revision: u64,
    pub(super) safeguards: Safeguards,
}

/// The result of inserting a message.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placement {
    /// It was inserted, or is held back.
    New,
    /// It is a duplicate.
    Known,
    /// Its place is taken by another message, or lies before everything: there may be a new log.
    Conflict,
}

impl Timeline {
    /// The segments, oldest first.
    pub fn segments(&self) -> &[Segment] {
        &self.segments
    }

    /// The messages of all segments, oldest first.
    pub fn entries(&self) -> impl DoubleEndedIterator<Item = &Arc<Entry>> {
        self.segments.iter().flat_map(|segment| &segment.entries)
    }

    /// The number of messages.
    pub fn len(&self) -> usize {
        self.segments
            .iter()
            .map(|segment| segment.entries.len())
            .sum()
    }

    /// Whether there are no messages.
    pub fn is_empty(&self) -> bool {
        self.entries().next().is_none()
    }

    /// Changes with every visible change, so that comparing is cheap.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Where the client's copy of the log ends.
    pub fn end(&self) -> Option<&Position> {
        self.end.as_ref()
    }

    /// The message before which to ask for earlier ones. `None` if there are none, or they do not join the first segment.
    pub(super) fn earlier_before(&self) -> Option<Seq> {
        let first = self.segments.first().filter(|_| !self.is_whole)?;
        let joins =
            first.gap.is_none() && !self.segments.iter().any(|it| it.gap == Some(Gap::NewLog));
        (joins && first.first > 1).then_some(first.first)
    }

    /// Whether a message is held back because earlier ones are missing.
    pub(super) fn holds_back(&self) -> bool {
        !self.held_back.is_empty()
    }

    /// Discards messages that arrived before the epoch is known: on another connection, they may belong to another log.
    pub(super) fn discard_unplaced(&mut self) {
        if self.end.is_none() {
            self.held_back.clear();
        }
    }

    /// Starts a segment after `head`, below the existing ones.
    pub(super) fn start_segment(&mut self, head: Position, gap: Option<Gap>) {
        self.revision += 1;
        let empty = self.segments.pop_if(|it| it.entries.is_empty());
        // A new log outweighs the messages that have expired since.
        let before = empty.and_then(|it| it.gap.filter(|gap| *gap == Gap::NewLog));
        self.segments.push(Segment {
            gap: before.or(gap).filter(|_| !self.segments.is_empty()),
            entries: Vec::new(),
            first: head.seq.saturating_add(1),
        });
        // Messages that arrived before the head belong to this log, unless an older one was known.
        if gap.is_some() {
            self.held_back.clear();
        }
        self.end = Some(head);
        self.is_whole = false;
        self.advance();
    }

    /// Inserts a broadcast message.
    pub(super) fn insert(&mut self, entry: Entry) -> Placement {
        let Some(seq) = entry.message.seq else {
            return self.insert_without_seq(entry);
        };
        if let Some(end) = &self.end
            && seq <= end.seq
        {
            return match self.at(seq) {
                Some(known) if known.message.message_id == entry.message.message_id => {
                    Placement::Known
                }
                _ => Placement::Conflict,
            };
        }
        let place = self
            .held_back
            .partition_point(|held| held.message.seq < Some(seq));
        match self.held_back.get(place) {
            Some(held) if held.message.seq == Some(seq) => return Placement::Known,
            _ => self.held_back.insert(place, entry),
        }
        self.advance();
        self.held_back.truncate(HELD_BACK_MESSAGES);
        Placement::New
    }

    /// Appends a page of the log. Messages that are missing in it, and up to the head if it is the last page, have expired.
    pub(super) fn append_page(&mut self, history: History, own: impl Fn(&Message) -> bool) {
        let head = history.head.seq;
        for entry in history.messages {
            let Some((seq, end)) = entry.seq().zip(self.end.as_ref().map(|end| end.seq)) else {
                continue;
            };
            if seq <= end {
                continue;
            }
            if seq - 1 > end {
                self.skip_to(seq - 1);
            }
            match entry {
                LogEntry::Message(message) => {
                    let own = own(&message);
                    self.append(Entry { message, own });
                }
                _ => self.skip_entry(seq),
            }
        }
        if history.complete && self.end.as_ref().is_some_and(|end| end.seq < head) {
            self.skip_to(head);
        }
        self.advance();
    }

    /// Prepends a page of messages before `before`. Returns whether they join the first segment of the log.
    pub(super) fn prepend_page(
        &mut self,
        history: History,
        before: Seq,
        own: impl Fn(&Message) -> bool,
    ) -> bool {
        // Only segments of the current log count: the same numbers mean other messages in an older log.
        let starts_log = |segment: &Segment| segment.gap == Some(Gap::NewLog);
        let oldest = self
            .segments
            .iter()
            .rposition(starts_log)
            .unwrap_or_default();
        let Some(segment) = self
            .segments
            .get_mut(oldest)
            .filter(|segment| segment.first == before)
        else {
            return false;
        };
        let fresh = history
            .messages
            .into_iter()
            .filter(|entry| entry.seq() < Some(before));
        let fresh: Vec<_> = fresh.collect();
        if let Some(first) = fresh.first().and_then(LogEntry::seq) {
            segment.first = first;
        }
        let mut earlier: Vec<_> = fresh
            .into_iter()
            .filter_map(LogEntry::into_message)
            .map(|message| {
                let own = own(&message);
                Arc::new(Entry { message, own })
            })
            .collect();
        earlier.append(&mut segment.entries);
        segment.entries = earlier;
        self.revision += 1;
        self.is_whole |= history.complete;
        true
    }

    /// An entry that is not a message follows the last one. It takes its place in the log, but is not shown.
    pub(super) fn skip_entry(&mut self, seq: Seq) {
        if let Some(end) = &mut self.end
            && seq == end.seq.saturating_add(1)
        {
            end.seq = seq;
        }
        self.advance();
    }

    /// The message with this number in the current log.
    fn at(&self, seq: Seq) -> Option<&Entry> {
        for segment in self.segments.iter().rev() {
            let found = segment
                .entries
                .iter()
                .rev()
                .find(|entry| entry.message.seq == Some(seq));
            if let Some(entry) = found {
                return Some(entry);
            }
            if segment.gap == Some(Gap::NewLog) {
                break;
            }
        }
        None
    }

    /// Everything up to `last` that has not arrived has expired.
    fn skip_to(&mut self, last: Seq) {
        if let Some(end) = &self.end {
            let head = Position {
                epoch: end.epoch.clone(),
                seq: last,
            };
            let (held_back, is_whole) = (std::mem::take(&mut self.held_back), self.is_whole);
            self.start_segment(head, Some(Gap::Expired));
            (self.held_back, self.is_whole) = (held_back, is_whole);
        }
    }

    /// Appends held-back messages that are no longer early.
    fn advance(&mut self) {
        while let (Some(end), Some(held)) = (&self.end, self.held_back.first()) {
            let next = Some(end.seq.saturating_add(1));
            let waits = self.safeguards.has(Safeguard::HoldBack);
            if held.message.seq > next && waits {
                break;
            }
            let is_next = held.message.seq == next || !waits;
            let entry = self.held_back.remove(0);
            if is_next {
                self.append(entry);
            }
        }
    }

    fn append(&mut self, entry: Entry) {
        if let (Some(end), Some(seq)) = (&mut self.end, entry.message.seq) {
            end.seq = seq;
        }
        if let Some(last) = self.segments.last_mut() {
            last.entries.push(Arc::new(entry));
        }
        self.trim();
    }

    /// Without a log there are no sequence numbers: messages are in the order in which API Gateway received them.
    fn insert_without_seq(&mut self, entry: Entry) -> Placement {
        fn key(message: &Message) -> (i64, &MessageId) {
            (message.request_time_epoch, &message.message_id)
        }
        let place = key(&entry.message);
        if self.entries().any(|known| key(&known.message) == place) {
            return Placement::Known;
        }
        if self.segments.is_empty() {
            self.segments.push(Segment::default());
        }
        if let Some(last) = self.segments.last_mut() {
            let index = last.entries.iter().rposition(|it| key(&it.message) < place);
            last.entries
                .insert(index.map_or(0, |index| index + 1), Arc::new(entry));
        }
        self.trim();
        Placement::New
    }

    /// A message was added; drops the oldest one if there are too many.
    fn trim(&mut self) {
        self.revision += 1;
        if self.len() <= TIMELINE_MESSAGES {
            return;
        }
        // It can be loaded again like all earlier messages.
        self.is_whole = false;
        if let Some(first) = self.segments.first_mut() {
            if !first.entries.is_empty() {
                first.entries.remove(0);
                first.first = first.first.saturating_add(1);
            }
            if first.entries.is_empty() && self.segments.len() > 1 {
                self.segments.remove(0);
                self.segments[0].gap = None;
            }
        }
    }
}
