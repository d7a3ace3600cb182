//! What API Gateway says about a connection and a frame, and what we answer to Lambda.
//!
//! Only the fields that we read: whatever else a client can make API Gateway put into an event (headers, query) cannot
//! keep us from reading it. Sources: "Working with WebSocket APIs" in the API Gateway Developer Guide; recorded events in
//! `tests/fixtures`.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use lambda_runtime::Context;
use papo_protocol::{ConnectionId, MessageId};
use serde::{Deserialize, Deserializer, Serialize};
use tracing::Span;

/// An invocation by a WebSocket API.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebSocketEvent {
    /// Who, where and when.
    pub request_context: RequestContext,
    /// The text of the frame. Absent when a connection opens or closes.
    #[serde(default)]
    pub body: Option<String>,
}

/// The part of an event that API Gateway itself vouches for: no client can forge it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestContext {
    /// `$connect`, `$disconnect`, `$default` or the name of an action.
    pub route_key: String,
    /// The connection that it is about.
    #[serde(deserialize_with = "connection_id")]
    pub connection_id: ConnectionId,
    /// API Gateway's name for this request; its error frames carry it.
    #[serde(default)]
    pub request_id: Option<String>,
    /// When the connection was opened, in milliseconds since 1970. The same in all events of a connection.
    pub connected_at: i64,
    /// When API Gateway received this, in milliseconds since 1970.
    pub request_time_epoch: i64,
    /// Names the frame. Absent when a connection opens or closes.
    #[serde(default, deserialize_with = "message_id")]
    pub message_id: Option<MessageId>,
    /// Why the connection was closed, as a WebSocket close code. Only in `$disconnect`.
    #[serde(default)]
    pub disconnect_status_code: Option<u16>,
}

fn connection_id<'de, D: Deserializer<'de>>(from: D) -> Result<ConnectionId, D::Error> {
    String::deserialize(from).map(ConnectionId::new)
}

fn message_id<'de, D: Deserializer<'de>>(from: D) -> Result<Option<MessageId>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(MessageId::new))
}

impl RequestContext {
    /// The span of everything that is logged about this event.
    ///
    /// At level error, because a span below the chosen level would take its fields away from every line.
    pub fn span(&self, lambda: &Context) -> Span {
        tracing::error_span!(
            "invocation",
            requestId = lambda.request_id,
            gatewayRequestId = self.request_id,
            connectionId = self.connection_id.as_str(),
            route = self.route_key,
        )
    }

    /// [`Self::connected_at`] as a point in time.
    ///
    /// # Errors
    ///
    /// If it lies outside the years that [`Timestamp`] knows, which no clock of API Gateway's does.
    pub fn connected_at(&self) -> Result<Timestamp, jiff::Error> {
        Timestamp::from_millisecond(self.connected_at)
    }
}

/// The answer to Lambda. API Gateway reads only the status, and only that of `$connect`.
///
/// Nothing that a client should hear travels this way: the routes have no route response, so it would be dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Done {
    status_code: u16,
}

impl Done {
    /// `{"statusCode":200}`
    pub const OK: Self = Self { status_code: 200 };
}

/// Kept back from the time that Lambda gives, so that the log line and the answer still get out.
const MARGIN: Duration = Duration::from_secs(1);

/// How long an invocation may work when its deadline makes no sense.
///
/// `cargo lambda watch` sends a deadline in 1970. Shorter than any function's time limit in the template but `connection`'s,
/// which does not ask.
const WITHOUT_DEADLINE: Duration = Duration::from_secs(15);

/// How long an invocation may still work, seen at `now`.
pub fn time_left(lambda: &Context, now: SystemTime) -> Duration {
    match lambda.deadline().duration_since(now) {
        Ok(left) => left.saturating_sub(MARGIN),
        Err(_) => WITHOUT_DEADLINE,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn left(deadline_ms: u64, now_ms: u64) -> Duration {
        let mut lambda = Context::default();
        lambda.deadline = deadline_ms;
        time_left(
            &lambda,
            SystemTime::UNIX_EPOCH + Duration::from_millis(now_ms),
        )
    }

    #[test]
    fn a_second_is_kept_back_for_the_answer() {
        assert_eq!(left(21_000, 1_000), Duration::from_secs(19));
        assert_eq!(left(1_500, 1_000), Duration::ZERO);
    }

    #[test]
    fn a_deadline_in_the_past_counts_as_none() {
        assert_eq!(left(600_000, 1_731_332_746_514), WITHOUT_DEADLINE);
    }

    #[test]
    fn the_answer_to_lambda_is_a_status() {
        assert_eq!(
            serde_json::to_string(&Done::OK).unwrap(),
            r#"{"statusCode":200}"#
        );
    }
}
