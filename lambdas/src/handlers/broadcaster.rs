//! `broadcasterWS`: broadcasts entries that were appended, from the stream of the messages table.
//!
//! Each connection receives what was appended since the last round in as few frames as possible. All rooms of a batch share
//! one [`Deliverer`], so that the pace of the posts does not depend on how much was appended. Lambda invokes the function
//! for a room only after the previous invocation has returned, so entries stay in order. Other functions may deliver to the
//! parts of a large room; see [`crate::parts`].
//!
//! While several entries of a room arrive between two rounds, a round lasts [`BURST_ROUND`], so that the next one combines more
//! of them: frames to clients are nearly all of the costs. A single entry is never delayed, nor is the one after it.
//!
//! A room whose rows could not be read, or that was not served in time, is reported as failed: Lambda invokes the function
//! again with its entries and all later ones. Clients that have introduced themselves ignore entries that they know; the
//! original's clients show a message twice in this case. Failed posts do not count: the log repairs them.

use std::ops::Range;
use std::time::{Duration, SystemTime};

use futures::future::{join, join_all};
use jiff::Timestamp;
use lambda_runtime::LambdaEvent;
use papo_protocol::{LogEntry, RoomName};
use serde::Serialize;
use tracing::Instrument;

use crate::broadcast::{Broadcast, Frames, Interruption};
use crate::clock::Clock;
use crate::connections::{DeleteConnection, ListRoom};
use crate::deliverer::Deliverer;
use crate::event::time_left;
use crate::management::{Close, Post};
use crate::message_log::dynamodb::stream_record::{StreamEvent, StreamRecord};
use crate::parts::{DeliverPart, Parts};

/// Minimum duration of a round in a [`BURST`].
///
/// Ten messages a second make six in a frame instead of the 2.5 of four polls a second. The function is billed while it waits,
/// as much as for 8 frames.
pub const BURST_ROUND: Duration = Duration::from_millis(600);

/// How many entries of a room in one round count as a burst. With more, frames are full enough, and waiting would let the
/// stream fall behind.
pub const BURST: Range<usize> = 2..20;

/// The result, as Lambda expects it with `ReportBatchItemFailures`: records from the lowest one on are delivered again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchResponse {
    /// At most one: the first record that was not served.
    pub batch_item_failures: Vec<BatchItemFailure>,
}

/// A record that was not served.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BatchItemFailure {
    /// Its sequence number in the stream.
    pub item_identifier: String,
}

/// The entries of one room, in order.
struct RoomBatch {
    room: RoomName,
    /// The place of its first record in the batch.
    first: usize,
    entries: Vec<LogEntry>,
}

/// Handles one invocation. With `parts`, other functions deliver to large rooms.
///
/// Never fails as a whole; see [`BatchResponse`].
pub async fn handle<G: Post + Close, C: Clock>(
    connections: &(impl ListRoom + DeleteConnection),
    gateway: &G,
    clock: &C,
    parts: Option<&Parts<impl DeliverPart>>,
    event: LambdaEvent<StreamEvent>,
) -> BatchResponse {
    let records = event.payload.records;
    let span = tracing::error_span!("invocation", requestId = event.context.request_id);
    let batches = by_room(&records);
    let most = batches.iter().map(|batch| batch.entries.len()).max();
    let is_burst = most.is_some_and(|most| BURST.contains(&most));
    let pace = async {
        if is_burst {
            clock.sleep(BURST_ROUND).await;
        }
    };
    let now = Timestamp::now();
    let round = Round {
        connections,
        deliverer: &Deliverer::new(gateway, clock),
        parts,
        now,
        time_left: time_left(&event.context, SystemTime::from(now)),
    };
    let served = join_all(batches.into_iter().map(async |batch| {
        let first = batch.first;
        (!round.serve(batch).await).then_some(first)
    }));
    let (failed, ()) = join(served.instrument(span), pace).await;
    let failed = failed.into_iter().flatten().min();
    let failed = failed.and_then(|first| records.get(first));
    BatchResponse {
        batch_item_failures: failed
            .map(|record| BatchItemFailure {
                item_identifier: record.sequence_number().to_owned(),
            })
            .into_iter()
            .collect(),
    }
}

/// What all rooms of a batch share.
struct Round<'a, S, G, C, D> {
    connections: &'a S,
    deliverer: &'a Deliverer<'a, G, C>,
    parts: Option<&'a Parts<D>>,
    now: Timestamp,
    time_left: Duration,
}

impl<S, G, C, D> Round<'_, S, G, C, D>
where
    S: ListRoom + DeleteConnection,
    G: Post + Close,
    C: Clock,
    D: DeliverPart,
{
    /// Broadcasts the entries of a room. Returns whether it was served; failed posts do not count.
    async fn serve(&self, batch: RoomBatch) -> bool {
        let RoomBatch { room, entries, .. } = batch;
        let seq = entries.last().and_then(LogEntry::seq);
        let oldest = entries.iter().map(LogEntry::request_time_epoch).min();
        let broadcast = Broadcast {
            connections: self.connections,
            deliverer: self.deliverer,
            frames: &Frames::of_entries(entries),
            now: self.now,
            time_left: self.time_left,
        };
        // Boxed, because the futures of broadcasts are large.
        let report = match self.parts {
            Some(parts) => Box::pin(parts.broadcast(&broadcast, &room)).await,
            None => Box::pin(broadcast.to_room(&room, None)).await,
        };
        let requested_at = oldest.map(Timestamp::from_millisecond);
        report.log(seq, requested_at.and_then(Result::ok).unwrap_or(self.now));
        let interrupted = report.interrupted.as_ref();
        !interrupted.is_some_and(Interruption::is_unserved)
    }
}

/// The entries of a batch by room. The template filters out all other items. Malformed ones are skipped, because they would be malformed again.
fn by_room(records: &[StreamRecord]) -> Vec<RoomBatch> {
    let mut rooms: Vec<RoomBatch> = Vec::new();
    for (first, record) in records.iter().enumerate() {
        let Some((room, entry)) = record.entry() else {
            tracing::error!(
                sequenceNumber = record.sequence_number(),
                "a record of the stream is not an entry"
            );
            continue;
        };
        match rooms.iter_mut().find(|it| it.room == room) {
            Some(batch) => batch.entries.push(entry),
            None => rooms.push(RoomBatch {
                room,
                first,
                entries: vec![entry],
            }),
        }
    }
    rooms
}
