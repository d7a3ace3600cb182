//! Reasons why an invocation has no result.

use std::time::Duration;

/// Maximum number of invocations of a function that wait for a process. Each may hold a message of 128 KB.
pub(super) const MAX_WAITING: usize = 10_000;

/// Why an invocation has no result.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Failure {
    /// The function reported an error. Its runtime has logged the rest of the message.
    #[error("{kind}: {}", message.lines().next().unwrap_or_default())]
    Reported {
        /// `errorType`.
        kind: String,
        /// `errorMessage`.
        message: String,
    },
    /// The process ended before it responded.
    #[error("the process ended before it responded ({0})")]
    Exited(String),
    /// The process could not be started.
    #[error("the process could not be started: {0}")]
    NotStarted(String),
    /// The process took longer than the function's `Timeout`, and was killed.
    #[error("timed out after {:.2} seconds", .0.as_secs_f64())]
    TimedOut(Duration),
    /// The result is larger than Lambda allows.
    #[error("the result is larger than 6 MB")]
    TooLarge,
    /// The process was ended because it was idle for too long.
    #[error("idle for too long")]
    Retired,
    /// The process was ended because it ran outdated code.
    #[error("its code was replaced")]
    Renewed,
    /// An injected fault throttles the function.
    #[error("throttled by an injected fault")]
    Throttled,
    /// An injected fault makes the invocation fail.
    #[error("failed by an injected fault")]
    Injected,
    /// Too many invocations are waiting.
    #[error("{MAX_WAITING} invocations are waiting already")]
    Overloaded,
    /// The gateway is shutting down.
    #[error("the gateway is shutting down")]
    Ending,
}

impl Failure {
    /// Whether the process can take another invocation.
    pub(super) fn process_survives(&self) -> bool {
        matches!(self, Self::Reported { .. } | Self::TooLarge)
    }
}
