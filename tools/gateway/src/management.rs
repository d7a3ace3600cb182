//! The management API: `POST`, `GET` and `DELETE @connections/{id}`, through which functions send to clients.
//!
//! Status codes and headers are those of recorded responses (`brefphp/bref`, `tests/Websocket/Samples`) and of botocore's
//! model `apigatewaymanagementapi/2018-11-29`. Signatures are not verified.

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode};
use jiff::Timestamp;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::{
    connections::{Connection, Connections, SendError},
    ids::{self, ConnectionId, Ids},
    limits::MAX_MESSAGE,
    respond::{self, Response},
};

/// A call to the management API. The body is `None` when it exceeded the largest message.
pub(crate) struct Call<'a> {
    pub(crate) method: &'a Method,
    /// The connection id from the path, percent-decoded.
    pub(crate) id: &'a str,
    pub(crate) body: Option<Bytes>,
    /// Whether the account has exceeded its quota.
    pub(crate) throttled: bool,
    pub(crate) time: Timestamp,
}

/// Carries out one call.
pub(crate) fn answer(connections: &Connections, ids: &Ids, call: Call<'_>) -> Response {
    let time = call.time;
    let mut response = respond::with_request_id(decide(connections, call), &ids::uuid());
    if let Ok(id) = HeaderValue::from_str(&ids.request(time)) {
        response.headers_mut().insert("x-amz-apigw-id", id);
    }
    response
}

fn decide(connections: &Connections, call: Call<'_>) -> Response {
    let Call {
        method,
        id,
        body,
        throttled,
        ..
    } = call;
    if throttled {
        return limit_exceeded("Too Many Requests");
    }
    if ![Method::GET, Method::POST, Method::DELETE].contains(method) {
        return respond::forbidden();
    }
    let Some(parsed) = ConnectionId::parse(id) else {
        return bad_request(&format!("Invalid connectionId: {id}"));
    };
    let Some(body) = body.filter(|body| body.len() <= MAX_MESSAGE) else {
        return too_large();
    };
    let Some(connection) = connections.get(&parsed) else {
        return gone();
    };
    match *method {
        Method::POST => post(&connection, body),
        Method::DELETE => {
            connection.close();
            respond::empty(StatusCode::NO_CONTENT)
        }
        _ => respond::json(StatusCode::OK, None, describe(&connection)),
    }
}

fn post(connection: &Connection, body: Bytes) -> Response {
    // A text frame must be UTF-8. What AWS does with other bytes is not documented, so they are refused.
    let Ok(text) = Utf8Bytes::try_from(body) else {
        return bad_request("The body is not UTF-8");
    };
    match connection.send(text) {
        Ok(()) => respond::json(StatusCode::OK, None, String::new()),
        Err(SendError::Full) => {
            limit_exceeded("The client reads too slowly and its buffer is full")
        }
        Err(SendError::Closed) => gone(),
    }
}

fn bad_request(message: &str) -> Response {
    let kind = Some("BadRequestException");
    respond::message(StatusCode::BAD_REQUEST, kind, message)
}

fn limit_exceeded(message: &str) -> Response {
    let kind = Some("LimitExceededException");
    respond::message(StatusCode::TOO_MANY_REQUESTS, kind, message)
}

/// The body is empty, as on AWS; only the header names the error.
fn gone() -> Response {
    respond::with_error_type(respond::empty(StatusCode::GONE), Some("GoneException"))
}

fn too_large() -> Response {
    let message = format!("The body is larger than {MAX_MESSAGE} bytes");
    let kind = Some("PayloadTooLargeException");
    respond::message(StatusCode::PAYLOAD_TOO_LARGE, kind, &message)
}

/// Formatted with the line breaks and spaces of the recorded response.
fn describe(connection: &Connection) -> String {
    let origin = &connection.origin;
    let time = |time: Timestamp| time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
    format!(
        "{{\n  \"identity\" : {{\n    \"sourceIp\" : {},\n    \"userAgent\" : {}\n  }},\n  \"connectedAt\" : {:?},\n  \
         \"lastActiveAt\" : {:?}\n}}",
        serde_json::json!(origin.source_ip),
        serde_json::json!(origin.user_agent),
        time(origin.connected_at),
        time(connection.last_active_at()),
    )
}

#[cfg(test)]
mod tests {
    use hyper::body::Body as _;

    use super::*;
    use crate::connections::tests::{connection, origin};

    fn ask(connections: &Connections, method: Method, id: &str, body: Option<Bytes>) -> Response {
        let call = Call {
            method: &method,
            id,
            body,
            throttled: false,
            time: Timestamp::UNIX_EPOCH,
        };
        answer(connections, &Ids::new(2), call)
    }

    #[track_caller]
    fn is(response: &Response, status: u16, error_type: &str) {
        assert_eq!(response.status(), status);
        assert_eq!(response.body().is_end_stream(), status == 410, "no body");
        assert_eq!(response.headers()["x-amzn-errortype"], error_type);
        assert!(response.headers().contains_key("x-amzn-requestid"));
    }

    #[test]
    fn errors_have_the_types_that_sdks_expect() {
        let connections = Connections::default();
        let id = origin().connection_id.to_string();
        for method in [Method::POST, Method::GET, Method::DELETE] {
            let call = |id| ask(&connections, method.clone(), id, Some("x".into()));
            is(&call(&id), 410, "GoneException");
            is(&call("unknown"), 400, "BadRequestException");
        }
        connections.open(origin());
        let post = |body| ask(&connections, Method::POST, &id, body);
        let largest = || Some(vec![b'x'; MAX_MESSAGE].into());
        let too_large = Some(vec![b'x'; MAX_MESSAGE + 1].into());
        is(&post(None), 413, "PayloadTooLargeException");
        is(&post(too_large), 413, "PayloadTooLargeException");
        let not_utf8 = Some(Bytes::from_static(b"\xff"));
        is(&post(not_utf8), 400, "BadRequestException");
        let put = ask(&connections, Method::PUT, &id, Some(Bytes::new()));
        is(&put, 403, "ForbiddenException");
        for _ in 0..9 {
            post(largest());
        }
        is(&post(largest()), 429, "LimitExceededException");
    }

    #[test]
    fn a_description_has_the_recorded_format() {
        let connection = connection();
        let wanted = "{\n  \"identity\" : {\n    \"sourceIp\" : \"127.0.0.1\",\n    \"userAgent\" : null\n  },\n  \
                      \"connectedAt\" : \"1970-01-01T00:00:00.000Z\",\n  \"lastActiveAt\" : \"1970-01-01T00:00:00.000Z\"\n}";
        assert_eq!(describe(&connection), wanted);
    }
}
