//! The outcome of a broadcast, and the line that is logged about it.

use jiff::Timestamp;
use papo_protocol::Seq;

use crate::error::{PartError, StoreError};
use crate::management::PostError;

/// From this many deliveries on, the circuit breaker opens if most of them have failed. The log repairs what is missing.
const BREAKER_SAMPLE: usize = 100;

/// The outcome of a broadcast.
#[derive(Debug, Default)]
pub struct Report {
    /// Connections for which API Gateway accepted the frame.
    pub reached: usize,
    /// When each of them was reached; where other functions deliver, the median of each part.
    pub(crate) reached_at: Vec<Timestamp>,
    /// Connections whose clients do not know the event.
    pub skipped: usize,
    /// Connections that were gone.
    pub gone: usize,
    /// Connections that could not be reached although they may be open, including those cut off by the deadline.
    pub failed: usize,
    /// Why the broadcast ended early, if it did.
    pub interrupted: Option<Interruption>,
    /// One of the failures, as an example.
    pub failure: Option<PostError>,
}

/// The outcome of one delivery.
pub(crate) enum Outcome {
    Reached,
    /// The client does not know this kind of event.
    Skipped,
    Gone,
    Failed(PostError),
}

/// Why a broadcast ended early.
#[derive(Debug, thiserror::Error)]
pub enum Interruption {
    /// A page could not be read.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The invocation ran out of time.
    #[error(
        "not every connection was served in time; raise the function's Timeout in template.yaml"
    )]
    Deadline,
    /// The circuit breaker opened.
    #[error("most posts failed")]
    MostFailed,
    /// A part of a large room was not delivered.
    #[error(transparent)]
    Part(#[from] PartError),
}

impl Interruption {
    /// Whether the stream must deliver the entries again. Failed posts are not a reason: the log repairs them.
    pub(crate) fn is_unserved(&self) -> bool {
        match self {
            Self::Store(_) | Self::Deadline | Self::Part(_) => true,
            Self::MostFailed => false,
        }
    }
}

impl Report {
    pub(super) fn count(&mut self, outcome: Outcome) {
        match outcome {
            Outcome::Reached => {
                self.reached += 1;
                self.reached_at.push(Timestamp::now());
            }
            Outcome::Skipped => self.skipped += 1,
            Outcome::Gone => self.gone += 1,
            Outcome::Failed(error) => {
                self.failed += 1;
                self.failure.get_or_insert(error);
            }
        }
    }

    pub(super) fn most_failed(&self) -> bool {
        let served = self.reached + self.skipped + self.gone + self.failed;
        served >= BREAKER_SAMPLE && self.failed * 2 > served
    }

    /// When half of the connections that were reached had been reached.
    pub(crate) fn median(&self) -> Option<Timestamp> {
        let mut all = self.reached_at.clone();
        let last = all.len().checked_sub(1)?;
        Some(*all.select_nth_unstable(last / 2).1)
    }

    /// Logs the report. `seq` is the number of the message in the frame.
    ///
    /// `sinceRequestMs` is the time from `requested_at` until now, after the last post: one slow client makes it long.
    /// `medianMs` is the time until half of the connections were reached, on which fewer slow clients have no influence.
    pub fn log(&self, seq: Option<Seq>, requested_at: Timestamp) {
        let since = |at: Timestamp| milliseconds(requested_at, at);
        // A field without a value is left out.
        macro_rules! line {
            ($level:ident, $message:literal) => {
                tracing::$level!(
                    seq,
                    sinceRequestMs = since(Timestamp::now()),
                    medianMs = self.median().map(since),
                    reached = self.reached,
                    gone = self.gone,
                    failed = self.failed,
                    failure = self.failure.as_ref().map(tracing::field::display),
                    error = self.interrupted.as_ref().map(tracing::field::display),
                    $message
                )
            };
        }
        match self.interrupted {
            Some(_) => line!(error, "broadcast interrupted"),
            None if self.failed > 0 => line!(warn, "broadcast incomplete"),
            None => line!(info, "broadcast"),
        }
    }
}

/// The time from `start` to `end`, in milliseconds.
///
/// Never negative, although the clocks of API Gateway and Lambda differ: a single negative value would leave the metric without
/// percentiles, and its alarm silent ("Creating metrics from log events using filters" in the CloudWatch Logs User Guide).
fn milliseconds(start: Timestamp, end: Timestamp) -> i64 {
    (end.as_millisecond() - start.as_millisecond()).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The median, in milliseconds, of connections that were reached at these.
    fn median<const N: usize>(reached_at: [i64; N]) -> Option<i64> {
        let report = Report {
            reached_at: reached_at
                .map(|at| Timestamp::from_millisecond(at).unwrap())
                .into(),
            ..Report::default()
        };
        report.median().map(Timestamp::as_millisecond)
    }

    #[test]
    fn less_than_half_of_the_clients_cannot_raise_the_median() {
        assert_eq!(median([]), None);
        assert_eq!(median([10]), Some(10));
        assert_eq!(median([10, 6_000]), Some(10));
        assert_eq!(median([6_000, 12, 11]), Some(12));
        assert_eq!(median([10, 11, 6_000, 6_000]), Some(11));
        assert_eq!(median([10, 6_000, 6_000]), Some(6_000));
    }

    #[test]
    fn no_time_is_negative() {
        let at = |ms| Timestamp::from_millisecond(ms).unwrap();
        assert_eq!(milliseconds(at(10), at(25)), 15);
        assert_eq!(milliseconds(at(10), at(9)), 0);
    }
}
