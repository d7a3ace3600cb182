//! Appends a message to the log, exactly once.
//!
//! Decides what to do when another commit was faster, when the message is in the log already, and when to give up.
//! [`crate::message_log`] defines the writes and why they may be interrupted at any point.

use std::time::Duration;

use papo_protocol::{Message, Range, Seq};

use crate::backoff::Backoff;
use crate::clock::{Clock, timeout};
use crate::error::StoreError;
use crate::message_log::{Commit, CommitOutcome, Entry, Freshness, MessageLog, ReadEntries, Room};

/// Time limit of an append with all its retries.
///
/// A healthy one takes about 15 ms. The limit leaves more than half of the function's time to the broadcast.
const APPEND_LIMIT: Duration = Duration::from_secs(8);

/// For competing commits. A transaction takes about 10 ms, so the first delays let one or two others finish, the longest
/// about a hundred. [`APPEND_LIMIT`] ends the retries.
const BACKOFF: Backoff = Backoff {
    base: Duration::from_millis(20),
    cap: Duration::from_secs(2),
    retries: u32::MAX,
};

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
    let mut retry = 0;
    loop {
        let entry = Entry::new(head.seq + 1, message.clone(), expires_at);
        match room.log.commit(&room.id, &head.epoch, &entry).await? {
            CommitOutcome::Committed => return Ok(Appended::New(entry.into_message())),
            CommitOutcome::DuplicateClientMessageId(seq) => {
                return compare_with_stored(room, seq, message).await;
            }
            // Without a delay: the other commit has finished, and usually there is only one.
            CommitOutcome::Moved(new_head) if retry == 0 => head = new_head,
            CommitOutcome::Moved(_) | CommitOutcome::Conflict => {
                let delay = BACKOFF.delay(retry, clock.jitter());
                tracing::debug!(retry, ?delay, "competing commits");
                clock.sleep(delay.unwrap_or(BACKOFF.cap)).await;
                head = room.head(Freshness::Latest, clock, now_ms).await?;
            }
        }
        retry = retry.saturating_add(1);
    }
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
