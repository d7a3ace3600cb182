//! API Gateway's WebSocket events, and the response to Lambda.
//!
//! Only the fields that are used are read, so nothing else in an event that a client controls (headers, query) can make it
//! unreadable. Sources: "Working with WebSocket APIs" in the API Gateway Developer Guide; recorded events in
//! `tests/fixtures`.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use lambda_runtime::Context;
use papo_protocol::{ConnectionId, MessageId, Person, PersonId, PersonName, RoomName};
use serde::{Deserialize, Deserializer, Serialize};
use tracing::Span;

use crate::address::network;
use crate::authorizer::{PROTOCOL, token};
use crate::error::Error;

/// An invocation by a WebSocket API.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct WebSocketEvent {
    /// The connection, the route and the time.
    pub request_context: RequestContext,
    /// The text of the frame. Absent in `$connect` and `$disconnect`.
    #[serde(default)]
    pub body: Option<String>,
    /// `?room=` of the handshake. Only in `$connect`.
    #[serde(default, rename = "queryStringParameters", deserialize_with = "room")]
    pub room: Option<String>,
    /// Whether the client offers the sub-protocol [`PROTOCOL`]. Only in `$connect`.
    #[serde(default, rename = "headers", deserialize_with = "offers_protocol")]
    pub offers_protocol: bool,
}

/// Ignores every other header, whatever its value.
fn offers_protocol<'de, D: Deserializer<'de>>(from: D) -> Result<bool, D::Error> {
    let headers = Option::<serde_json::Value>::deserialize(from)?;
    let mut headers = headers.iter().filter_map(|it| it.as_object()).flatten();
    let offered = headers.find(|(name, _)| name.eq_ignore_ascii_case("sec-websocket-protocol"));
    let offered = offered.and_then(|(_, value)| value.as_str());
    Ok(offered.is_some_and(|it| it.split(',').any(|one| one.trim() == PROTOCOL)))
}

/// Ignores every other parameter, whatever its value.
fn room<'de, D: Deserializer<'de>>(from: D) -> Result<Option<String>, D::Error> {
    let query = Option::<serde_json::Value>::deserialize(from)?;
    let room = query.as_ref().and_then(|query| query.get("room")?.as_str());
    Ok(room.map(str::to_owned))
}

/// The part of an event that API Gateway itself writes: clients cannot forge it.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct RequestContext {
    /// `$connect`, `$disconnect`, `$default` or the name of an action.
    pub route_key: String,
    /// The connection.
    #[serde(deserialize_with = "connection_id")]
    pub connection_id: ConnectionId,
    /// API Gateway's id of this request, which its error frames repeat.
    #[serde(default)]
    pub request_id: Option<String>,
    /// When the connection was opened, in milliseconds since 1970; the same in all events of a connection.
    pub connected_at: i64,
    /// When API Gateway received the frame or handshake, in milliseconds since 1970.
    pub request_time_epoch: i64,
    /// The id of the frame. Absent in `$connect` and `$disconnect`.
    #[serde(default, deserialize_with = "message_id")]
    pub message_id: Option<MessageId>,
    /// The client.
    #[serde(default)]
    pub identity: Identity,
    /// What the authorizer knows about the client, if there is an authorizer.
    #[serde(default)]
    pub authorizer: Option<Authorizer>,
    /// The WebSocket close code. Only in `$disconnect`.
    #[serde(default)]
    pub disconnect_status_code: Option<u16>,
}

/// The part of an event that describes the client.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Identity {
    /// The client's IP address.
    #[serde(default)]
    pub source_ip: Option<String>,
}

/// The context that [`crate::authorizer`] returns; API Gateway repeats it in every event of the connection.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Authorizer {
    /// The signed-in user. Absent for anonymous clients.
    #[serde(default)]
    pub person_id: Option<String>,
    /// When the token expires, in seconds since 1970, as text: API Gateway passes on strings only.
    #[serde(default)]
    pub expires_at: Option<String>,
    /// The token's `name` claim.
    #[serde(default)]
    pub name: Option<String>,
    /// The rooms of the token's `rooms` claim, separated by commas. `None` allows all rooms.
    #[serde(default)]
    pub rooms: Option<String>,
    /// The address of the client, where a distribution is in front of the API.
    #[serde(default)]
    pub address: Option<String>,
}

fn connection_id<'de, D: Deserializer<'de>>(from: D) -> Result<ConnectionId, D::Error> {
    String::deserialize(from).map(ConnectionId::new)
}

fn message_id<'de, D: Deserializer<'de>>(from: D) -> Result<Option<MessageId>, D::Error> {
    Ok(Option::<String>::deserialize(from)?.map(MessageId::new))
}

impl RequestContext {
    /// The span of everything logged about this event.
    ///
    /// At level error, because a span below the enabled level would remove its fields from every line.
    pub fn span(&self, lambda: &Context) -> Span {
        tracing::error_span!(
            "invocation",
            requestId = lambda.request_id,
            gatewayRequestId = self.request_id,
            connectionId = self.connection_id.as_str(),
            route = self.route_key,
        )
    }

    /// The signed-in user. `None` for anonymous clients.
    pub fn user(&self) -> Option<&str> {
        self.authorizer.as_ref()?.person_id.as_deref()
    }

    /// Who is charged for the requests: the signed-in user, or the network of the client; see [`crate::address::network`].
    pub fn subject(&self) -> Cow<'_, str> {
        if let Some(user) = self.user() {
            return user.into();
        }
        // Behind a distribution, `sourceIp` is one of its servers.
        let forwarded = self
            .authorizer
            .as_ref()
            .and_then(|it| it.address.as_deref());
        match forwarded.or(self.identity.source_ip.as_deref()) {
            Some(address) => network(address),
            None => self.connection_id.as_str().into(),
        }
    }

    /// Whether the client may read `room`. Anonymous clients, and users without a `rooms` claim, may read all.
    pub(crate) fn may_read(&self, room: &RoomName) -> bool {
        let rooms = self.authorizer.as_ref().and_then(|it| it.rooms.as_deref());
        rooms.is_none_or(|rooms| rooms.split(',').any(|allowed| allowed == room.as_str()))
    }

    /// The signed-in user as a person, with the name in the token.
    pub(crate) fn user_person(&self) -> Option<Person> {
        Some(Person {
            person_id: PersonId::new(self.user()?),
            name: self.user_name(),
        })
    }

    /// The signed-in user's name, if the token has one.
    pub(crate) fn user_name(&self) -> Option<PersonName> {
        PersonName::parse(self.authorizer.as_ref()?.name.as_deref()?).ok()
    }

    /// When the client's token expires, in seconds since 1970. `None` for anonymous clients.
    pub fn token_expires_at(&self) -> Option<i64> {
        let expires_at = self.authorizer.as_ref()?.expires_at.as_ref()?;
        expires_at.parse().ok()
    }

    /// Whether the client's token has expired at the time of the event.
    pub fn token_has_expired(&self) -> bool {
        self.token_expires_at()
            .is_some_and(|at| token::has_expired(at, self.request_time_epoch.div_euclid(1_000)))
    }

    /// [`Self::connected_at`] as a timestamp.
    ///
    /// # Errors
    ///
    /// [`Error::IncompleteEvent`] if it is out of range, which API Gateway's clock never is.
    pub fn connected_at(&self) -> Result<Timestamp, Error> {
        Timestamp::from_millisecond(self.connected_at).map_err(|_| Error::IncompleteEvent {
            field: "connectedAt",
        })
    }

    /// [`Self::request_time_epoch`] as a timestamp.
    ///
    /// # Errors
    ///
    /// As [`Self::connected_at`].
    pub(crate) fn requested_at(&self) -> Result<Timestamp, Error> {
        Timestamp::from_millisecond(self.request_time_epoch).map_err(|_| Error::IncompleteEvent {
            field: "requestTimeEpoch",
        })
    }
}

/// The response to Lambda. API Gateway reads only the status, and only after `$connect`.
///
/// Clients are never answered this way: the routes have no route response, so a body would be dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Response {
    status_code: u16,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<Headers>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
struct Headers {
    #[serde(rename = "Sec-WebSocket-Protocol")]
    protocol: &'static str,
}

impl Response {
    /// `{"statusCode":200}`
    pub const OK: Self = Self {
        status_code: 200,
        headers: None,
    };

    /// Accepts a handshake and selects the sub-protocol [`PROTOCOL`]. A browser closes a connection on which the server
    /// selects none of those it offered.
    pub(crate) const OK_WITH_PROTOCOL: Self = Self {
        status_code: 200,
        headers: Some(Headers { protocol: PROTOCOL }),
    };

    /// Rejects a handshake with 400.
    pub const BAD_REQUEST: Self = Self::rejection(400);

    /// Rejects a handshake with 403.
    pub const FORBIDDEN: Self = Self::rejection(403);

    /// Rejects a handshake with 429.
    pub const TOO_MANY_REQUESTS: Self = Self::rejection(429);

    const fn rejection(status_code: u16) -> Self {
        Self {
            status_code,
            headers: None,
        }
    }
}

/// Reserved at the end of an invocation for the last log line and the response.
const MARGIN: Duration = Duration::from_secs(1);

/// Time limit of an invocation whose deadline has passed before it starts: `cargo lambda watch` sends one in 1970.
///
/// Shorter than the time limit of `sendMessageWS` in the template.
const WITHOUT_DEADLINE: Duration = Duration::from_secs(15);

/// The time that an invocation has left at `now`.
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
    fn reserves_a_second_for_the_response() {
        assert_eq!(left(21_000, 1_000), Duration::from_secs(19));
        assert_eq!(left(1_500, 1_000), Duration::ZERO);
    }

    #[test]
    fn ignores_a_deadline_in_the_past() {
        assert_eq!(left(600_000, 1_731_332_746_514), WITHOUT_DEADLINE);
    }

    #[test]
    fn responds_to_lambda_with_a_status() {
        assert_eq!(
            serde_json::to_string(&Response::OK).unwrap(),
            r#"{"statusCode":200}"#
        );
    }
}
