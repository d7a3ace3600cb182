//! The management API: `POST`, `GET` and `DELETE @connections/{id}`, through which functions reach clients.
//!
//! Status codes and headers are those of recorded responses (`brefphp/bref`, `tests/Websocket/Samples`) and of the model
//! `apigatewaymanagementapi/2018-11-29` in botocore. Signatures are not checked.

use bytes::Bytes;
use http::{HeaderValue, Method, StatusCode, header::CONTENT_TYPE};
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::{
    clock,
    connections::{Connection, Connections},
    ids::{self, ConnectionId, Ids},
    respond::{self, Response},
    socket::{MAX_MESSAGE, NotSent},
};

/// A call to the management API; the body is nothing when it was larger than a message may be.
pub(crate) struct Call<'a> {
    pub(crate) method: &'a Method,
    /// The connection id as it stood in the path, decoded.
    pub(crate) id: &'a str,
    pub(crate) body: Option<Bytes>,
    /// Whether the account has made more requests than it may.
    pub(crate) throttled: bool,
}

/// Carries out one call.
pub(crate) fn answer(connections: &Connections, ids: &Ids, call: Call<'_>) -> Response {
    let mut response = decide(connections, call);
    let headers = response.headers_mut();
    for (name, value) in [
        ("x-amzn-requestid", ids::uuid()),
        ("x-amz-apigw-id", ids.request(clock::now())),
    ] {
        if let Ok(value) = HeaderValue::from_str(&value) {
            headers.insert(name, value);
        }
    }
    response
}

fn decide(connections: &Connections, call: Call<'_>) -> Response {
    let Call {
        method,
        id,
        body,
        throttled,
    } = call;
    if throttled {
        return limit_exceeded("Too Many Requests");
    }
    if ![Method::GET, Method::POST, Method::DELETE].contains(method) {
        return respond::forbidden();
    }
    let Some(parsed) = ConnectionId::parse(id) else {
        let message = format!("Invalid connectionId: {id}");
        return respond::message(
            StatusCode::BAD_REQUEST,
            Some("BadRequestException"),
            &message,
        );
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
            connection.hang_up();
            respond::empty(StatusCode::NO_CONTENT)
        }
        _ => respond::json(StatusCode::OK, None, describe(&connection)),
    }
}

fn post(connection: &Connection, body: Bytes) -> Response {
    // A text frame has to be UTF-8. What AWS does with other bytes is not documented, so it must not work here.
    let Ok(text) = Utf8Bytes::try_from(body) else {
        return respond::message(
            StatusCode::BAD_REQUEST,
            Some("BadRequestException"),
            "The body is not UTF-8",
        );
    };
    match connection.send(text) {
        Ok(()) => {
            let mut response = respond::empty(StatusCode::OK);
            response
                .headers_mut()
                .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response
        }
        Err(NotSent::Full) => limit_exceeded("The client reads too slowly and its buffer is full"),
        Err(NotSent::Gone) => gone(),
    }
}

fn limit_exceeded(message: &str) -> Response {
    respond::message(
        StatusCode::TOO_MANY_REQUESTS,
        Some("LimitExceededException"),
        message,
    )
}

/// Empty, as on AWS: the header alone tells what it is.
fn gone() -> Response {
    respond::with_error_type(respond::empty(StatusCode::GONE), Some("GoneException"))
}

fn too_large() -> Response {
    let message = format!("The body is larger than {MAX_MESSAGE} bytes");
    respond::message(
        StatusCode::PAYLOAD_TOO_LARGE,
        Some("PayloadTooLargeException"),
        &message,
    )
}

/// With the line breaks and blanks of the real answer.
fn describe(connection: &Connection) -> String {
    let origin = &connection.origin;
    let time = |time: jiff::Timestamp| time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ").to_string();
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
    use super::*;
    use crate::connections::tests::connection;

    fn ask(connections: &Connections, method: Method, id: &str, body: Option<Bytes>) -> Response {
        answer(
            connections,
            &Ids::new(2),
            Call {
                method: &method,
                id,
                body,
                throttled: false,
            },
        )
    }

    #[track_caller]
    fn is(response: &Response, status: u16, error_type: Option<&str>) {
        assert_eq!(response.status(), status);
        let found = response
            .headers()
            .get("x-amzn-errortype")
            .map(|value| value.to_str().unwrap());
        assert_eq!(found, error_type);
        assert!(response.headers().contains_key("x-amzn-requestid"));
    }

    #[test]
    fn a_post_reaches_the_queue_of_the_client() {
        let connections = Connections::default();
        let connection = connection();
        let id = connection.origin.connection_id.to_string();
        connections.insert(std::sync::Arc::clone(&connection));
        is(
            &ask(&connections, Method::POST, &id, Some("olá".into())),
            200,
            None,
        );
        is(
            &ask(&connections, Method::POST, &id, Some(Bytes::new())),
            200,
            None,
        );
        assert_eq!(connection.outbox.try_next(), Some("olá".into()));
        assert_eq!(connection.outbox.try_next(), Some("".into()));
    }

    #[test]
    fn errors_are_told_apart_as_the_sdks_expect() {
        let connections = Connections::default();
        let connection = connection();
        let id = connection.origin.connection_id.to_string();
        for method in [Method::POST, Method::GET, Method::DELETE] {
            let body = || Some(Bytes::from_static(b"x"));
            is(
                &ask(&connections, method.clone(), &id, body()),
                410,
                Some("GoneException"),
            );
            is(
                &ask(&connections, method, "unknown", body()),
                400,
                Some("BadRequestException"),
            );
        }
        connections.insert(connection);
        let post = |body| ask(&connections, Method::POST, &id, body);
        is(&post(None), 413, Some("PayloadTooLargeException"));
        is(
            &post(Some(vec![b'x'; MAX_MESSAGE + 1].into())),
            413,
            Some("PayloadTooLargeException"),
        );
        is(
            &post(Some(Bytes::from_static(b"\xff"))),
            400,
            Some("BadRequestException"),
        );
        is(
            &ask(&connections, Method::PUT, &id, Some(Bytes::new())),
            403,
            Some("ForbiddenException"),
        );
    }

    #[test]
    fn a_full_queue_is_told_as_too_many_requests() {
        let connections = Connections::default();
        let connection = connection();
        let id = connection.origin.connection_id.to_string();
        connections.insert(connection);
        let last = (0..10)
            .map(|_| {
                ask(
                    &connections,
                    Method::POST,
                    &id,
                    Some(vec![b'x'; MAX_MESSAGE].into()),
                )
            })
            .last();
        is(&last.unwrap(), 429, Some("LimitExceededException"));
    }

    #[test]
    fn a_connection_is_described_as_on_aws() {
        let connection = connection();
        let wanted = "{\n  \"identity\" : {\n    \"sourceIp\" : \"127.0.0.1\",\n    \"userAgent\" : null\n  },\n  \
                      \"connectedAt\" : \"1970-01-01T00:00:00.000Z\",\n  \"lastActiveAt\" : \"1970-01-01T00:00:00.000Z\"\n}";
        assert_eq!(describe(&connection), wanted);
    }
}
