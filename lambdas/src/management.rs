//! The `@connections` API: posts frames to connections, checks them and closes them.
//!
//! Defines the operations and their errors. [`api_gateway`] implements them over HTTP, [`memory`] for tests.

pub mod api_gateway;

pub mod memory;

use std::future::Future;
use std::time::Duration;

use papo_protocol::ConnectionId;

/// Time limit of one request to `@connections`.
///
/// Healthy requests take about 10 ms; a request to a client that has vanished may hang for many seconds.
pub const REQUEST_LIMIT: Duration = Duration::from_millis(2_500);

/// Posts frames.
pub trait Post: Sync {
    /// Posts the text frame `frame` to the connection `to`. Takes about [`REQUEST_LIMIT`] at most.
    ///
    /// Success means that API Gateway accepted the frame, not that the client has received it.
    ///
    /// # Errors
    ///
    /// [`PostError`]. After [`PostError::Retryable`] it is unknown whether the client got the frame; clients recognise a
    /// repeated message by its `messageId`.
    fn post(
        &self,
        to: &ConnectionId,
        frame: &str,
    ) -> impl Future<Output = Result<(), PostError>> + Send;
}

/// Checks connections.
pub trait Probe: Sync {
    /// Whether the connection `id` is open. Takes about [`REQUEST_LIMIT`] at most.
    ///
    /// # Errors
    ///
    /// [`PostError::Gone`] if it is closed; any other error leaves it unknown.
    fn probe(&self, id: &ConnectionId) -> impl Future<Output = Result<(), PostError>> + Send;
}

/// Closes connections.
pub trait Close: Sync {
    /// Closes the connection `id`. Takes about [`REQUEST_LIMIT`] at most.
    ///
    /// # Errors
    ///
    /// [`PostError::Gone`] if it is closed already; after any other error it may still be open.
    fn close(&self, id: &ConnectionId) -> impl Future<Output = Result<(), PostError>> + Send;
}

/// Why a request to `@connections` failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum PostError {
    /// 410: the connection is closed or not yet open. The only proof that its row can be deleted.
    #[error("the connection is gone")]
    Gone,
    /// A retry may succeed.
    #[error("{cause}: {detail}")]
    Retryable {
        /// The kind of failure.
        cause: TransientCause,
        /// The error of the service or the network.
        detail: String,
    },
    /// Retries cannot succeed: no permission, wrong stage, frame too large.
    #[error("@connections rejected the request: {detail}")]
    Permanent {
        /// The error of the service.
        detail: String,
    },
}

/// A failure that is expected to pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TransientCause {
    /// 429: too many requests, or the client reads too slowly.
    #[error("@connections throttled the request")]
    Throttled,
    /// 5xx.
    #[error("@connections failed")]
    Server,
    /// No response in time.
    #[error("@connections did not respond in time")]
    TimedOut,
    /// The connection to the service failed.
    #[error("could not connect to @connections")]
    Connection,
}
