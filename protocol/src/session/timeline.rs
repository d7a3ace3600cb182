//! The messages in order, and the gaps between them.
//!
//! A timeline consists of segments. Within a segment, sequence numbers are contiguous; each segment but the first records
//! why messages are missing before it. Messages are appended to the last segment, and earlier ones are prepended to the
//! first segment of the current log. Entries that arrive early are held back until the missing ones have arrived, or are
//! known to have expired. So are messages that may lack their author, until a page of the log brings them in full.
//!
//! Edits, deletions and reactions have numbers like messages, and change the message that they are about. If that message
//! is not loaded, they are kept until it is. As a change follows its message in the log, a message that is shown always has
//! all its changes up to [`Timeline::end`].
//!
//! # Layout
//!
//! - `arriving`: takes in entries of the log.
//! - `entry`: a message with everything that happened to it.
//! - `changes`: what happened to a message.
//! - `unloaded`: what happened to messages that are not loaded.

mod arriving;

mod changes;

mod entry;

mod unloaded;

use std::sync::Arc;

use super::safeguard::Safeguards;
use crate::entry::ChangeEntry;
use crate::position::{Position, Seq};

use arriving::Arrived;
pub(super) use arriving::Placement;
pub use entry::{Entry, Reactions};
use unloaded::Unloaded;

/// Why messages are missing between two segments.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// They have expired.
    Expired,
    /// The back end started a new log. How many messages are missing is unknown.
    NewLog,
}

/// Contiguous messages.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Segment {
    /// Why messages are missing before the first one. `None` if they are just not loaded.
    pub gap: Option<Gap>,
    /// The messages, oldest first. Cheap to clone.
    pub entries: Vec<Arc<Entry>>,
    /// The number of the first entry, whether it has arrived or not: the last missing one, plus one.
    pub first: Seq,
}

/// The messages that the client has, each once, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    segments: Vec<Segment>,
    /// Where the last segment ends. `None` until the back end has sent its epoch.
    end: Option<Position>,
    /// Entries that arrived early, or only in part, in order.
    held_back: Vec<Arrived>,
    unloaded: Unloaded,
    /// The messages that show changes which are not known to be in the log.
    unconfirmed: Vec<Seq>,
    /// Whether the log holds nothing before the first segment.
    is_whole: bool,
    /// Whether the user reads earlier messages, which are then kept.
    pub(super) is_being_read: bool,
    /// Counts the visible changes.
    revision: u64,
    pub(super) safeguards: Safeguards,
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

    /// The message `seq` of the current log, if it is loaded.
    pub fn get(&self, seq: Seq) -> Option<&Arc<Entry>> {
        get(self.current_log(), seq)
    }

    /// The message that `entry` replies to, if it is loaded. It may have been edited or deleted since.
    pub fn quoted(&self, entry: &Entry) -> Option<&Arc<Entry>> {
        let (seq, reply_to) = (entry.message.seq?, entry.message.reply_to?);
        // The number is one of the log that the entry is in.
        let mut logs = self
            .segments
            .chunk_by(|_, next| next.gap != Some(Gap::NewLog));
        let is_here = |known: &Arc<Entry>| known.message.message_id == entry.message.message_id;
        let log = logs.find(|log| get(log, seq).is_some_and(is_here))?;
        get(log, reply_to)
    }

    /// Where the client's copy of the log ends.
    pub fn end(&self) -> Option<&Position> {
        self.end.as_ref()
    }

    /// The number before which to ask for earlier entries. `None` if there are none, or they do not join the first segment.
    pub(super) fn earlier_before(&self) -> Option<Seq> {
        let first = self.segments.first().filter(|_| !self.is_whole)?;
        let joins =
            first.gap.is_none() && !self.segments.iter().any(|it| it.gap == Some(Gap::NewLog));
        (joins && first.first > 1).then_some(first.first)
    }

    /// Whether an entry is held back because earlier ones are missing, or because it may be partial.
    pub(super) fn holds_back(&self) -> bool {
        !self.held_back.is_empty()
    }

    /// Forgets all messages and the log that they belong to.
    pub(super) fn start_over(&mut self) {
        *self = Self {
            revision: self.revision + 1,
            is_being_read: self.is_being_read,
            safeguards: self.safeguards,
            ..Self::default()
        };
    }

    /// Discards entries that arrived before the epoch is known: on another connection, they may belong to another log.
    pub(super) fn discard_unplaced(&mut self) {
        if self.end.is_none() {
            self.held_back.clear();
        }
    }

    /// Discards messages without a number: they came from a back end without a log, and have no place in one.
    pub(super) fn discard_unnumbered(&mut self) {
        if let Some(last) = self.segments.last_mut() {
            let count = last.entries.len();
            last.entries.retain(|it| it.message.seq.is_some());
            self.revision += u64::from(last.entries.len() < count);
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
        if gap == Some(Gap::NewLog) {
            self.unloaded.clear();
            self.show_unconfirmed(Vec::new());
        }
        self.end = Some(head);
        self.is_whole = false;
        self.advance();
    }

    /// The first segment of the current log. The same numbers mean other messages in an older log.
    fn start_of_log(&self) -> usize {
        let starts_log = |segment: &Segment| segment.gap == Some(Gap::NewLog);
        self.segments
            .iter()
            .rposition(starts_log)
            .unwrap_or_default()
    }

    fn current_log(&self) -> &[Segment] {
        self.segments.get(self.start_of_log()..).unwrap_or_default()
    }

    fn get_mut(&mut self, seq: Seq) -> Option<&mut Entry> {
        let start = self.start_of_log();
        let (at, index) = find(self.current_log(), seq)?;
        let segment = self.segments.get_mut(start + at)?;
        segment.entries.get_mut(index).map(Arc::make_mut)
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

    /// Shows `changes`, which are not known to be in the log, in their order, instead of the earlier ones.
    pub(super) fn show_unconfirmed(&mut self, changes: Vec<ChangeEntry>) {
        let safeguards = self.safeguards;
        let mut targets = std::mem::take(&mut self.unconfirmed);
        self.unconfirmed = changes.iter().map(|change| change.of).collect();
        targets.extend(&self.unconfirmed);
        for of in targets {
            let of_this = changes.iter().filter(|change| change.of == of);
            let of_this: Vec<ChangeEntry> = of_this.cloned().collect();
            if let Some(known) = self.get(of)
                && known.unconfirmed() != of_this
                && let Some(entry) = self.get_mut(of)
            {
                entry.set_unconfirmed(of_this, safeguards);
                self.revision += 1;
            }
        }
    }
}

/// The message `seq` of one log.
fn get(log: &[Segment], seq: Seq) -> Option<&Arc<Entry>> {
    let (at, index) = find(log, seq)?;
    log.get(at)?.entries.get(index)
}

/// The segment of a message, and its index there.
fn find(log: &[Segment], seq: Seq) -> Option<(usize, usize)> {
    let place = |segment: &Segment| {
        let entries = &segment.entries;
        entries.binary_search_by_key(&Some(seq), |entry| entry.message.seq)
    };
    let found = |(at, segment)| place(segment).ok().map(|index| (at, index));
    log.iter().enumerate().rev().find_map(found)
}
