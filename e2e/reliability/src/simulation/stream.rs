//! Lambda's side of the stream of the messages table: passes appended entries to the broadcaster in batches, one at a time.
//!
//! A batch whose function crashed or reported a failure is passed to it again, up to the limits in the template; see
//! "Working with streams" in the Lambda Developer Guide.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use papo_protocol::{LogEntry, RoomName, Seq};

/// Maximum number of records in a batch: `BatchSize` in the template.
const BATCH: usize = 100;

/// How many times a batch is passed on again: `MaximumRetryAttempts` in the template.
const RETRIES: u32 = 3;

/// Age of a record that is given up, in milliseconds: `MaximumRecordAgeInSeconds` in the template.
const MAX_AGE: u64 = 60_000;

/// An entry in the stream.
#[derive(Clone, Debug)]
pub(super) struct Record {
    /// Identifies the record.
    pub(super) number: u64,
    pub(super) room: RoomName,
    pub(super) entry: LogEntry,
    /// When it was appended.
    at: u64,
}

/// The records that the broadcaster has not served.
#[derive(Debug, Default)]
pub(super) struct Stream {
    records: VecDeque<Record>,
    /// Records of functions that are still running, which become visible only when these end.
    held: BTreeMap<usize, Vec<Record>>,
    appended: u64,
    /// How many records the batch in progress has.
    in_progress: Option<usize>,
    retries: u32,
    given_up: BTreeSet<(RoomName, Seq)>,
}

/// The outcome of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Served {
    /// All of it.
    All,
    /// Everything before this record.
    Before(u64),
    /// Nothing: the function crashed.
    Nothing,
}

impl Stream {
    /// An entry was appended.
    pub(super) fn append(&mut self, room: RoomName, entry: LogEntry, at: u64) {
        let record = self.record(room, entry, at);
        self.records.push_back(record);
    }

    /// The same, but visible only if the invocation `by` succeeds.
    pub(super) fn append_on_success(
        &mut self,
        by: usize,
        room: RoomName,
        entry: LogEntry,
        at: u64,
    ) {
        let record = self.record(room, entry, at);
        self.held.entry(by).or_default().push(record);
    }

    fn record(&mut self, room: RoomName, entry: LogEntry, at: u64) -> Record {
        self.appended += 1;
        Record {
            number: self.appended,
            room,
            entry,
            at,
        }
    }

    /// The invocation `by` has ended.
    pub(super) fn ended(&mut self, by: usize, succeeded: bool) {
        let held = self.held.remove(&by).unwrap_or_default();
        self.records.extend(held.into_iter().filter(|_| succeeded));
    }

    /// Whether there is something to pass on, and no batch in progress.
    pub(super) fn is_due(&self) -> bool {
        self.in_progress.is_none() && !self.records.is_empty()
    }

    /// The next batch. Gives up records that are too old.
    pub(super) fn next_batch(&mut self, now: u64) -> Vec<Record> {
        while let Some(oldest) = self.records.front()
            && oldest.at + MAX_AGE < now
        {
            self.give_up(1);
        }
        let batch: Vec<_> = self.records.iter().take(BATCH).cloned().collect();
        self.in_progress = (!batch.is_empty()).then_some(batch.len());
        batch
    }

    /// The batch in progress has ended. Returns whether records were given up.
    pub(super) fn batch_ended(&mut self, served: Served) -> bool {
        let Some(count) = self.in_progress.take() else {
            return false;
        };
        let served = match served {
            Served::All => count,
            Served::Nothing => 0,
            Served::Before(number) => {
                let before = self.records.iter().take(count);
                before.take_while(|record| record.number != number).count()
            }
        };
        self.records.drain(..served);
        if served == count {
            self.retries = 0;
            return false;
        }
        self.retries += 1;
        let gives_up = self.retries > RETRIES;
        if gives_up {
            self.retries = 0;
            self.give_up(count - served);
        }
        gives_up
    }

    fn give_up(&mut self, count: usize) {
        let records = self.records.drain(..count);
        self.given_up
            .extend(records.filter_map(|record| Some((record.room, record.entry.seq()?))));
    }

    /// Whether the entry was given up.
    pub(super) fn has_given_up(&self, room: &RoomName, seq: Seq) -> bool {
        self.given_up.contains(&(room.clone(), seq))
    }

    /// The table is lost, and its stream with it.
    pub(super) fn lose(&mut self) {
        *self = Self {
            appended: self.appended,
            ..Self::default()
        };
    }
}

#[cfg(test)]
mod tests {
    use papo_protocol::{ConnectionId, Message, MessageId};

    use super::*;

    fn stream(entries: u64) -> Stream {
        let mut stream = Stream::default();
        for seq in 1..=entries {
            let mut message =
                Message::new(ConnectionId::new("a="), MessageId::new("m="), 0, "hello");
            message.seq = Some(seq);
            stream.append(RoomName::default(), message.into(), 0);
        }
        stream
    }

    fn numbers(batch: &[Record]) -> Vec<u64> {
        batch.iter().map(|record| record.number).collect()
    }

    #[test]
    fn a_crashed_batch_is_repeated_with_the_entries_appended_since() {
        let mut stream = stream(2);
        assert_eq!(numbers(&stream.next_batch(0)), [1, 2]);
        assert!(!stream.is_due(), "one batch at a time");
        assert!(!stream.batch_ended(Served::Nothing));
        assert!(stream.is_due());
        assert_eq!(numbers(&stream.next_batch(0)), [1, 2]);
        assert!(!stream.batch_ended(Served::Before(2)));
        assert_eq!(numbers(&stream.next_batch(0)), [2]);
        assert!(!stream.batch_ended(Served::All));
        assert!(!stream.is_due());
    }

    #[test]
    fn records_are_given_up_after_four_attempts_or_a_minute() {
        let mut stream = stream(150);
        for attempt in 1..=4 {
            assert_eq!(stream.next_batch(0).len(), 100);
            assert_eq!(stream.batch_ended(Served::Nothing), attempt == 4);
        }
        assert!(stream.has_given_up(&RoomName::default(), 100));
        assert!(!stream.has_given_up(&RoomName::default(), 101));
        assert_eq!(stream.next_batch(60_001).len(), 0);
        assert!(stream.has_given_up(&RoomName::default(), 150));
    }
}
