//! The opening handshake: the only module that makes connections.
//!
//! # Layout
//!
//! - [`asked`]: the request of a `wscat` line
//! - [`tunnel`]: the TCP connection, direct or through a proxy
//! - [`tls`]: encrypted connections
//! - [`printed`]: how `wscat` prints the errors
//! - [`upgrade`]: the HTTP request, and whether its response opens a WebSocket

mod asked;
pub(super) mod printed;
mod tls;
mod tunnel;
mod upgrade;

use std::time::Duration;

use http::header::{
    AUTHORIZATION, CONNECTION, COOKIE, HOST, LOCATION, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_KEY,
    SEC_WEBSOCKET_PROTOCOL, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use hyper::upgrade::Upgraded;
use hyper_util::rt::TokioIo;
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::handshake::client::generate_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use url::Url;

pub(crate) use asked::InvalidRequest;
pub(super) use upgrade::list;

use super::deflate::{Agreement, Deflater, Inflating, OFFER, Unfinished};
use crate::endpoint::Endpoint;
use crate::proxy::Proxies;
use crate::transcript::{TlsOptions, basic};

/// Largest message that is read, in bytes. A larger one is reported as such.
pub(crate) const MAX_MESSAGE: usize = 256 * 1024 * 1024;

/// The frames of an open connection.
pub(crate) type Socket = WebSocketStream<Inflating<TokioIo<Upgraded>>>;

/// An open connection.
pub(crate) struct Opened {
    pub(crate) socket: Socket,
    /// Compresses what is sent, if the server agreed to that.
    pub(crate) deflater: Option<Deflater>,
    /// Whether a message has arrived in part.
    pub(crate) unfinished: Unfinished,
    /// The headers of the response.
    pub(crate) headers: HeaderMap,
}

/// A request for a connection.
#[derive(Debug)]
pub(crate) struct Handshake {
    pub(crate) address: Endpoint,
    headers: Vec<(HeaderName, HeaderValue)>,
    subprotocols: Vec<HeaderValue>,
    pub(crate) tls: TlsOptions,
    proxies: Proxies,
    /// How many redirects are followed.
    pub(crate) redirects: u8,
}

/// An HTTP response other than 101.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
    /// Whether a part of the body is missing.
    pub(crate) is_cut: bool,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HandshakeError {
    /// The server answered with an HTTP status other than 101.
    #[error("Unexpected server response: {}", .0.status)]
    Refused(Box<Refusal>),
    #[error("no answer within {}", crate::duration::show(*.0))]
    TimedOut(Duration),
    /// The server's certificate is not accepted.
    #[error("{0}")]
    Certificate(String),
    /// There was no HTTP response for another reason.
    #[error("{0}")]
    Failed(String),
    /// The response has status 101 and violates the protocol, or is not HTTP/1.1.
    #[error("{0}")]
    Invalid(String),
}

impl HandshakeError {
    /// A failure with the innermost cause of `error`.
    fn failed(error: &dyn std::error::Error) -> Self {
        Self::Failed(lower_first(&innermost(error)))
    }

    /// Whether there may be no server yet: nothing answers, or only what stands before it (RFC 9110 §15.6.3 to §15.6.5).
    pub(crate) fn is_of_no_server(&self) -> bool {
        match self {
            Self::Failed(_) | Self::TimedOut(_) => true,
            Self::Refused(refusal) => matches!(refusal.status, 502..=504),
            Self::Certificate(_) | Self::Invalid(_) => false,
        }
    }

    /// Whether nothing listens at the address. The words are those of the operating system.
    pub(crate) fn is_of_no_listener(&self) -> bool {
        matches!(self, Self::Failed(reason) if reason == "connection refused")
    }
}

impl Handshake {
    /// Connects, waiting for at most `limit`.
    pub(crate) async fn connect(&self, limit: Duration) -> Result<Opened, HandshakeError> {
        match timeout(limit, self.follow_redirects()).await {
            Ok(result) => result,
            Err(_) => Err(HandshakeError::TimedOut(limit)),
        }
    }

    async fn follow_redirects(&self) -> Result<Opened, HandshakeError> {
        let mut address = self.address.clone();
        let mut left = self.redirects;
        loop {
            let refusal = match self.attempt(&address).await {
                Err(HandshakeError::Refused(refusal)) if left > 0 => refusal,
                result => return result,
            };
            match redirect(&address, &refusal) {
                Some(next) => address = next,
                None => return Err(HandshakeError::Refused(refusal)),
            }
            left -= 1;
        }
    }

    async fn attempt(&self, address: &Endpoint) -> Result<Opened, HandshakeError> {
        let mut request = self.request(address)?;
        if !self.trusts(address) {
            for secret in [AUTHORIZATION, COOKIE] {
                request.headers_mut().remove(secret);
            }
        }
        let stream = tunnel::connect(address, &self.proxies).await?;
        let (stream, headers) = if address.is_secure() {
            let stream = tls::connect(address.host(), &self.tls, stream).await?;
            upgrade::ask(request, stream).await?
        } else {
            upgrade::ask(request, stream).await?
        };
        let agreement = agreement(&headers)?;
        let config = WebSocketConfig::default()
            .max_message_size(Some(MAX_MESSAGE))
            .max_frame_size(Some(MAX_MESSAGE));
        let stream = Inflating::new(TokioIo::new(stream), agreement, MAX_MESSAGE);
        Ok(Opened {
            unfinished: stream.unfinished(),
            socket: WebSocketStream::from_raw_socket(stream, Role::Client, Some(config)).await,
            deflater: agreement.map(Deflater::new),
            headers,
        })
    }

    /// Whether credentials for the first address may be sent to `address`, to which a server has redirected.
    fn trusts(&self, address: &Endpoint) -> bool {
        address.host_and_port() == self.address.host_and_port()
            && (address.is_secure() || !self.address.is_secure())
    }

    fn request(&self, address: &Endpoint) -> Result<Request<String>, HandshakeError> {
        let mut request = Request::get(address.path_and_query())
            .header(HOST, address.authority())
            .header(CONNECTION, "Upgrade")
            .header(UPGRADE, "websocket")
            .header(SEC_WEBSOCKET_VERSION, "13")
            .header(SEC_WEBSOCKET_KEY, generate_key())
            .body(String::new())
            .map_err(|error| HandshakeError::failed(&error))?;
        let headers = request.headers_mut();
        if let Some(credentials) = address.credentials() {
            let value = HeaderValue::from_str(&basic(credentials));
            let mut value = value.map_err(|error| HandshakeError::failed(&error))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        let own: Vec<_> = headers.keys().cloned().collect();
        for (name, value) in &self.headers {
            // The headers of every handshake must not appear twice.
            if own.contains(name) {
                headers.insert(name, value.clone());
            } else {
                headers.append(name, value.clone());
            }
        }
        // One header with a list: some servers look only at the first header.
        let list: Vec<_> = self
            .subprotocols
            .iter()
            .map(HeaderValue::as_bytes)
            .collect();
        if !list.is_empty() {
            let value = HeaderValue::from_bytes(&list.join(&b", "[..]));
            let value = value.map_err(|error| HandshakeError::failed(&error))?;
            headers.insert(SEC_WEBSOCKET_PROTOCOL, value);
        }
        if !headers.contains_key(SEC_WEBSOCKET_EXTENSIONS) {
            headers.insert(SEC_WEBSOCKET_EXTENSIONS, HeaderValue::from_static(OFFER));
        }
        Ok(request)
    }
}

/// What the server has agreed to. The server may choose only what this program offers, whatever a header of the transcript offers
/// (RFC 6455 §4.1).
fn agreement(headers: &HeaderMap) -> Result<Option<Agreement>, HandshakeError> {
    let chosen = list(headers, &SEC_WEBSOCKET_EXTENSIONS);
    if chosen.is_empty() {
        return Ok(None);
    }
    Agreement::parse(&chosen).map(Some).map_err(|chosen| {
        HandshakeError::Invalid(format!(
            "the server uses the extension {chosen}, and only {OFFER} is supported"
        ))
    })
}

/// The address that a response redirects to.
fn redirect(from: &Endpoint, refusal: &Refusal) -> Option<Endpoint> {
    if !matches!(refusal.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = refusal.headers.get(LOCATION)?.to_str().ok()?;
    let from = Url::parse(&from.to_string()).ok()?;
    from.join(location).ok()?.as_str().parse().ok()
}

/// The innermost cause of `error`, without the number that the operating system gives it. The outer ones only say that there was one.
fn innermost(mut error: &dyn std::error::Error) -> String {
    while let Some(source) = error.source() {
        error = source;
    }
    let text = error.to_string();
    match text.split_once(" (os error ") {
        Some((text, _)) => text.to_owned(),
        None => text,
    }
}

/// `message` with a lower-case first letter, because errors of libraries begin with a capital letter. Abbreviations stay as
/// they are.
pub(crate) fn lower_first(message: &str) -> String {
    let mut chars = message.chars();
    match (chars.next(), chars.next()) {
        (Some(first), Some(second)) if !second.is_uppercase() => first
            .to_lowercase()
            .chain(message.chars().skip(1))
            .collect(),
        _ => message.to_owned(),
    }
}
