//! The limits of API Gateway, and those that keep one client from using the whole machine.
//!
//! Values without another source are those of the
//! [WebSocket quotas](https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html).

use std::time::Duration;

/// Largest frame that a client may send, in bytes. API Gateway closes the connection with 1009 above it.
pub(crate) const MAX_FRAME: usize = 32 * 1024;
/// Largest message in either direction, in bytes.
pub(crate) const MAX_MESSAGE: usize = 128 * 1024;
/// Messages of one connection that are processed at the same time. Above it the gateway stops reading from the client,
/// and TCP applies backpressure.
pub(crate) const MAX_IN_FLIGHT: usize = 64;
/// Memory for messages that are being processed, of all connections together, in bytes. Above it the gateway stops
/// reading until functions have answered.
pub(crate) const MAX_INCOMING_BYTES: usize = 128 * 1024 * 1024;
/// Memory for messages that wait to be sent, of all connections together, in bytes. Above it `@connections` answers 429
/// for clients that have unread messages already.
pub(crate) const MAX_QUEUED_BYTES: usize = 256 * 1024 * 1024;

/// How long connections may last.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Longest time without a message in either direction. Pings do not count.
    pub idle_timeout: Duration,
    /// Longest time from the handshake on.
    pub max_duration: Duration,
}

impl Default for Limits {
    /// The limits of API Gateway: 10 minutes and 2 hours.
    fn default() -> Self {
        Self {
            idle_timeout: Duration::from_mins(10),
            max_duration: Duration::from_hours(2),
        }
    }
}
