//! The HTTP side of the WebSocket handshake: validates the request and builds the response. No I/O.

use http::{HeaderMap, HeaderValue, Method, StatusCode, header, request::Parts};
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use crate::{
    ids::ConnectionId,
    respond::{self, Response},
};

/// A valid request for an upgrade to a WebSocket.
#[derive(Debug)]
pub(crate) struct Upgrade {
    accept: String,
}

/// Why a request to the WebSocket's path is not a handshake.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NoUpgrade {
    /// Plain HTTP, or not `GET`.
    NotAsked,
    /// A version other than 13, or an invalid key.
    Malformed,
}

impl Upgrade {
    /// Validates the request as RFC 6455 §4.2.1 requires.
    pub(crate) fn read(request: &Parts) -> Result<Self, NoUpgrade> {
        let headers = &request.headers;
        let asks = request.method == Method::GET
            && holds(headers, header::UPGRADE, "websocket")
            && holds(headers, header::CONNECTION, "upgrade");
        if !asks {
            return Err(NoUpgrade::NotAsked);
        }
        let key = headers
            .get(header::SEC_WEBSOCKET_KEY)
            .ok_or(NoUpgrade::Malformed)?
            .as_bytes();
        let nonce = data_encoding::BASE64
            .decode(key)
            .map_err(|_| NoUpgrade::Malformed)?;
        if nonce.len() != 16 || !holds(headers, header::SEC_WEBSOCKET_VERSION, "13") {
            return Err(NoUpgrade::Malformed);
        }
        Ok(Self {
            accept: derive_accept_key(key),
        })
    }

    /// The response that upgrades the connection. The sub-protocol is the one that `$connect` chose; the gateway never
    /// echoes what the client offered.
    pub(crate) fn accepted(&self, protocol: Option<&str>) -> Response {
        let mut response = respond::empty(StatusCode::SWITCHING_PROTOCOLS);
        let headers = response.headers_mut();
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(header::CONNECTION, HeaderValue::from_static("Upgrade"));
        if let Ok(accept) = HeaderValue::from_str(&self.accept) {
            headers.insert(header::SEC_WEBSOCKET_ACCEPT, accept);
        }
        if let Some(protocol) = protocol.and_then(|protocol| HeaderValue::from_str(protocol).ok()) {
            headers.insert(header::SEC_WEBSOCKET_PROTOCOL, protocol);
        }
        response
    }
}

impl NoUpgrade {
    pub(crate) fn response(self) -> Response {
        let status = match self {
            Self::NotAsked => StatusCode::UPGRADE_REQUIRED,
            Self::Malformed => StatusCode::BAD_REQUEST,
        };
        let mut response =
            respond::message(status, None, status.canonical_reason().unwrap_or_default());
        let headers = response.headers_mut();
        headers.insert(header::UPGRADE, HeaderValue::from_static("websocket"));
        headers.insert(
            header::SEC_WEBSOCKET_VERSION,
            HeaderValue::from_static("13"),
        );
        response
    }
}

/// The response when the client is refused.
pub(crate) fn refused(
    status: u16,
    message: &str,
    connection_id: &ConnectionId,
    request_id: &str,
) -> Response {
    let status = StatusCode::from_u16(status).unwrap_or(StatusCode::BAD_GATEWAY);
    let kind = match status {
        StatusCode::FORBIDDEN => Some("ForbiddenException"),
        StatusCode::UNAUTHORIZED => Some("UnauthorizedException"),
        StatusCode::TOO_MANY_REQUESTS => Some("TooManyRequestsException"),
        status if status.is_server_error() => Some("InternalServerErrorException"),
        _ => None,
    };
    // In the order of the only known capture. The messages contain nothing that JSON would escape.
    let body = format!(
        r#"{{"message":"{message}","connectionId":"{connection_id}","requestId":"{request_id}"}}"#
    );
    respond::json(status, kind, body)
}

/// Whether one of a header's comma-separated values is `wanted`.
fn holds(headers: &HeaderMap, name: header::HeaderName, wanted: &str) -> bool {
    let values = headers
        .get_all(name)
        .into_iter()
        .filter_map(|value| value.to_str().ok());
    values
        .flat_map(|value| value.split(','))
        .any(|word| word.trim().eq_ignore_ascii_case(wanted))
}

#[cfg(test)]
mod tests {
    use super::*;

    const GOOD: &[(&str, &str)] = &[
        ("connection", "keep-alive, Upgrade"),
        ("upgrade", "websocket"),
        ("sec-websocket-version", "13"),
        ("sec-websocket-key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ];

    fn read(method: Method, headers: &[(&str, &str)]) -> Result<Upgrade, NoUpgrade> {
        let mut request = http::Request::builder().method(method);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        Upgrade::read(&request.body(()).unwrap().into_parts().0)
    }

    /// The example of RFC 6455 §1.3.
    #[test]
    fn a_handshake_is_answered_with_its_key() {
        let response = read(Method::GET, GOOD).unwrap().accepted(None);
        assert_eq!(response.status(), 101);
        let accept = &response.headers()["sec-websocket-accept"];
        assert_eq!(accept, "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
        assert!(!response.headers().contains_key("sec-websocket-protocol"));
    }

    #[test]
    fn the_chosen_protocol_is_sent_back() {
        let response = read(Method::GET, GOOD).unwrap().accepted(Some("chat.v2"));
        assert_eq!(response.headers()["sec-websocket-protocol"], "chat.v2");
    }

    #[test]
    fn plain_requests_are_426() {
        assert_eq!(read(Method::GET, &[]).unwrap_err(), NoUpgrade::NotAsked);
        assert_eq!(read(Method::POST, GOOD).unwrap_err(), NoUpgrade::NotAsked);
        assert_eq!(NoUpgrade::NotAsked.response().status(), 426);
    }

    #[test]
    fn an_invalid_handshake_is_400() {
        for (index, wrong) in [(2, "8"), (3, ""), (3, "dGhl"), (3, "!!")] {
            let mut headers = GOOD.to_vec();
            headers[index].1 = wrong;
            let refused = read(Method::GET, &headers).unwrap_err();
            assert_eq!(refused, NoUpgrade::Malformed, "{wrong}");
        }
    }
}
