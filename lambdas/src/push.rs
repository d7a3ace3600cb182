//! How to reach a connection: `@connections`.
//!
//! This file says what can go wrong and what that means; [`api_gateway`] asks API Gateway, [`memory`] is its twin.

pub mod api_gateway;

pub mod memory;

use std::future::Future;
use std::time::Duration;

use papo_protocol::ConnectionId;

/// How long one request to `@connections` may take.
///
/// Healthy ones take some 10 ms; a request to a client that has vanished without a word may hang for many seconds.
pub const REQUEST_LIMIT: Duration = Duration::from_millis(2_500);

/// Sends frames.
pub trait Post: Sync {
    /// Hands the text frame `frame` to the connection `to`. Ends by itself, in about [`REQUEST_LIMIT`].
    ///
    /// Success means that API Gateway took it, not that the client has it.
    ///
    /// # Errors
    ///
    /// [`PushError`]. After [`PushError::Retryable`] it is unknown whether the client got the frame; receivers tell a
    /// repeated message by its `messageId`.
    fn post(
        &self,
        to: &ConnectionId,
        frame: &str,
    ) -> impl Future<Output = Result<(), PushError>> + Send;
}

/// Asks after connections.
pub trait Probe: Sync {
    /// Whether the connection `id` is there. Ends by itself, in about [`REQUEST_LIMIT`].
    ///
    /// # Errors
    ///
    /// [`PushError::Gone`] if it is not; any other says that nobody knows.
    fn probe(&self, id: &ConnectionId) -> impl Future<Output = Result<(), PushError>> + Send;
}

/// Why a connection was not reached.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PushError {
    /// 410: the connection is closed, or not yet open. The only proof that a row can go.
    #[error("the connection is gone")]
    Gone,
    /// It may work in a moment.
    #[error("{cause}: {detail}")]
    Retryable {
        /// What kind of trouble it is.
        cause: Trouble,
        /// As the service or the network put it.
        detail: String,
    },
    /// It will not work, however often it is tried: no permission, another stage, a frame too large.
    #[error("@connections refuses: {detail}")]
    Permanent {
        /// As the service put it.
        detail: String,
    },
}

/// A trouble that passes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// 429: too many requests, or the client reads too slowly.
    #[error("@connections is throttled")]
    Throttled,
    /// 5xx.
    #[error("@connections failed")]
    Server,
    /// No answer in time.
    #[error("@connections did not answer in time")]
    TimedOut,
    /// No connection to the service, or it broke off.
    #[error("@connections could not be reached")]
    Connection,
}
