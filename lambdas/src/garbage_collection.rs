//! Rows whose connection is gone.
//!
//! Asks API Gateway about each row and removes it if, and only if, the answer is 410. Whatever else is answered leaves the
//! row where it is: a chat that has forgotten somebody who is online is worse than a table with some rows too many, and
//! the next run comes in ten minutes. Nothing is tried again here, because requests share their quota with the messages.

use std::time::Duration;

use futures::{StreamExt, stream};
use jiff::Timestamp;
use lambda_runtime::LambdaEvent;
use serde::Serialize;
use serde::de::IgnoredAny;
use tracing::Instrument;

use crate::error::Error;
use crate::event::time_left;
use crate::pace::{Pace, within};
use crate::push::{Probe, PushError};
use crate::store::{ListConnections, Listed, RemoveConnection};

/// How many rows one page has.
const PAGE_ROWS: u16 = 256;

/// How many connections are asked after at the same time: few, so that a run never throttles the chat.
const BUSY_REQUESTS: usize = 16;

/// What a run has done. The function's result, and a line in its log.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Report {
    /// How many rows there were: the sum of the other three.
    pub seen: usize,
    /// How many have a connection.
    pub kept: usize,
    /// How many had none and are removed.
    pub deleted: usize,
    /// How many may or may not have one, or could not be removed.
    pub undecided: usize,
    /// Whether all rows were looked at. If not, the time was up.
    pub complete: bool,
}

enum Verdict {
    Kept,
    Deleted,
    Undecided,
}

/// Serves one invocation. What the event says does not matter, so that anybody may run it at any time.
///
/// # Errors
///
/// [`Error`] if the rows could not be read. It has been logged, and Lambda runs the function again.
pub async fn handle(
    store: &(impl ListConnections + RemoveConnection),
    push: &impl Probe,
    pace: &impl Pace,
    event: LambdaEvent<IgnoredAny>,
) -> Result<Report, Error> {
    let span = tracing::error_span!("invocation", requestId = event.context.request_id);
    let now = Timestamp::now();
    let time_left = time_left(&event.context, now.into());
    clean_up(store, push, pace, now, time_left)
        .instrument(span)
        .await
}

/// Looks at every row, for `time_left` at most. By `now`, connections that are still opening keep their rows.
///
/// # Errors
///
/// As [`handle`]; what was removed until then stays removed.
pub async fn clean_up(
    store: &(impl ListConnections + RemoveConnection),
    push: &impl Probe,
    pace: &impl Pace,
    now: Timestamp,
    time_left: Duration,
) -> Result<Report, Error> {
    let mut report = Report::default();
    let pages = look_at_all(store, push, now, &mut report);
    let ended = within(pace, time_left, pages).await;
    report.complete = matches!(ended, Some(Ok(())));
    // Looked at and not decided before the time was up.
    report.undecided = report.seen - report.kept - report.deleted;
    report.log();
    match ended {
        Some(Err(error)) => Err(error.logged()),
        Some(Ok(())) | None => Ok(report),
    }
}

async fn look_at_all(
    store: &(impl ListConnections + RemoveConnection),
    push: &impl Probe,
    now: Timestamp,
    report: &mut Report,
) -> Result<(), Error> {
    let mut after = None;
    loop {
        let page = store.page(PAGE_ROWS, after).await?;
        report.seen += page.rows.len();
        let mut verdicts = stream::iter(page.rows)
            .map(async |row| judge(store, push, now, &row).await)
            .buffer_unordered(BUSY_REQUESTS);
        while let Some(verdict) = verdicts.next().await {
            match verdict {
                Verdict::Kept => report.kept += 1,
                Verdict::Deleted => report.deleted += 1,
                Verdict::Undecided => {}
            }
        }
        match page.next {
            Some(key) => after = Some(key),
            None => return Ok(()),
        }
    }
}

async fn judge(
    store: &impl RemoveConnection,
    push: &impl Probe,
    now: Timestamp,
    row: &Listed,
) -> Verdict {
    let id = &row.connection_id;
    match push.probe(id).await {
        Ok(()) => Verdict::Kept,
        Err(PushError::Gone) if row.may_be_opening(now) => Verdict::Undecided,
        Err(PushError::Gone) => match store.remove(id).await {
            Ok(()) => {
                tracing::debug!(
                    connectionId = id.as_str(),
                    "its connection is gone, the row goes"
                );
                Verdict::Deleted
            }
            Err(error) => {
                tracing::warn!(connectionId = id.as_str(), %error, "its connection is gone, the row stays");
                Verdict::Undecided
            }
        },
        Err(error) => {
            tracing::warn!(connectionId = id.as_str(), %error, "nobody knows, the row stays");
            Verdict::Undecided
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
            tracing::info!(seen, kept, deleted, undecided, complete, "cleaned up");
        } else {
            tracing::warn!(
                seen,
                kept,
                deleted,
                undecided,
                complete,
                "cleaned up in part"
            );
        }
    }
}
