//! One frame to everybody.
//!
//! Decides in which order things happen: connections are read page by page, and the next page is read while the posts of
//! the one before are under way. How one frame gets to one connection is [`crate::delivery`]'s business. A connection that
//! is gone loses its row here, and for no other reason.

use std::time::Duration;

use futures::{Stream, StreamExt, stream};
use jiff::Timestamp;
use papo_protocol::{ConnectionId, Seq};

use crate::delivery::Courier;
use crate::pace::{Pace, within};
use crate::push::{Post, PushError};
use crate::store::{ListConnections, Listed, RemoveConnection, StoreError};

/// How many rows one page has.
///
/// Small enough that the first posts start after a few milliseconds, large enough that reading (some 10 ms a page) stays
/// ahead of posting. Pages cost nothing extra: a scan is billed by the bytes read.
const PAGE_ROWS: u16 = 256;

/// How many deliveries exist at the same time: under way, slow, or waiting for a retry or their turn.
///
/// Each may hold a socket, and Lambda gives a process 1,024 file descriptors (quotas in the Lambda Developer Guide).
const OUTSTANDING: usize = 512;

/// What became of a broadcast.
#[derive(Debug, Default)]
pub struct Report {
    /// How many connections API Gateway took the frame for.
    pub reached: usize,
    /// How many were gone.
    pub gone: usize,
    /// How many could not be reached although they may be there, those given up at the deadline included.
    pub failed: usize,
    /// What became of the sender's own copy. `None` if it was not tried.
    pub sender: Option<Outcome>,
    /// Why not everybody was tried, if so.
    pub interrupted: Option<Interruption>,
    /// An example of the failures.
    pub failure: Option<PushError>,
}

/// What became of one delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// API Gateway took the frame.
    Reached,
    /// The connection is gone.
    Gone,
    /// Nobody knows; all retries failed.
    Failed(PushError),
}

/// Why a broadcast ended before its end.
#[derive(Debug, thiserror::Error)]
pub enum Interruption {
    /// A page could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The function's time was up.
    #[error(
        "the time was up before everybody had it; raise the function's Timeout in template.yaml"
    )]
    Deadline,
}

/// Sends `frame` to every connection in `store`, that of `sender` included, for `time_left` at most.
///
/// `now` is the time of the request; by it, connections that are still opening keep their rows.
///
/// Never fails as a whole: the [`Report`] says what happened.
pub async fn broadcast<P: Post, C: Pace>(
    store: &(impl ListConnections + RemoveConnection),
    courier: &Courier<'_, P, C>,
    frame: &str,
    sender: &ConnectionId,
    now: Timestamp,
    time_left: Duration,
) -> Report {
    let mut report = Report::default();
    let mut begun = 0_usize;
    let everybody = async {
        let outcomes = connections(store)
            .inspect(|row| begun += usize::from(row.is_ok()))
            .map(|row| async {
                let row = row?;
                let outcome = hand_over(store, courier, frame, &row, now).await;
                Ok::<_, StoreError>((row.connection_id, outcome))
            })
            .buffer_unordered(OUTSTANDING);
        let mut outcomes = std::pin::pin!(outcomes);
        while let Some(next) = outcomes.next().await {
            match next {
                Ok((id, outcome)) => report.count(outcome, id == *sender),
                Err(error) => report.interrupted = Some(error.into()),
            }
        }
    };
    if within(courier.pace(), time_left, everybody).await.is_none() {
        report.failed += begun - report.reached - report.gone - report.failed;
        report.interrupted.get_or_insert(Interruption::Deadline);
    }
    report
}

/// Every row, page after page. Ends after the first error.
fn connections(store: &impl ListConnections) -> impl Stream<Item = Result<Listed, StoreError>> {
    enum Next {
        First,
        After(ConnectionId),
        End,
    }
    stream::unfold(Next::First, move |next| async move {
        let after = match next {
            Next::First => None,
            Next::After(id) => Some(id),
            Next::End => return None,
        };
        Some(match store.page(PAGE_ROWS, after).await {
            Ok(page) => {
                let rows = page.rows.into_iter().map(Ok).collect::<Vec<_>>();
                (rows, page.next.map_or(Next::End, Next::After))
            }
            Err(error) => (vec![Err(error)], Next::End),
        })
    })
    .flat_map(stream::iter)
}

async fn hand_over<P: Post, C: Pace>(
    store: &impl RemoveConnection,
    courier: &Courier<'_, P, C>,
    frame: &str,
    row: &Listed,
    now: Timestamp,
) -> Outcome {
    let to = &row.connection_id;
    match courier.deliver(to, frame).await {
        Ok(()) => Outcome::Reached,
        Err(PushError::Gone) => {
            if !row.may_be_opening(now) {
                tracing::debug!(to = to.as_str(), "the connection is gone, its row goes");
                if let Err(error) = store.remove(to).await {
                    tracing::warn!(to = to.as_str(), %error, "the row of a connection that is gone stays");
                }
            }
            Outcome::Gone
        }
        Err(error) => {
            tracing::debug!(to = to.as_str(), %error, "a connection was not reached");
            Outcome::Failed(error)
        }
    }
}

impl Report {
    fn count(&mut self, outcome: Outcome, is_sender: bool) {
        if is_sender {
            self.sender = Some(outcome.clone());
        }
        match outcome {
            Outcome::Reached => self.reached += 1,
            Outcome::Gone => self.gone += 1,
            Outcome::Failed(error) => {
                self.failed += 1;
                self.failure.get_or_insert(error);
            }
        }
    }

    /// Writes the report to the log. `seq` is the number of the message that the frame carried.
    pub fn log(&self, seq: Option<Seq>) {
        let Self {
            reached,
            gone,
            failed,
            ..
        } = self;
        let failure = self.failure.as_ref().map(tracing::field::display);
        match &self.interrupted {
            Some(why) => {
                tracing::error!(seq, reached, gone, failed, failure, error = %why, "broadcast cut short");
            }
            None if *failed > 0 => {
                tracing::warn!(
                    seq,
                    reached,
                    gone,
                    failed,
                    failure,
                    "broadcast, but not to all"
                );
            }
            None => tracing::info!(seq, reached, gone, failed, "broadcast"),
        }
    }
}
