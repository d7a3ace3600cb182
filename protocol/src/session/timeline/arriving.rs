//! Takes in entries of the log: broadcasts one by one, and pages.

use std::sync::Arc;

use super::{Entry, Segment, Timeline};
use crate::entry::{ChangeEntry, LogEntry, Message};
use crate::event::History;
use crate::id::MessageId;
use crate::limits::{HELD_BACK_MESSAGES, READING_MESSAGES, TIMELINE_MESSAGES};
use crate::position::Seq;
use crate::session::safeguard::Safeguard;

/// An entry of the log, and whether this client sent it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Arrived {
    pub(super) entry: LogEntry,
    own: bool,
    /// Whether the log may hold more than arrived: the author, and the message that it replies to.
    is_partial: bool,
}

/// The result of inserting an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::session) enum Placement {
    /// It was inserted, or is held back.
    New,
    /// It is a duplicate.
    Known,
    /// Its place is taken by another message, or lies before everything: there may be a new log.
    Conflict,
}

impl Timeline {
    /// Inserts an entry that was broadcast. `own` if this client sent it; `is_partial` to hold it back until it arrives in full.
    pub(in crate::session) fn insert(
        &mut self,
        entry: LogEntry,
        own: bool,
        is_partial: bool,
    ) -> Placement {
        let seq = match (entry.seq(), &self.end) {
            (None, _) => return self.insert_without_seq(entry, own),
            (Some(seq), Some(end)) if seq <= end.seq => return self.compare(seq, &entry),
            (Some(seq), _) => seq,
        };
        let place = self
            .held_back
            .partition_point(|held| held.entry.seq() < Some(seq));
        let arrived = Arrived {
            entry,
            own,
            is_partial,
        };
        match self.held_back.get_mut(place) {
            Some(held) if held.entry.seq() == Some(seq) => {
                if is_partial || !held.is_partial {
                    return Placement::Known;
                }
                *held = arrived;
            }
            _ => self.held_back.insert(place, arrived),
        }
        self.advance();
        self.held_back.truncate(HELD_BACK_MESSAGES);
        Placement::New
    }

    /// Compares an entry whose number has been passed with what is there.
    fn compare(&self, seq: Seq, entry: &LogEntry) -> Placement {
        let LogEntry::Message(message) = entry else {
            return Placement::Known;
        };
        match self.get(seq) {
            Some(known) if known.message.message_id == message.message_id => Placement::Known,
            _ => Placement::Conflict,
        }
    }

    /// Appends a page of the log; this client sent the entries `own`. Entries that are missing in it, and up to the head if
    /// it is the last page, have expired.
    pub(in crate::session) fn append_page(&mut self, history: History, own: &[Seq]) {
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
            let own = own.contains(&seq);
            self.append(entry, own);
        }
        if history.complete && self.end.as_ref().is_some_and(|end| end.seq < head) {
            self.skip_to(head);
        }
        self.advance();
    }

    /// Prepends a page of entries before `before`; this client sent the entries `own`. Returns whether they join the first
    /// segment of the log.
    pub(in crate::session) fn prepend_page(
        &mut self,
        history: History,
        before: Seq,
        own: &[Seq],
    ) -> bool {
        let start = self.start_of_log();
        let Some(segment) = self
            .segments
            .get_mut(start)
            .filter(|segment| segment.first == before)
        else {
            return false;
        };
        let (mut earlier, mut changes) = (Vec::new(), Vec::new());
        for entry in history.messages {
            let Some(seq) = entry.seq().filter(|seq| *seq < before) else {
                continue;
            };
            segment.first = segment.first.min(seq);
            match entry {
                LogEntry::Message(message) => {
                    let known = self.unloaded.take(seq);
                    let own = own.contains(&seq);
                    let entry = Entry::with_changes(message, own, known, self.safeguards);
                    earlier.push(Arc::new(entry));
                }
                LogEntry::Change(change) => changes.push(change),
            }
        }
        earlier.append(&mut segment.entries);
        segment.entries = earlier;
        for change in changes {
            self.change(change);
        }
        self.revision += 1;
        self.is_whole |= history.complete;
        true
    }

    /// Appends held-back entries that are no longer early.
    pub(super) fn advance(&mut self) {
        while let (Some(end), Some(held)) = (&self.end, self.held_back.first()) {
            let next = Some(end.seq.saturating_add(1));
            let waits = self.safeguards.has(Safeguard::HoldBack);
            let is_early = held.entry.seq() > next && waits;
            if is_early || (held.is_partial && held.entry.seq() >= next) {
                break;
            }
            let is_next = held.entry.seq() == next || !waits;
            let arrived = self.held_back.remove(0);
            if is_next {
                self.append(arrived.entry, arrived.own);
            }
        }
    }

    fn append(&mut self, entry: LogEntry, own: bool) {
        if let (Some(end), Some(seq)) = (&mut self.end, entry.seq()) {
            end.seq = seq;
        }
        match entry {
            LogEntry::Message(message) => {
                if let Some(last) = self.segments.last_mut() {
                    last.entries.push(Arc::new(Entry::new(message, own)));
                }
                self.trim();
            }
            LogEntry::Change(change) => self.change(change),
        }
    }

    /// Applies an edit, a deletion or a reaction of the log to its message.
    fn change(&mut self, change: ChangeEntry) {
        let of = change.of;
        if of >= change.seq {
            return;
        }
        let safeguards = self.safeguards;
        if let Some(entry) = self.get_mut(of) {
            entry.change(change, safeguards);
            self.revision += 1;
        } else if self.current_log().first().is_some_and(|it| of < it.first) {
            self.unloaded.of(of).add(change, safeguards);
        }
    }

    /// Without a log there are no sequence numbers: messages are in the order in which API Gateway received them.
    fn insert_without_seq(&mut self, entry: LogEntry, own: bool) -> Placement {
        fn key(message: &Message) -> (i64, &MessageId) {
            (message.request_time_epoch, &message.message_id)
        }
        let Some(message) = entry.into_message() else {
            return Placement::Known;
        };
        if self.segments.is_empty() {
            self.segments.push(Segment::default());
        }
        if let Some(last) = self.segments.last_mut() {
            let entries = &mut last.entries;
            let place = key(&message);
            // From the end, because nearly all messages are the newest one.
            let earlier = entries.iter().rposition(|it| key(&it.message) <= place);
            if earlier.is_some_and(|at| key(&entries[at].message) == place) {
                return Placement::Known;
            }
            let index = earlier.map_or(0, |at| at + 1);
            entries.insert(index, Arc::new(Entry::new(message, own)));
        }
        self.trim();
        Placement::New
    }

    /// A message was added; drops the oldest ones if there are too many. They can be loaded again like all earlier messages.
    fn trim(&mut self) {
        self.revision += 1;
        let most = if self.is_being_read {
            READING_MESSAGES
        } else {
            TIMELINE_MESSAGES
        };
        while self.len() > most {
            self.drop_oldest(self.len() - most);
        }
    }

    /// Drops the oldest messages: `count`, or all of the first segment.
    fn drop_oldest(&mut self, count: usize) {
        self.is_whole = false;
        let is_current_log = self.start_of_log() == 0;
        let Some(first) = self.segments.first_mut() else {
            return;
        };
        let count = count.min(first.entries.len());
        for dropped in first.entries.drain(..count) {
            if let Some(seq) = dropped.message.seq {
                first.first = seq.saturating_add(1);
                if is_current_log && !dropped.changes().is_empty() {
                    *self.unloaded.of(seq) = dropped.changes().clone();
                }
            }
        }
        if first.entries.is_empty() && self.segments.len() > 1 {
            self.segments.remove(0);
            self.segments[0].gap = None;
        }
    }
}
