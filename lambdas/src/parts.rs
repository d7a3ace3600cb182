//! Broadcasts to large rooms: several functions deliver to parts of the room at the same time.
//!
//! One function posts about 6,400 frames a second, so 100,000 connections take it 16 s. With `Deliverers` in the template above
//! 1, the broadcaster reads the rows of a room and passes every [`PART_CONNECTIONS`] of them to an invocation of `delivererWS`;
//! at most `Deliverers` invocations run at a time. It serves rooms that are smaller than one part itself.
//!
//! The broadcaster waits for its deliverers instead of invoking them asynchronously. A round therefore ends with its last post,
//! and the next round combines everything that was appended in the meantime into one frame. Entries stay in order, and at most
//! `Deliverers` times 64 posts, the limit of one function, run at the same time. Asynchronous invocations would begin a round
//! at every poll of the stream, whether the previous one has ended or not. Waiting costs the broadcaster's own GB-seconds: for
//! 10,000 connections $0.00001, compared with $0.01 for the frames.
//!
//! Each part is retried on its own: if its function is killed, fails or is throttled, only that part is delivered again. If all
//! retries of a part fail, the batch fails. Lambda repeats the batch, and finally sends it to the failure destination of the
//! stream. Clients that have introduced themselves ignore entries that they already have.
//!
//! Rows are not read in parallel: a query of the index has no segments, as a scan has, and ranges of connection ids, which begin
//! with a time, are not of equal size.

pub mod lambda;

use std::future::Future;
use std::num::NonZeroUsize;
use std::time::Duration;

use futures::stream::TryChunksError;
use futures::{StreamExt, TryStreamExt, stream};
use jiff::Timestamp;
use papo_protocol::backoff::Backoff;
use papo_protocol::{ConnectionId, Person, PersonId, RoomName};
use serde::{Deserialize, Serialize};
use tokio::sync::Semaphore;

use crate::broadcast::{Broadcast, Frames, Interruption, Report, all_rows};
use crate::clock::{Clock, timeout};
use crate::connections::{DeleteConnection, ListRoom, Listed};
use crate::deliverer::Deliverer;
use crate::error::{PartError, StoreError};
use crate::management::{Close, Post};

/// How many connections a part has. One function posts to them in a third of a second, at 10 ms a post; invoking it takes much
/// less.
///
/// Its event has about 150 bytes for each connection, far below the 6 MB of a synchronous invocation (quotas in the Lambda
/// Developer Guide).
pub const PART_CONNECTIONS: usize = 2_000;

/// Largest frames of a broadcast that are passed on, in bytes. JSON in JSON takes up to twice as much, which leaves room for the recipients.
/// The broadcaster posts a larger round, such as one of a hundred long messages, itself.
const FRAMES_BYTES: usize = 2 * 1024 * 1024;

/// How often the delivery of a part is retried.
const RETRIES: u32 = 2;

/// The delay before a retry.
const BACKOFF: Backoff = Backoff {
    floor: 100,
    base: 200,
    cap: 800,
};

/// Some connections of a room, and what they receive: the event of `delivererWS`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Part {
    frames: Frames,
    recipients: Vec<Recipient>,
    /// The time of the broadcast, in milliseconds since 1970.
    now_ms: i64,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Recipient {
    connection_id: String,
    /// In milliseconds since 1970.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    connected_at_ms: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    token_expires_at: Option<i64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    person_id: Option<String>,
}

impl Recipient {
    fn new(row: &Listed) -> Self {
        let person = row.person.as_ref();
        Self {
            connection_id: row.connection_id.as_str().to_owned(),
            connected_at_ms: row.connected_at.map(Timestamp::as_millisecond),
            token_expires_at: row.token_expires_at,
            person_id: person.map(|person| person.person_id.as_str().to_owned()),
        }
    }

    /// The row without the person's name, which no frame needs.
    fn into_row(self) -> Listed {
        let connected_at = self.connected_at_ms;
        Listed {
            connection_id: ConnectionId::new(self.connection_id),
            connected_at: connected_at.and_then(|at| Timestamp::from_millisecond(at).ok()),
            token_expires_at: self.token_expires_at,
            person: self.person_id.map(|id| Person {
                person_id: PersonId::new(id),
                name: None,
            }),
        }
    }
}

impl Part {
    /// The connections `rows` of a room, which receive `frames`. `now` is the time of the broadcast.
    pub fn new(frames: Frames, rows: &[Listed], now: Timestamp) -> Self {
        Self {
            frames,
            recipients: rows.iter().map(Recipient::new).collect(),
            now_ms: now.as_millisecond(),
        }
    }

    /// Sends the frames to the connections, within `time_left`. Never fails as a whole.
    pub async fn deliver<G: Post + Close, C: Clock>(
        self,
        connections: &impl DeleteConnection,
        gateway: &G,
        clock: &C,
        time_left: Duration,
    ) -> Report {
        let rows = self.recipients.into_iter().map(Recipient::into_row);
        let broadcast = Broadcast {
            connections,
            deliverer: &Deliverer::new(gateway, clock),
            frames: &self.frames,
            now: Timestamp::from_millisecond(self.now_ms).unwrap_or_default(),
            time_left,
        };
        broadcast.to_rows(stream::iter(rows.map(Ok)), None).await
    }
}

/// The outcome of a part: the result of `delivererWS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct PartReport {
    reached: usize,
    skipped: usize,
    gone: usize,
    failed: usize,
    /// When half of the connections that were reached had been reached, in milliseconds since 1970.
    #[serde(default)]
    median_at_ms: Option<i64>,
    /// Whether all connections were served. If not, the function ran out of time.
    complete: bool,
}

impl From<&Report> for PartReport {
    fn from(report: &Report) -> Self {
        let interrupted = report.interrupted.as_ref();
        Self {
            reached: report.reached,
            skipped: report.skipped,
            gone: report.gone,
            failed: report.failed,
            median_at_ms: report.median().map(Timestamp::as_millisecond),
            complete: !interrupted.is_some_and(Interruption::is_unserved),
        }
    }
}

/// Delivers parts.
pub trait DeliverPart: Sync {
    /// Delivers `part`, and waits until it is delivered.
    ///
    /// # Errors
    ///
    /// [`PartError`]; some connections may have received their frames nevertheless.
    fn deliver(&self, part: &Part) -> impl Future<Output = Result<PartReport, PartError>> + Send;
}

/// The setting `DELIVERERS` is not a positive number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("DELIVERERS must be a whole number above 0; set Deliverers in template.yaml")]
pub struct InvalidDeliverers;

/// Reads how many deliverers may run at the same time.
///
/// # Errors
///
/// [`InvalidDeliverers`].
pub fn parse_deliverers(setting: &str) -> Result<NonZeroUsize, InvalidDeliverers> {
    setting.parse().map_err(|_| InvalidDeliverers)
}

/// Divides large rooms into parts.
#[derive(Debug)]
pub struct Parts<D> {
    deliverers: D,
    /// One permit for each invocation that may run.
    free: Semaphore,
    concurrency: usize,
    connections: usize,
}

impl<D: DeliverPart> Parts<D> {
    /// Parts of [`PART_CONNECTIONS`], of which at most `concurrency` are delivered at the same time.
    pub fn new(deliverers: D, concurrency: NonZeroUsize) -> Self {
        Self {
            deliverers,
            free: Semaphore::new(concurrency.get()),
            concurrency: concurrency.get(),
            connections: PART_CONNECTIONS,
        }
    }

    /// Sets how many connections a part has.
    #[must_use]
    pub fn of_size(mut self, connections: NonZeroUsize) -> Self {
        self.connections = connections.get();
        self
    }

    /// Carries out `broadcast` to every connection of `room`. A room that is smaller than a part is served by this function.
    ///
    /// Never fails as a whole; see [`Report`].
    pub async fn broadcast<S: ListRoom + DeleteConnection, G: Post + Close, C: Clock>(
        &self,
        broadcast: &Broadcast<'_, S, G, C>,
        room: &RoomName,
    ) -> Report {
        let Broadcast { frames, now, .. } = *broadcast;
        if frames.bytes() > FRAMES_BYTES {
            return broadcast.to_room(room, None).await;
        }
        let clock = broadcast.deliverer.clock();
        let mut report = Report::default();
        let served = async {
            let page_rows = u16::try_from(self.connections).unwrap_or(u16::MAX);
            let rows = all_rows(broadcast.connections, room, page_rows);
            let chunks = rows.try_chunks(self.connections);
            let mut chunks = std::pin::pin!(chunks);
            let first = chunks.next().await.unwrap_or(Ok(Vec::new()));
            match first {
                Ok(rows) if rows.len() < self.connections => {
                    let rows = stream::iter(rows.into_iter().map(Ok));
                    report = broadcast.to_rows(rows, None).await;
                }
                first => {
                    let chunks = stream::iter([first]).chain(chunks);
                    let outcomes = chunks
                        .flat_map(|chunk| stream::iter(rows_and_error(chunk)))
                        .map(async |rows| {
                            let part = Part::new(frames.clone(), &rows?, now);
                            Ok::<_, Interruption>(self.deliver(&part, clock).await?)
                        })
                        .buffer_unordered(self.concurrency);
                    let mut outcomes = std::pin::pin!(outcomes);
                    while let Some(outcome) = outcomes.next().await {
                        add(&mut report, outcome);
                    }
                }
            }
        };
        if timeout(clock, broadcast.time_left, served).await.is_none() {
            report.interrupted.get_or_insert(Interruption::Deadline);
        }
        report
    }

    /// Delivers a part. Retries if its function fails, unless it ran out of time.
    async fn deliver(&self, part: &Part, clock: &impl Clock) -> Result<PartReport, PartError> {
        let mut retry = 0;
        loop {
            let permit = self.free.acquire().await.ok();
            let delivered = self.deliverers.deliver(part).await;
            drop(permit);
            let error = match delivered {
                Ok(report) if report.complete => return Ok(report),
                Ok(_) => return Err(PartError::new("its function ran out of time")),
                Err(error) if retry == RETRIES => return Err(error),
                Err(error) => error,
            };
            tracing::warn!(retry, %error, "delivering a part again");
            let delay = BACKOFF.delay(retry, clock.jitter());
            clock.sleep(Duration::from_millis(delay)).await;
            retry += 1;
        }
    }
}

fn add(report: &mut Report, outcome: Result<PartReport, Interruption>) {
    match outcome {
        Ok(part) => {
            report.reached += part.reached;
            let median = part.median_at_ms.map(Timestamp::from_millisecond);
            report.reached_at.extend(median.and_then(Result::ok));
            report.skipped += part.skipped;
            report.gone += part.gone;
            report.failed += part.failed;
        }
        Err(reason) => {
            report.interrupted.get_or_insert(reason);
        }
    }
}

/// The rows that were read before an error, and the error.
fn rows_and_error(
    chunk: Result<Vec<Listed>, TryChunksError<Listed, StoreError>>,
) -> Vec<Result<Vec<Listed>, StoreError>> {
    match chunk {
        Ok(rows) => vec![Ok(rows)],
        Err(TryChunksError(rows, error)) => vec![Ok(rows), Err(error)],
    }
}
