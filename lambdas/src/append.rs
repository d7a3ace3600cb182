//! One message to the end of the log, exactly once.
//!
//! Decides what to do when somebody else is faster, when the message is there already, and when to give up. Which writes
//! there are, and why they may be cut off anywhere, is [`crate::room`]'s business.

use std::time::Duration;

use papo_protocol::{Message, Range, Seq};

use crate::back_off::BackOff;
use crate::pace::{Pace, within};
use crate::room::{Commit, Committed, Entry, Freshness, Log, ReadEntries, Room};
use crate::store::StoreError;

/// How long an append may take with all its tries.
///
/// A healthy one takes some 15 ms. The limit leaves a broadcast more than half of the function's time in the template.
const APPEND_LIMIT: Duration = Duration::from_secs(8);

/// When others write at the same time. A transaction takes some 10 ms, so the first waits let one or two others finish, and
/// the longest ones a hundred; without them, each of many senders would disturb all others. [`APPEND_LIMIT`] is the end.
const BACK_OFF: BackOff = BackOff {
    floor: Duration::from_millis(20),
    ceiling: Duration::from_secs(2),
    retries: u32::MAX,
};

/// What became of an append.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Appended {
    /// The message is in the log now; with its number.
    Now(Message),
    /// A message of this name and with the same text was there before; as it is stored.
    Before(Message),
    /// A message of this name was there before and is not kept any more; the one that was said, with its number.
    Expired(Message),
    /// A message of this name and with another text is there. Nothing was written.
    NameTaken,
}

/// Why nobody knows whether the message is in the log.
#[derive(Debug, thiserror::Error)]
pub enum AppendError {
    /// The table could not be read or written.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// Too many others write at the same time.
    #[error("the message found no place in the log in time")]
    Deadline,
}

/// Appends `said` to the log of `room`, for `time_left` and 8 s at most.
///
/// # Errors
///
/// [`AppendError`]. The message may be in the log nevertheless; if it has a name, it can be appended again without harm.
///
/// # Cancel safety
///
/// Dropping it leaves open whether the message is in the log, as an error does.
pub async fn append(
    room: &Room<impl Log>,
    pace: &impl Pace,
    said: &Message,
    time_left: Duration,
) -> Result<Appended, AppendError> {
    let tries = try_until_done(room, pace, said);
    within(pace, time_left.min(APPEND_LIMIT), tries)
        .await
        .unwrap_or(Err(AppendError::Deadline))
}

async fn try_until_done(
    room: &Room<impl Log>,
    pace: &impl Pace,
    said: &Message,
) -> Result<Appended, AppendError> {
    let now_ms = said.request_time_epoch;
    let expires_at = room.retention.expires_at(now_ms);
    let mut head = room.head(Freshness::Latest, pace, now_ms).await?;
    let mut retry = 0;
    loop {
        let entry = Entry::new(head.seq + 1, said.clone(), expires_at);
        match room.log.commit(&room.id, &head.epoch, &entry).await? {
            Committed::Done => return Ok(Appended::Now(entry.into_message())),
            Committed::NameTaken(seq) => return look_at(room, seq, said).await,
            // Without a wait: whoever was faster has finished, and mostly it was one.
            Committed::Moved(now) if retry == 0 => head = now,
            Committed::Moved(_) | Committed::Conflict => {
                let delay = BACK_OFF.delay(retry, pace.random());
                tracing::debug!(retry, ?delay, "others write at the same time");
                pace.sleep(delay.unwrap_or(BACK_OFF.ceiling)).await;
                head = room.head(Freshness::Latest, pace, now_ms).await?;
            }
        }
        retry = retry.saturating_add(1);
    }
}

/// The message number `seq` has the name of `said`: is it the same?
async fn look_at(
    room: &Room<impl Commit + ReadEntries>,
    seq: Seq,
    said: &Message,
) -> Result<Appended, AppendError> {
    let page = room
        .log
        .entries(&room.id, Range::After(seq.saturating_sub(1)), 1)
        .await?;
    let there = page.entries.into_iter().find(|entry| entry.seq() == seq);
    Ok(match there {
        Some(entry) if entry.has_expired(said.request_time_epoch) => expired(seq, said),
        None => expired(seq, said),
        Some(entry) if entry.message().message == said.message => {
            Appended::Before(entry.into_message())
        }
        Some(_) => Appended::NameTaken,
    })
}

fn expired(seq: Seq, said: &Message) -> Appended {
    Appended::Expired(Message {
        seq: Some(seq),
        ..said.clone()
    })
}
