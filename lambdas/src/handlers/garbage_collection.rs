//! The scheduled clean-up: deletes rows of closed connections, and closes connections whose token has expired.
//!
//! Asks API Gateway about each row and deletes the row only after a 410. Any other answer keeps it: a surplus row is
//! harmless, a missing one cuts off a client that is online, and the next run starts ten minutes later. Nothing is retried,
//! because the requests share their quota with the messages.

use std::time::Duration;

use futures::{StreamExt, stream};
use jiff::Timestamp;
use lambda_runtime::LambdaEvent;
use serde::Serialize;
use serde::de::IgnoredAny;
use tracing::Instrument;

use crate::clock::{Clock, timeout};
use crate::connections::{DeleteConnection, ListConnections, Listed};
use crate::error::Error;
use crate::event::time_left;
use crate::management::{Close, PostError, Probe};

/// Rows per page.
const PAGE_ROWS: u16 = 256;

/// How many connections are checked at the same time: few, so that a run never throttles the chat.
const CONCURRENT_REQUESTS: usize = 16;

/// The outcome of a run: the function's result, and a line in its log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// Number of rows: the sum of the other three.
    pub seen: usize,
    /// Rows with an open connection.
    pub kept: usize,
    /// Rows without one, which were deleted.
    pub deleted: usize,
    /// Rows that could not be checked or deleted.
    pub undecided: usize,
    /// Whether all rows were checked. If not, the invocation ran out of time.
    pub complete: bool,
}

enum RowOutcome {
    Kept,
    Deleted,
    Undecided,
}

/// Handles one invocation. The event's content is ignored, so the function can be invoked by hand at any time.
///
/// # Errors
///
/// [`Error`] if the rows could not be read. It has been logged, and Lambda retries the invocation.
pub async fn handle(
    connections: &(impl ListConnections + DeleteConnection),
    gateway: &(impl Probe + Close),
    clock: &impl Clock,
    event: LambdaEvent<IgnoredAny>,
) -> Result<Report, Error> {
    let span = tracing::error_span!("invocation", requestId = event.context.request_id);
    let now = Timestamp::now();
    let time_left = time_left(&event.context, now.into());
    clean_up(connections, gateway, clock, now, time_left)
        .instrument(span)
        .await
}

/// Checks every row, within `time_left`. Connections that are still opening at `now` keep their rows.
///
/// # Errors
///
/// As [`handle`]; rows deleted until then stay deleted.
pub async fn clean_up(
    connections: &(impl ListConnections + DeleteConnection),
    gateway: &(impl Probe + Close),
    clock: &impl Clock,
    now: Timestamp,
    time_left: Duration,
) -> Result<Report, Error> {
    let mut report = Report::default();
    let pages = check_all(connections, gateway, now, &mut report);
    let ended = timeout(clock, time_left, pages).await;
    report.complete = matches!(ended, Some(Ok(())));
    // Includes rows whose check did not finish in time.
    report.undecided = report.seen - report.kept - report.deleted;
    report.log();
    match ended {
        Some(Err(error)) => Err(error.logged()),
        Some(Ok(())) | None => Ok(report),
    }
}

async fn check_all(
    connections: &(impl ListConnections + DeleteConnection),
    gateway: &(impl Probe + Close),
    now: Timestamp,
    report: &mut Report,
) -> Result<(), Error> {
    let mut after = None;
    loop {
        let page = connections.page(PAGE_ROWS, after).await?;
        report.seen += page.rows.len();
        let mut outcomes = stream::iter(page.rows)
            .map(async |row| check(connections, gateway, now, &row).await)
            .buffer_unordered(CONCURRENT_REQUESTS);
        while let Some(outcome) = outcomes.next().await {
            match outcome {
                RowOutcome::Kept => report.kept += 1,
                RowOutcome::Deleted => report.deleted += 1,
                RowOutcome::Undecided => {}
            }
        }
        match page.next {
            Some(key) => after = Some(key),
            None => return Ok(()),
        }
    }
}

async fn check(
    connections: &impl DeleteConnection,
    gateway: &(impl Probe + Close),
    now: Timestamp,
    row: &Listed,
) -> RowOutcome {
    let id = &row.connection_id;
    let open = if row.token_has_expired(now) {
        // Its `$disconnect` deletes the row; if it does not arrive, the next run finds the connection closed.
        tracing::info!(
            connectionId = id.as_str(),
            "closing a connection whose token has expired"
        );
        gateway.close(id).await
    } else {
        gateway.probe(id).await
    };
    match open {
        Ok(()) => RowOutcome::Kept,
        Err(PostError::Gone) if row.may_be_opening(now) => RowOutcome::Undecided,
        Err(PostError::Gone) => match connections.delete(id).await {
            Ok(_) => {
                tracing::debug!(
                    connectionId = id.as_str(),
                    "deleted the row of a closed connection"
                );
                RowOutcome::Deleted
            }
            Err(error) => {
                tracing::warn!(connectionId = id.as_str(), %error, "could not delete the row of a closed connection");
                RowOutcome::Undecided
            }
        },
        Err(error) => {
            tracing::warn!(connectionId = id.as_str(), %error, "could not check a connection");
            RowOutcome::Undecided
        }
    }
}

impl Report {
    fn log(&self) {
        let Self {
            seen,
            kept,
            deleted,
            undecided,
            complete,
        } = self;
        if *complete {
            tracing::info!(seen, kept, deleted, undecided, complete, "clean-up");
        } else {
            tracing::warn!(
                seen,
                kept,
                deleted,
                undecided,
                complete,
                "clean-up ran out of time"
            );
        }
    }
}
