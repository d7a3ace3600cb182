//! Appends an entry to the log, exactly once.
//!
//! Decides what to do when another commit was faster, when the entry is in the log already, and when to give up.
//! [`crate::message_log`] defines the writes and why they may be interrupted at any point.

use std::time::Duration;

use papo_protocol::{ChangeKind, Epoch, LogEntry, Range, Seq};

use crate::clock::{Clock, timeout};
use crate::error::StoreError;
use crate::message_log::{CommitOutcome, Entry, Freshness, MessageLog, ReadEntries, Room};

/// Time limit of an append with all its retries.
///
/// An append usually takes about 15 ms. The limit leaves more than half of the function's time to the broadcast.
const APPEND_LIMIT: Duration = Duration::from_secs(8);

/// About how long a commit takes: the unit of [`turn_delay`].
const TURN: Duration = Duration::from_millis(12);

/// The longest delay, in turns.
const MAX_TURNS: f64 = 128.0;

/// The upper bound of the delays of a sender that has waited long, in turns.
const MIN_TURNS: f64 = 3.0;

/// After how many retries a sender starts to be preferred.
const PREFERRED_AFTER: i32 = 5;

/// The outcome of an append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    /// The entry is in the log now. Includes its seq.
    New(LogEntry),
    /// An entry with this `clientMessageId` and the same content was in the log before; the stored entry.
    Duplicate(LogEntry),
    /// An entry with this `clientMessageId` was in the log before and has expired; the given entry, with its seq.
    Expired(LogEntry),
    /// Another entry with this `clientMessageId` is in the log. Nothing was written.
    IdInUse,
    /// The change of its message was refused. Nothing was written.
    Refused(TargetRefusal),
}

/// Why an edit, a deletion or a reaction was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TargetRefusal {
    /// There is no message with that seq.
    Unknown,
    /// The entry is about a message of another log.
    OtherLog,
    /// Another person wrote the message.
    NotAuthor,
    /// The message was deleted.
    Deleted,
    /// The message has been edited [`MAX_EDITS`] times.
    EditedTooOften,
}

/// How often a message can be edited: a deletion changes all edits in one transaction, which has 100 items at most.
pub(crate) const MAX_EDITS: usize = 50;

/// The append failed; the message may be in the log nevertheless.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The table could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Too many competing commits.
    #[error("the message could not be appended in time: too many concurrent senders")]
    Deadline,
}

/// Appends `entry` to the log of `room`, within `time_left` and 8 s. `now_ms` is the time of the request, in milliseconds
/// since 1970. The seq of the given entry is ignored. `epoch` is the log that an edit, a deletion or a reaction must be appended
/// to; `None` for any.
///
/// # Errors
///
/// [`AppendError`]. The message may be in the log nevertheless; if it has a `clientMessageId`, it can be appended again
/// safely.
///
/// # Cancel safety
///
/// If dropped, the message may or may not be in the log, as after an error.
pub async fn append(
    room: &Room<'_, impl MessageLog>,
    clock: &impl Clock,
    entry: &LogEntry,
    epoch: Option<&Epoch>,
    now_ms: i64,
    time_left: Duration,
) -> Result<Appended, AppendError> {
    let attempts = retry_until_committed(room, clock, entry, epoch, now_ms);
    timeout(clock, time_left.min(APPEND_LIMIT), attempts)
        .await
        .unwrap_or(Err(AppendError::Deadline))
}

async fn retry_until_committed(
    room: &Room<'_, impl MessageLog>,
    clock: &impl Clock,
    content: &LogEntry,
    epoch: Option<&Epoch>,
    now_ms: i64,
) -> Result<Appended, AppendError> {
    let expires_at = room.retention.expires_at(now_ms);
    let mut head = room.head(Freshness::Latest, clock, now_ms).await?;
    let mut retry = 0_i32;
    loop {
        if epoch.is_some_and(|epoch| *epoch != head.epoch) {
            return Ok(Appended::Refused(TargetRefusal::OtherLog));
        }
        let target = match find_target(room, content, now_ms).await? {
            Ok(target) => target,
            Err(refusal) => return refused(room, content, now_ms, refusal).await,
        };
        // An edit is kept at least as long as its message: a deletion blanks all edits, and fails if one is missing. Without this,
        // it could be missing after `RetentionDays` was lowered.
        let kept_until = target
            .as_ref()
            .map_or(expires_at, |target| expires_at.max(target.expires_at()));
        let entry = Entry::new(head.seq + 1, content.clone(), kept_until);
        let commit = room
            .log
            .commit(&room.id, &head.epoch, &entry, target.as_ref());
        match commit.await? {
            CommitOutcome::Committed => return Ok(Appended::New(entry.into_content())),
            CommitOutcome::DuplicateClientMessageId(seq) => {
                return compare_with_stored(room, seq, content, now_ms).await;
            }
            CommitOutcome::Moved(_) | CommitOutcome::Conflict | CommitOutcome::TargetChanged => {
                let delay = turn_delay(retry, clock.jitter());
                tracing::debug!(retry, ?delay, "competing commits");
                clock.sleep(delay).await;
                head = room.head(Freshness::Latest, clock, now_ms).await?;
            }
        }
        retry = retry.saturating_add(1);
    }
}

/// How long to wait after losing the head to another commit, before retry number `retry`, counted from 0.
///
/// The bound triples while a sender is new, which clears the way quickly when there are many. It shrinks again for senders
/// that have lost often, so that the one that has waited longest is the most likely to be next; with plain exponential
/// back-off, the unlucky wait ever longer and give up. Simulated with 50 senders that never pause (5 ms a read, 10 ms a
/// commit): 78 messages a second, 3.8 transactions a message, slowest 1 % 3.8 s, none given up; exponential back-off from
/// 20 ms to 2 s: 81, 3.8, 6.3 s, and 1.3 % given up. With 10 senders, 1.6 transactions a message instead of 2.0.
fn turn_delay(retry: i32, random: f64) -> Duration {
    let turns = if retry < PREFERRED_AFTER {
        3_f64.powi(retry + 1).min(MAX_TURNS)
    } else {
        let lost = (retry - PREFERRED_AFTER).saturating_add(1);
        (MAX_TURNS / 1.5_f64.powi(lost)).max(MIN_TURNS)
    };
    TURN.mul_f64(turns * random.clamp(0.0, 1.0))
}

/// The message that `content` is about, or why it cannot be about it.
async fn find_target(
    room: &Room<'_, impl ReadEntries>,
    content: &LogEntry,
    now_ms: i64,
) -> Result<Result<Option<Entry>, TargetRefusal>, StoreError> {
    let Some(of) = content.of() else {
        return Ok(Ok(None));
    };
    let target = read_entry(room, of).await?;
    let Some(target) = target.filter(|entry| !entry.has_expired(now_ms)) else {
        return Ok(Err(TargetRefusal::Unknown));
    };
    let LogEntry::Message(message) = target.content() else {
        return Ok(Err(TargetRefusal::Unknown));
    };
    let is_author = message.person_id.as_ref() == content.person_id();
    Ok(match content.change() {
        _ if message.deleted => Err(TargetRefusal::Deleted),
        Some(ChangeKind::Edit { .. } | ChangeKind::Delete) if !is_author => {
            Err(TargetRefusal::NotAuthor)
        }
        Some(ChangeKind::Edit { .. }) if target.edits().len() >= MAX_EDITS => {
            Err(TargetRefusal::EditedTooOften)
        }
        _ => Ok(Some(target)),
    })
}

/// A refused entry may be in the log already: a deletion that is sent again finds its message deleted.
async fn refused(
    room: &Room<'_, impl MessageLog>,
    content: &LogEntry,
    now_ms: i64,
    refusal: TargetRefusal,
) -> Result<Appended, AppendError> {
    if let Some(id) = content.client_message_id()
        && let Some(seq) = room.log.seq_of(&room.id, id).await?
    {
        return compare_with_stored(room, seq, content, now_ms).await;
    }
    Ok(Appended::Refused(refusal))
}

async fn read_entry(
    room: &Room<'_, impl ReadEntries>,
    seq: Seq,
) -> Result<Option<Entry>, StoreError> {
    let Some(before) = seq.checked_sub(1) else {
        return Ok(None);
    };
    let range = Range::After(before);
    let page = room.log.entries(&room.id, range, 1).await?;
    Ok(page.entries.into_iter().find(|entry| entry.seq() == seq))
}

/// Compares `content` with the stored entry `seq`, which has the same `clientMessageId`.
async fn compare_with_stored(
    room: &Room<'_, impl ReadEntries>,
    seq: Seq,
    content: &LogEntry,
    now_ms: i64,
) -> Result<Appended, AppendError> {
    let stored = read_entry(room, seq).await?;
    Ok(match stored.filter(|entry| !entry.has_expired(now_ms)) {
        None => Appended::Expired(Entry::new(seq, content.clone(), 0).into_content()),
        Some(entry) if is_same(entry.content(), content) => {
            Appended::Duplicate(entry.into_content())
        }
        Some(_) => Appended::IdInUse,
    })
}

/// Whether two entries with the same `clientMessageId` are one entry. Deleted texts cannot be compared.
fn is_same(stored: &LogEntry, given: &LogEntry) -> bool {
    match (stored, given) {
        (LogEntry::Message(stored), LogEntry::Message(given)) => {
            stored.deleted || stored.message == given.message
        }
        (LogEntry::Change(stored), LogEntry::Change(given)) => {
            let is_blank = matches!(stored.kind, ChangeKind::Edit { deleted: true, .. })
                && matches!(given.kind, ChangeKind::Edit { .. });
            let same_kind = is_blank || stored.kind == given.kind;
            same_kind && (stored.of, &stored.person_id) == (given.of, &given.person_id)
        }
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_at_first_and_shrink_for_senders_that_have_waited_long() {
        let bounds: Vec<u128> = (0..16)
            .map(|retry| turn_delay(retry, 1.0).as_millis())
            .collect();
        assert!(bounds[..5].is_sorted(), "{bounds:?}");
        assert!(bounds[4..].iter().rev().is_sorted(), "{bounds:?}");
        assert_eq!((bounds[0], bounds[4], bounds[15]), (36, 1_536, 36));
        assert_eq!(turn_delay(i32::MAX, 1.0), TURN * 3);
        assert_eq!(turn_delay(3, 0.0), Duration::ZERO);
    }
}
