//! The request that asks for a WebSocket, and whether the response opens one (RFC 6455 §4.1).

use std::time::Duration;

use http::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_PROTOCOL, UPGRADE,
};
use http::{HeaderMap, HeaderName, Request, Response, StatusCode, Version};
use http_body_util::BodyExt as _;
use hyper::body::{Body as _, Incoming};
use hyper::client::conn::http1;
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;

use super::{HandshakeError, Refusal};

/// How much of a rejection's body is read, in bytes.
const MAX_BODY: usize = 1024 * 1024;

/// How long a rejection's body may pause. A server that sends no length, and keeps the connection open, never ends it.
const BODY_PAUSE: Duration = Duration::from_secs(1);

/// Sends `request` on `stream`. Returns the stream of frames, and the headers of the response.
pub(super) async fn ask<S>(
    request: Request<String>,
    stream: S,
) -> Result<(Upgraded, HeaderMap), HandshakeError>
where
    S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
{
    let asked = request.headers().clone();
    // Some servers compare the names of headers with what browsers send.
    let opening = http1::Builder::new()
        .title_case_headers(true)
        .handshake(TokioIo::new(stream));
    let (mut sender, connection) = opening.await.map_err(|error| failed(&error))?;
    // Ends when the sender and the response are dropped, or else when the stream is handed over.
    tokio::spawn(connection.with_upgrades());
    let mut response = sender
        .send_request(request)
        .await
        .map_err(|error| failed(&error))?;
    if response.status() != StatusCode::SWITCHING_PROTOCOLS {
        let refusal = refusal(response).await;
        return Err(HandshakeError::Refused(Box::new(refusal)));
    }
    if response.version() < Version::HTTP_11 {
        let text = format!("the response is {:?}, and not HTTP/1.1", response.version());
        return Err(HandshakeError::Invalid(text));
    }
    check(&asked, response.headers()).map_err(HandshakeError::Invalid)?;
    let headers = std::mem::take(response.headers_mut());
    let stream = hyper::upgrade::on(response).await;
    Ok((stream.map_err(|error| failed(&error))?, headers))
}

fn failed(error: &hyper::Error) -> HandshakeError {
    if error.is_incomplete_message() {
        let text = "the server closed the connection without a response";
        return HandshakeError::Failed(text.to_owned());
    }
    if error.is_parse() {
        let text = format!("the response is not HTTP/1.1: {error}");
        return HandshakeError::Invalid(text);
    }
    HandshakeError::failed(error)
}

async fn refusal(response: Response<Incoming>) -> Refusal {
    let (parts, mut incoming) = response.into_parts();
    let mut body = Vec::new();
    let mut is_cut = false;
    while body.len() < MAX_BODY && !is_cut {
        match timeout(BODY_PAUSE, incoming.frame()).await {
            Ok(Some(Ok(frame))) => {
                // Trailers are not part of the body.
                if let Ok(data) = frame.into_data() {
                    body.extend_from_slice(&data);
                }
            }
            Ok(Some(Err(_))) => is_cut = true,
            Ok(None) => break,
            Err(_) => {
                is_cut = incoming.size_hint().exact().is_some_and(|left| left > 0);
                break;
            }
        }
    }
    Refusal {
        status: parts.status.as_u16(),
        headers: parts.headers,
        body,
        is_cut,
    }
}

/// Whether the headers of a response open a WebSocket for the request with the headers `asked`.
fn check(asked: &HeaderMap, answered: &HeaderMap) -> Result<(), String> {
    for (name, token) in [(UPGRADE, "websocket"), (CONNECTION, "upgrade")] {
        let value = list(answered, &name);
        let mut tokens = value.split(',').map(str::trim);
        if !tokens.any(|found| found.eq_ignore_ascii_case(token)) {
            return Err(format!(
                "the response has status 101 and no header {name}: {token}"
            ));
        }
    }
    let key = asked.get(SEC_WEBSOCKET_KEY);
    let accept = key.map(|key| derive_accept_key(key.as_bytes()));
    if accept.as_deref() != Some(&list(answered, &SEC_WEBSOCKET_ACCEPT)) {
        let text = "the header Sec-WebSocket-Accept of the response does not match the request";
        return Err(text.to_owned());
    }
    let offered = list(asked, &SEC_WEBSOCKET_PROTOCOL);
    let chosen = list(answered, &SEC_WEBSOCKET_PROTOCOL);
    let mut offers = offered.split(',').map(str::trim);
    match (offered.is_empty(), chosen.is_empty()) {
        (true, true) => Ok(()),
        (false, true) => Err(format!(
            "the server chose none of the sub-protocols: {offered}"
        )),
        _ if offers.any(|offer| offer == chosen) => Ok(()),
        _ => Err(format!(
            "the server chose the sub-protocol {chosen}, which was not offered"
        )),
    }
}

/// All values of a header, as one list.
pub(in crate::player) fn list(headers: &HeaderMap, name: &HeaderName) -> String {
    let values = headers.get_all(name);
    let values = values
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()));
    values.collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    const KEY: &str = "dGhlIHNhbXBsZSBub25jZQ==";

    /// The answer to [`KEY`] in RFC 6455 §1.3.
    const ACCEPT: &str = "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=";

    fn headers(lines: &[(&'static str, &'static str)]) -> HeaderMap {
        let header = |(name, value): &(&'static str, &'static str)| {
            let name = HeaderName::from_static(name);
            (name, HeaderValue::from_static(value))
        };
        lines.iter().map(header).collect()
    }

    #[track_caller]
    fn checked(
        asked: &[(&'static str, &'static str)],
        answered: &[(&'static str, &'static str)],
    ) -> Result<(), String> {
        let asked = [&[("sec-websocket-key", KEY)][..], asked].concat();
        let usual = [
            ("upgrade", "WebSocket"),
            ("connection", "keep-alive, Upgrade"),
            ("sec-websocket-accept", ACCEPT),
        ];
        let mut all = headers(&usual);
        all.extend(headers(answered));
        check(&headers(&asked), &all)
    }

    #[track_caller]
    fn rejected(result: Result<(), String>, why: &str) {
        let error = result.unwrap_err();
        assert!(error.contains(why), "{error}");
    }

    #[test]
    fn names_and_tokens_may_be_in_any_case_and_in_lists() {
        assert_eq!(checked(&[], &[]), Ok(()));
    }

    #[test]
    fn a_response_without_the_headers_of_a_websocket_is_rejected() {
        rejected(
            checked(&[], &[("upgrade", "h2c")]),
            "no header upgrade: websocket",
        );
        rejected(
            checked(&[], &[("connection", "close")]),
            "no header connection: upgrade",
        );
        rejected(
            checked(&[], &[("sec-websocket-accept", KEY)]),
            "Sec-WebSocket-Accept of the response does not match",
        );
    }

    #[test]
    fn a_second_answer_to_the_key_is_rejected() {
        let why = "Sec-WebSocket-Accept of the response does not match";
        let mut all = headers(&[
            ("upgrade", "websocket"),
            ("connection", "upgrade"),
            ("sec-websocket-accept", ACCEPT),
        ]);
        let asked = headers(&[("sec-websocket-key", KEY)]);
        assert_eq!(check(&asked, &all), Ok(()));
        all.append(SEC_WEBSOCKET_ACCEPT, HeaderValue::from_static(KEY));
        rejected(check(&asked, &all), why);
    }

    #[test]
    fn the_server_must_choose_one_of_the_offered_sub_protocols() {
        let offer = [("sec-websocket-protocol", "a, b")];
        assert_eq!(checked(&offer, &[("sec-websocket-protocol", "b")]), Ok(()));
        rejected(checked(&offer, &[]), "none of the sub-protocols: a, b");
        for offer in [&offer[..], &[]] {
            let answer = [("sec-websocket-protocol", "c")];
            rejected(
                checked(offer, &answer),
                "sub-protocol c, which was not offered",
            );
        }
    }
}
