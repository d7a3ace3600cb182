//! A room's message log: every message, in one order that all clients share.
//!
//! Defines what is stored and the contract of each operation. [`dynamodb`] implements them on a table, [`memory`] in maps;
//! `tests/suite/message_log_contract.rs` holds both to the same contract. [`crate::append`] writes with these operations,
//! [`crate::history`] reads.
//!
//! # Items
//!
//! One table, hash key `room`, range key `seq`:
//!
//! ```text
//! room         seq
//! main         0    the head: epoch, head (the seq of the last message); never expires
//! main         1    a message: connectionId, message, messageId, requestTimeEpoch, clientMessageId?, personId?, name?,
//!                   replyTo?, deleted?, edits? (the seqs of its edits), expiresAt, restored? (from a backup)
//! main         2    an entry about a message: type (edit, delete, reaction), of, personId, …
//! main#c-1     0    the id item: a message has the clientMessageId c-1: messageSeq, expiresAt
//! rate#10.0.0.1  28855545   a counter of the rate limit, whose seq is the minute since 1970: charged, window0 to window11,
//!                   expiresAt
//! ```
//!
//! # The writes, and why every failure between them is safe
//!
//! 1. *Begin* puts the head if there is none. If two processes begin at the same time, the second gets the first one's
//!    epoch.
//! 2. *Commit* is one transaction: it puts the message, puts the id item (if the client sent a `clientMessageId`), and
//!    moves the head from `seq - 1` to `seq`. Each of the three is conditional: the seq is free, the id is unused, the head
//!    has not moved. Either all three happen or none, so seqs have no gaps and no partial write is ever visible.
//!
//! A process can die, or lose a response, at these points:
//!
//! - *Before the commit*: nothing was written. The sender gets no acknowledgement and sends the message again.
//! - *During the commit*: the message was written or it was not. The SDK retries with the same `ClientRequestToken`, for
//!   which DynamoDB repeats its first response for ten minutes. If all retries fail, the sender gets `unavailable` or
//!   nothing, and sends the message again with the same `clientMessageId`: if the id is used, the message is in the log,
//!   and the sender gets the stored one. Without an id, the same text sent again is another message.
//! - *After the commit, before or during the broadcast*: the message is in the log. Clients that missed the broadcast
//!   notice a gap at the next `seq`, or at the head in the next `pong`, and request the missing messages.
//! - *Two commits at the same time*: both want the same seq and one of them gets it. The other's condition fails, the
//!   failure returns the new head, and it takes the next seq. Of two commits with the same id, one succeeds and the other
//!   finds the id used.
//!
//! An id item expires [`ID_MARGIN_DAYS`] after its message, and DynamoDB deletes nothing before its time: as long as a
//! message can be read, its id is in use.
//!
//! # Restoring a backup
//!
//! A restored table has an older head with the same epoch, and would assign seqs again that clients know as other messages.
//! Its head needs a new epoch before the functions use it: any text that was not used before. Clients then treat it as
//! another log: they keep what they show, and draw a divider below it. `cargo xtask data restore` does that.
//!
//! # Costs
//!
//! In request units of an on-demand table (1 write unit: 1 KB, twice that in a transaction; 1 read unit: 4 KB consistently,
//! 8 KB otherwise; "Read and write operations" in the DynamoDB Developer Guide; `tests/suite/costs.rs` measures them):
//!
//! | what | write units | read units |
//! |---|---|---|
//! | a message below about 800 bytes with a `clientMessageId` | 6 (message, id item, head, 2 each) | 1 (head) |
//! | the same without a `clientMessageId` | 4 | 1 |
//! | an edit, or a deletion of a message without edits | 6, with a `clientMessageId` 8 (the message changes too) | 2 (head, the message) |
//! | a reaction | 4, with a `clientMessageId` 6 | 2 (head, the message) |
//! | each further KB of text | 2 | 0 |
//! | each retry after another commit was faster | the same again | 1 |
//! | a message sent again | the same (a cancelled transaction is billed too) | 2 (head, the stored message) |
//! | `connected` | 0 (1 once, when the log begins) | 1 |
//! | `connected` with a name or a key | 2 more (the row and its place in the index) | presence (below) |
//! | `typing` | 0 | presence of up to 51 connections |
//! | `ping` of a client that has introduced itself | 0 | half a unit (head), presence |
//! | `heads` | 0 | half a unit for each room |
//! | a page of history | 0 | 1 (head), and 1 for each 4 KB read: 9 for 100 messages of 200 bytes |
//! | an idle hour of one client: 13 pings | 0 | 7 (half a unit each) |
//! | expiry | 0 | 0 |
//! | a connection opens or closes (a row of [`crate::connections`] and its place in the index by room) | 2 | 0 |
//! | a connection that has introduced itself closes | the same | presence of up to 51 connections |
//! | presence (who is in the room), with up to 50 connections | 0 | half a unit for each 4 KB of their rows: 0.5 to 1.5 |
//! | presence, with more connections | 0 | once a minute in each process, all rows as for a broadcast; else 0 |
//! | every frame (reads the connection's row) | 0 | 1 |
//! | every frame but `ping`, and every handshake, with a rate limit (not if it is refused again by the same process) | 1 | 0 |
//! | a broadcast (reads the rows of the room, from the index) | 0 | 1 for each 8 KB |
//!
//! All messages of a room are in one partition, which takes 1,000 write units a second, and every commit moves the same
//! head: a room takes about 50 to 100 messages a second; beyond that, senders wait for each other. A conflict costs one
//! transaction and one read; [`crate::append`] says how many there are.

pub mod dynamodb;

pub mod memory;

mod entry;

mod retention;

use std::future::Future;

use papo_protocol::{ClientMessageId, Epoch, Position, Range, RoomName, Seq};

use crate::clock::Clock;
use crate::error::StoreError;
use crate::rate_limit::CountCharges;

pub use entry::Entry;
pub use retention::{InvalidRetention, Retention};

/// How many days an id item outlives its message: enough for clock skew and slow readers.
pub(crate) const ID_MARGIN_DAYS: i64 = 1;

const DAY_SECONDS: i64 = 24 * 60 * 60;

/// How fresh a head must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Freshness {
    /// Includes everything committed before the read.
    Latest,
    /// May miss commits of about the last second. Half the price.
    Recent,
}

/// Reads the head.
pub trait ReadHead: Sync {
    /// The end of `room`'s log. `None` if the log has not begun.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    fn head(
        &self,
        room: &RoomName,
        freshness: Freshness,
    ) -> impl Future<Output = Result<Option<Position>, StoreError>> + Send;
}

/// Begins a log.
pub trait BeginLog: Sync {
    /// Begins the log of `room` with the epoch `epoch`, unless it has begun. Returns its end.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; the log may have begun nevertheless.
    fn begin(
        &self,
        room: &RoomName,
        epoch: &Epoch,
    ) -> impl Future<Output = Result<Position, StoreError>> + Send;
}

/// Commits a message.
pub trait Commit: Sync {
    /// Writes `entry`, its id item and the head of the log `epoch`, atomically. An edit or deletion also changes its
    /// message, which must be as `target` was read; a deletion removes the text of the message and of all its edits.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; the entry may have been written nevertheless.
    fn commit(
        &self,
        room: &RoomName,
        epoch: &Epoch,
        entry: &Entry,
        target: Option<&Entry>,
    ) -> impl Future<Output = Result<CommitOutcome, StoreError>> + Send;
}

/// The outcome of a commit. Nothing was written unless it is [`CommitOutcome::Committed`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommitOutcome {
    /// The entry is in the log.
    Committed,
    /// The entry at this seq has the same `clientMessageId`.
    DuplicateClientMessageId(Seq),
    /// Another commit was faster: the log now ends here.
    Moved(Position),
    /// The message of an edit or deletion has been edited or deleted since it was read.
    TargetChanged,
    /// Another transaction is under way; the end of the log is unknown.
    Conflict,
}

/// Reads entries.
pub trait ReadEntries: Sync {
    /// Reads the first `limit` entries of `range` in its direction: ascending after a seq, descending before one. Includes
    /// everything committed before the read; may include expired entries.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    fn entries(
        &self,
        room: &RoomName,
        range: Range,
        limit: u16,
    ) -> impl Future<Output = Result<Page, StoreError>> + Send;
}

/// Finds entries by their `clientMessageId`.
pub trait FindEntry: Sync {
    /// The seq of the entry with the `clientMessageId` `id`. Sees everything committed before the read.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    fn seq_of(
        &self,
        room: &RoomName,
        id: &ClientMessageId,
    ) -> impl Future<Output = Result<Option<Seq>, StoreError>> + Send;
}

/// A page of entries.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Page {
    /// The entries, in the direction of the range.
    pub entries: Vec<Entry>,
    /// Whether there may be more. A page may be shorter than `limit` and still not be the last.
    pub more: bool,
}

/// All operations on a log.
pub trait MessageLog:
    ReadHead + BeginLog + Commit + ReadEntries + FindEntry + CountCharges
{
}

impl<T: ReadHead + BeginLog + Commit + ReadEntries + FindEntry + CountCharges> MessageLog for T {}

/// A room and its log.
#[derive(Debug)]
pub struct Room<'a, L> {
    /// The log.
    pub log: &'a L,
    /// The room's key in the log.
    pub id: RoomName,
    /// How long messages are kept.
    pub retention: Retention,
}

impl<L: ReadHead + BeginLog> Room<'_, L> {
    /// The end of the log. Begins the log if it has not begun.
    ///
    /// `now_ms` is the time of the request, in milliseconds since 1970.
    ///
    /// # Errors
    ///
    /// [`StoreError`].
    pub async fn head(
        &self,
        freshness: Freshness,
        clock: &impl Clock,
        now_ms: i64,
    ) -> Result<Position, StoreError> {
        match self.log.head(&self.id, freshness).await? {
            Some(head) => Ok(head),
            None => {
                self.log
                    .begin(&self.id, &epoch(now_ms, clock.jitter()))
                    .await
            }
        }
    }
}

/// An epoch for a log that begins at `now_ms`, such as `1939f3d5a00-4c6ef3`.
///
/// The time makes it differ from every earlier log's, `random` (0 to 1) from one that begins in the same millisecond.
fn epoch(now_ms: i64, random: f64) -> Epoch {
    // From the middle of the mantissa, where every bit is random.
    let random = (random.to_bits() >> 24) & 0x00ff_ffff;
    Epoch::new(format!("{now_ms:x}-{random:06x}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn epochs_of_logs_that_begin_together_differ() {
        assert_ne!(epoch(1, 0.25), epoch(2, 0.25));
        let epochs: std::collections::HashSet<_> =
            (0..100).map(|_| epoch(1, fastrand::f64())).collect();
        assert!(epochs.len() > 90, "{epochs:?}");
    }
}
