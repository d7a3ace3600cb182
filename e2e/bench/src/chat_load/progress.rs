//! The progress line.

use std::fmt;
use std::time::Duration;

use super::format::{grouped, milliseconds, rounded};

/// The state of a run.
#[derive(Clone, Debug)]
pub enum Progress {
    /// Clients are connecting.
    Connecting {
        /// How many are connected.
        connected: usize,
        /// How many will connect.
        of: usize,
        /// How many failed to connect.
        failed: usize,
    },
    /// Messages are being sent.
    Sending {
        /// Time since the first message.
        elapsed: Duration,
        /// Total duration of sending.
        of: Duration,
        /// How many are connected.
        connected: usize,
        /// How many messages were sent.
        sent: u64,
        /// Deliveries per second since the last report.
        per_second: f64,
        /// Median latency.
        p50: Duration,
        /// 99th percentile of the latencies.
        p99: Duration,
        /// The number of failures.
        errors: u64,
    },
    /// All messages were sent, and deliveries are outstanding.
    Waiting {
        /// How many deliveries are outstanding.
        undelivered: u64,
    },
}

/// As one line.
impl fmt::Display for Progress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Connecting {
                connected,
                of,
                failed,
            } => {
                let (connected, of) = (grouped(*connected as u64), grouped(*of as u64));
                write!(f, "connecting: {connected} of {of}")?;
                match failed {
                    0 => Ok(()),
                    failed => write!(f, ", {} failed", grouped(*failed as u64)),
                }
            }
            Self::Sending {
                elapsed,
                of,
                connected,
                sent,
                per_second,
                p50,
                p99,
                errors,
            } => write!(
                f,
                "{} of {} s | {} connected | {} sent | {} deliveries/s | p50 {} | p99 {} | {} errors",
                elapsed.as_secs(),
                of.as_secs(),
                grouped(*connected as u64),
                grouped(*sent),
                rounded(*per_second),
                milliseconds(*p50),
                milliseconds(*p99),
                grouped(*errors),
            ),
            Self::Waiting { undelivered } => {
                write!(f, "waiting for {} deliveries", grouped(*undelivered))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_one_line() {
        let connecting = Progress::Connecting {
            connected: 1_234,
            of: 5_000,
            failed: 2,
        };
        assert_eq!(
            connecting.to_string(),
            "connecting: 1,234 of 5,000, 2 failed"
        );
        let sending = Progress::Sending {
            elapsed: Duration::from_millis(1_900),
            of: Duration::from_secs(30),
            connected: 5_000,
            sent: 19,
            per_second: 49_999.7,
            p50: Duration::from_micros(210),
            p99: Duration::from_micros(3_100),
            errors: 0,
        };
        assert_eq!(
            sending.to_string(),
            "1 of 30 s | 5,000 connected | 19 sent | 50,000 deliveries/s | p50 0.21 ms | p99 3.1 ms | 0 errors"
        );
    }
}
