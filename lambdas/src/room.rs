//! A room's log: every message that was said, in the order that holds for everybody.
//!
//! This file says what is stored and what each operation promises; [`dynamodb`] keeps the promises on a table, [`memory`]
//! in maps, and one contract test (`tests/suite/room_contract.rs`) holds both to them. [`crate::append`] writes with these
//! operations and [`crate::history`] reads.
//!
//! # What is stored
//!
//! One table, hash key `room`, range key `seq`:
//!
//! ```text
//! room         seq
//! main         0    the head: epoch, head (the number of the last message); never expires
//! main         1    a message: connectionId, message, messageId, requestTimeEpoch, clientMessageId?, expiresAt
//! main         2    the next one
//! main#c-1     0    the message named c-1 is there: messageSeq, expiresAt
//! ```
//!
//! # Which writes there are, and why every order of failure is safe
//!
//! 1. *Begin*: the head is put if there is none. Whoever comes second gets the first one's epoch.
//! 2. *Commit*: one transaction puts the message, puts its name (if the client named it), and moves the head from `seq - 1`
//!    to `seq`. Each of the three has a condition: the place is free, the name is free, the head stands where it was read.
//!    All three happen or none does, so numbers have no gaps, and nothing is ever visible in part.
//!
//! Whatever dies, dies before or after one of these writes:
//!
//! - *Before begin, or between begin and commit*: nothing was said; the sender has no acknowledgement and says it again.
//! - *During commit, or the answer is lost*: the message is there or not. The SDK asks again with the same
//!   `ClientRequestToken`, to which DynamoDB gives the first answer again for ten minutes. If all its tries are lost, the
//!   sender hears `unavailable` or nothing and says it again under the same name: if the name is taken, the message is there,
//!   and what is stored is what everybody gets. A message without a name cannot be told from another with the same text:
//!   said again, it is another one.
//! - *After commit, before or during the broadcast*: the message is in the log. Whoever missed the broadcast sees from the
//!   next number, or from the head in the next `pong`, that something is missing, and asks for it.
//! - *Two at the same time*: both want the same number and one gets it. The other one's condition fails, it learns the new
//!   head from the failure and takes the next number. Two with the same name: one gets it, the other finds it taken.
//!
//! A name expires [`NAME_MARGIN_DAYS`] after its message, and DynamoDB removes nothing before its time: as long as a message
//! can be read, its name is taken.
//!
//! # A table that was restored from a backup
//!
//! It has an older head under the same epoch, and would give numbers again that clients know as other messages. So its head
//! needs a new epoch before the functions use it: any text that was none before. Clients then see another log: they keep
//! what they show, and draw a line below it. The README has the command.
//!
//! # What it costs
//!
//! In request units of an on-demand table (1 write unit: 1 KB, twice in a transaction; 1 read unit: 4 KB consistently, 8 KB
//! otherwise; "Read and write operations" in the DynamoDB Developer Guide; `tests/suite/costs.rs` has a database count them):
//!
//! | what | write units | read units |
//! |---|---|---|
//! | a message below some 800 bytes, named | 6 (message, name, head, 2 each) | 1 (head) |
//! | the same without a name | 4 | 1 |
//! | each further KB of text | 2 | 0 |
//! | the next try after somebody was faster | the same again | 0, later ones 1 |
//! | a message said again | the same (a transaction that is cancelled costs too) | 2 (head, the stored message) |
//! | `connected` | 0 (1 once, when the log begins) | 1 |
//! | a page of history | 0 | 1 (head), and 1 for each 4 KB looked at: 9 for 100 messages of 200 bytes |
//! | an idle hour of one client: 13 pings | 0 | 7 (half a unit each) |
//! | expiry | 0 | 0 |
//! | a connection that opens, or ends (a row of [`crate::store`]) | 1 | 0 |
//! | a broadcast (all rows of it) | 0 | 1 for each 4 KB: 2 for 100 connections |
//!
//! All messages of a room lie in one partition, which takes 1,000 write units a second, and every commit moves the same
//! head: a room takes some 50 to 100 messages a second, after which senders wait for each other.

pub mod dynamodb;

pub mod memory;

mod id;

mod retention;

use std::future::Future;

use papo_protocol::{Epoch, Message, Position, Range, Seq};

use crate::pace::Pace;
use crate::store::StoreError;

pub use id::{InvalidRoomId, RoomId};
pub use retention::{InvalidRetention, Retention};

/// How many days a message's name outlives it: enough for clocks that differ, and for whoever reads a page for long.
pub const NAME_MARGIN_DAYS: i64 = 1;

const DAY_SECONDS: i64 = 24 * 60 * 60;

/// A message in its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    seq: Seq,
    message: Message,
    expires_at: i64,
}

impl Entry {
    /// `message` with the number `seq`, until `expires_at` (seconds since 1970).
    pub fn new(seq: Seq, mut message: Message, expires_at: i64) -> Self {
        message.seq = Some(seq);
        Self {
            seq,
            message,
            expires_at,
        }
    }

    /// Its number.
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// The message, with its number.
    pub fn message(&self) -> &Message {
        &self.message
    }

    /// The message, with its number.
    pub fn into_message(self) -> Message {
        self.message
    }

    /// When it expires, in seconds since 1970.
    pub fn expires_at(&self) -> i64 {
        self.expires_at
    }

    /// Whether nobody may see it any more at `now_ms` (milliseconds since 1970).
    ///
    /// DynamoDB removes what has expired within days ("Using time to live" in the Developer Guide).
    pub fn has_expired(&self, now_ms: i64) -> bool {
        self.expires_at <= now_ms.div_euclid(1_000)
    }
}

/// How fresh a head must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Everything that was committed before the question counts.
    Latest,
    /// It may lack what was committed in the last second or so. Half the price.
    Recent,
}

/// Reads the head.
pub trait ReadHead: Sync {
    /// Where the log of `room` ends. `None` if it has not begun.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    fn head(
        &self,
        room: &RoomId,
        freshness: Freshness,
    ) -> impl Future<Output = Result<Option<Position>, StoreError>> + Send;
}

/// Begins a log.
pub trait BeginLog: Sync {
    /// Begins the log of `room` under the name `epoch`, unless it has begun. Returns where it ends.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; whether the log has begun is then unknown.
    fn begin(
        &self,
        room: &RoomId,
        epoch: &Epoch,
    ) -> impl Future<Output = Result<Position, StoreError>> + Send;
}

/// Writes a message.
pub trait Commit: Sync {
    /// Writes `entry` as the next one of the log `epoch`, with the name that its client gave it; all of it or nothing.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; whether the entry was written is then unknown.
    fn commit(
        &self,
        room: &RoomId,
        epoch: &Epoch,
        entry: &Entry,
    ) -> impl Future<Output = Result<Committed, StoreError>> + Send;
}

/// What became of a commit. Unless it is [`Committed::Done`], nothing was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Committed {
    /// It is written.
    Done,
    /// The message with this number has the same name. Whether the place was free is not said.
    NameTaken(Seq),
    /// Somebody was faster: the log now ends there.
    Moved(Position),
    /// Somebody writes at the same time; where the log ends is not known.
    Conflict,
}

/// Reads messages.
pub trait ReadEntries: Sync {
    /// Looks at the first `limit` entries of `range`, in the order in which the range goes: upwards after a number, downwards
    /// before one. What was committed before the question is seen; what has expired may be.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    fn entries(
        &self,
        room: &RoomId,
        range: Range,
        limit: u16,
    ) -> impl Future<Output = Result<Page, StoreError>> + Send;
}

/// Some entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The entries, in the order of the range.
    pub entries: Vec<Entry>,
    /// Whether there may be more. A page may be shorter than asked for although there are.
    pub more: bool,
}

/// Everything that can be done with a log.
pub trait Log: ReadHead + BeginLog + Commit + ReadEntries {}

impl<T: ReadHead + BeginLog + Commit + ReadEntries> Log for T {}

/// A room.
#[derive(Clone, Debug)]
pub struct Room<L> {
    /// What was said in it.
    pub log: L,
    /// Which one it is.
    pub id: RoomId,
    /// How long what is said is kept.
    pub retention: Retention,
}

impl<L: ReadHead + BeginLog> Room<L> {
    /// Where the log ends. The first one who asks begins it.
    ///
    /// `now_ms` is the time of the request, in milliseconds since 1970.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn head(
        &self,
        freshness: Freshness,
        pace: &impl Pace,
        now_ms: i64,
    ) -> Result<Position, StoreError> {
        match self.log.head(&self.id, freshness).await? {
            Some(head) => Ok(head),
            None => {
                self.log
                    .begin(&self.id, &epoch(now_ms, pace.random()))
                    .await
            }
        }
    }
}

/// A name for a log that begins at `now_ms`, e.g. `1939f3d5a00-4c6ef3`.
///
/// The time tells it from every log before it; `random`, from 0 to 1, from one that begins in the same millisecond.
fn epoch(now_ms: i64, random: f64) -> Epoch {
    // From the middle of the mantissa, where every bit is as random as the number.
    let random = (random.to_bits() >> 24) & 0x00ff_ffff;
    Epoch::new(format!("{now_ms:x}-{random:06x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn logs_that_begin_together_differ() {
        assert_ne!(epoch(1, 0.25), epoch(2, 0.25));
        let names: std::collections::HashSet<_> =
            (0..100).map(|_| epoch(1, fastrand::f64())).collect();
        assert!(names.len() > 90, "{names:?}");
    }
}
