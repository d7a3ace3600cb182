//! What everybody said, in order, and where something is missing.
//!
//! A timeline is a row of segments. Within a segment the log's numbers follow one another without a gap; between two
//! segments stands the reason why something is missing there. Only the last segment grows at its end, and only the first
//! one grows at its beginning, unless the log has changed in between. What arrives too early is held back until what is
//! missing has come, or is known not to come.

use std::sync::Arc;

use super::safeguard::{Safeguard, Safeguards};
use crate::event::{History, Message};
use crate::limits::{HELD_BACK_MESSAGES, TIMELINE_MESSAGES};
use crate::log::{Position, Seq};

/// One message on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What was said, by whom, when.
    pub message: Message,
    /// Whether it was said here.
    pub own: bool,
}

/// Why there are messages between two segments that are not shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cut {
    /// They were not kept long enough.
    Expired,
    /// The log began anew; nobody knows what is missing.
    OtherLog,
}

/// Messages without a gap between them.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// What is missing before the first of them, unless it is simply earlier.
    pub cut: Option<Cut>,
    /// The messages, oldest first. Cheap to clone one by one.
    pub entries: Vec<Arc<Entry>>,
    /// The number of the first message that is here or would be: the last one that is missing, plus one.
    pub first: Seq,
}

/// The messages that are here, each once, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    segments: Vec<Segment>,
    /// Where the last segment ends. `None` before a back end has named its log.
    end: Option<Position>,
    /// What came too early, in order.
    held_back: Vec<Entry>,
    /// Whether nothing earlier than the first segment is kept.
    is_whole: bool,
    /// Counts the changes of what is shown.
    revision: u64,
    pub(super) safeguards: Safeguards,
}

/// What a message turned out to be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Placed {
    /// It stands where it belongs, or waits for earlier ones.
    New,
    /// It is here already.
    Known,
    /// Its place belongs to another message, or lies before everything: the log may have begun anew.
    Strange,
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

    /// How many messages are here.
    pub fn len(&self) -> usize {
        self.segments
            .iter()
            .map(|segment| segment.entries.len())
            .sum()
    }

    /// Whether no message is here.
    pub fn is_empty(&self) -> bool {
        self.entries().next().is_none()
    }

    /// Another number whenever what is shown is another, so that comparing costs nothing.
    pub fn revision(&self) -> u64 {
        self.revision
    }

    /// Where the copy of the log that is here ends.
    pub fn end(&self) -> Option<&Position> {
        self.end.as_ref()
    }

    /// Before which message to ask for earlier ones. `None` if there are none, or none that fit here.
    pub(super) fn earlier_than(&self) -> Option<Seq> {
        let first = self.segments.first().filter(|_| !self.is_whole)?;
        let fits =
            first.cut.is_none() && !self.segments.iter().any(|it| it.cut == Some(Cut::OtherLog));
        (fits && first.first > 1).then_some(first.first)
    }

    /// Whether something came that is not shown yet, because what was said before it is missing.
    pub(super) fn holds_back(&self) -> bool {
        !self.held_back.is_empty()
    }

    /// Forgets what came before a log was named: on another connection, it may belong to another log.
    pub(super) fn forget_unnamed(&mut self) {
        if self.end.is_none() {
            self.held_back.clear();
        }
    }

    /// Begins to follow the log behind `head`, below what is here already.
    pub(super) fn begin(&mut self, head: Position, cut: Option<Cut>) {
        self.revision += 1;
        let empty = self.segments.pop_if(|it| it.entries.is_empty());
        // Where another log has begun, that is what is to be said, whatever it has lost since.
        let before = empty.and_then(|it| it.cut.filter(|cut| *cut == Cut::OtherLog));
        self.segments.push(Segment {
            cut: before.or(cut).filter(|_| !self.segments.is_empty()),
            entries: Vec::new(),
            first: head.seq.saturating_add(1),
        });
        // What came before we knew where the log ends belongs to it, unless it is another log.
        if cut.is_some() {
            self.held_back.clear();
        }
        self.end = Some(head);
        self.is_whole = false;
        self.advance();
    }

    /// Takes in a message of a broadcast.
    pub(super) fn insert(&mut self, entry: Entry) -> Placed {
        let Some(seq) = entry.message.seq else {
            return self.insert_without_number(entry);
        };
        if let Some(end) = &self.end
            && seq <= end.seq
        {
            return match self.at(seq) {
                Some(known) if known.message.message_id == entry.message.message_id => {
                    Placed::Known
                }
                _ => Placed::Strange,
            };
        }
        let place = self
            .held_back
            .partition_point(|held| held.message.seq < Some(seq));
        match self.held_back.get(place) {
            Some(held) if held.message.seq == Some(seq) => return Placed::Known,
            _ => self.held_back.insert(place, entry),
        }
        self.advance();
        self.held_back.truncate(HELD_BACK_MESSAGES);
        Placed::New
    }

    /// Takes in the part of the log after some message that is here. What is missing in it, and what is missing up to the
    /// end if it is the last part, is not kept any more.
    pub(super) fn fill(&mut self, history: History, own: impl Fn(&Message) -> bool) {
        let head = history.head.seq;
        for message in history.messages {
            let Some((seq, end)) = message.seq.zip(self.end.as_ref().map(|end| end.seq)) else {
                continue;
            };
            if seq <= end {
                continue;
            }
            if seq - 1 > end {
                self.cut_off(seq - 1);
            }
            let own = own(&message);
            self.append(Entry { message, own });
        }
        if history.complete && self.end.as_ref().is_some_and(|end| end.seq < head) {
            self.cut_off(head);
        }
        self.advance();
    }

    /// Takes in messages that were said before the message `before`. Whether they belonged here.
    pub(super) fn prepend(
        &mut self,
        history: History,
        before: Seq,
        own: impl Fn(&Message) -> bool,
    ) -> bool {
        // The numbers of an older log mean other messages, although they may be the same numbers.
        let other = |segment: &Segment| segment.cut == Some(Cut::OtherLog);
        let oldest = self.segments.iter().rposition(other).unwrap_or_default();
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
            .filter(|message| message.seq < Some(before));
        let mut earlier: Vec<_> = fresh
            .map(|message| {
                let own = own(&message);
                Arc::new(Entry { message, own })
            })
            .collect();
        if let Some(first) = earlier.first().and_then(|entry| entry.message.seq) {
            segment.first = first;
        }
        earlier.append(&mut segment.entries);
        segment.entries = earlier;
        self.revision += 1;
        self.is_whole |= history.complete;
        true
    }

    /// The message with this number in the newest log.
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
            if segment.cut == Some(Cut::OtherLog) {
                break;
            }
        }
        None
    }

    /// Everything up to `last` is missing for good.
    fn cut_off(&mut self, last: Seq) {
        if let Some(end) = &self.end {
            let head = Position {
                epoch: end.epoch.clone(),
                seq: last,
            };
            let (held_back, is_whole) = (std::mem::take(&mut self.held_back), self.is_whole);
            self.begin(head, Some(Cut::Expired));
            (self.held_back, self.is_whole) = (held_back, is_whole);
        }
    }

    /// Lets go of what was held back and is no longer early.
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

    /// Back ends without a log number nothing: what they say stands in the order in which API Gateway received it.
    fn insert_without_number(&mut self, entry: Entry) -> Placed {
        let key = |message: &Message| (message.request_time_epoch, message.message_id.clone());
        let place = key(&entry.message);
        if self.entries().any(|known| key(&known.message) == place) {
            return Placed::Known;
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
        Placed::New
    }

    /// Something was added; the oldest may have to go for it.
    fn trim(&mut self) {
        self.revision += 1;
        if self.len() <= TIMELINE_MESSAGES {
            return;
        }
        // It can be had again like all that is earlier.
        self.is_whole = false;
        if let Some(first) = self.segments.first_mut() {
            if !first.entries.is_empty() {
                first.entries.remove(0);
                first.first = first.first.saturating_add(1);
            }
            if first.entries.is_empty() && self.segments.len() > 1 {
                self.segments.remove(0);
                self.segments[0].cut = None;
            }
        }
    }
}
