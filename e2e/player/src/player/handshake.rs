//! The opening handshake: the only module that makes connections.

mod tls;
mod tunnel;

use std::time::Duration;

use http::header::{
    AUTHORIZATION, HOST, LOCATION, SEC_WEBSOCKET_EXTENSIONS, SEC_WEBSOCKET_PROTOCOL,
};
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{self, Error};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use crate::endpoint::Endpoint;
use crate::proxy::Proxies;
use crate::transcript::{TlsOptions, basic};

/// Largest message that is read, in bytes. A larger one is reported as such.
pub(crate) const LARGEST_MESSAGE: usize = 256 * 1024 * 1024;

/// An open connection.
pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// A request for a connection.
pub(crate) struct Handshake<'a> {
    pub(crate) address: &'a Endpoint,
    pub(crate) headers: &'a [(HeaderName, HeaderValue)],
    pub(crate) subprotocols: &'a [HeaderValue],
    pub(crate) tls: &'a TlsOptions,
    pub(crate) proxies: &'a Proxies,
    /// How many redirects are followed.
    pub(crate) redirects: u8,
}

/// An HTTP response other than 101.
#[derive(Clone, Debug)]
pub(crate) struct Refusal {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) body: Vec<u8>,
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HandshakeError {
    /// The server answered with an HTTP status other than 101.
    #[error("Unexpected server response: {}", .0.status)]
    Refused(Box<Refusal>),
    #[error("no answer within {}", crate::duration::show(*.0))]
    TimedOut(Duration),
    #[error("{0}")]
    Tls(String),
    #[error("{0}")]
    Proxy(String),
    /// The server chose an extension that was not offered, or only by a header of the transcript (RFC 6455 §4.1).
    #[error("the server uses the extension {0}, and no extension is supported")]
    Extension(String),
    #[error("{}", reason(.0))]
    Failed(Box<Error>),
}

impl From<Error> for HandshakeError {
    fn from(error: Error) -> Self {
        match error {
            Error::Http(response) => {
                let (parts, body) = response.into_parts();
                Self::Refused(Box::new(Refusal {
                    status: parts.status.as_u16(),
                    headers: parts.headers,
                    body: body.unwrap_or_default(),
                }))
            }
            other => Self::Failed(Box::new(other)),
        }
    }
}

impl Handshake<'_> {
    /// Connects, waiting for at most `limit`. Returns the headers of the response too.
    pub(crate) async fn shake(
        &self,
        limit: Duration,
    ) -> Result<(Socket, HeaderMap), HandshakeError> {
        match timeout(limit, self.follow()).await {
            Ok(result) => result,
            Err(_) => Err(HandshakeError::TimedOut(limit)),
        }
    }

    async fn follow(&self) -> Result<(Socket, HeaderMap), HandshakeError> {
        let mut address = self.address.clone();
        let mut left = self.redirects;
        loop {
            let refusal = match self.attempt(&address).await {
                Err(HandshakeError::Refused(refusal)) if left > 0 => refusal,
                result => return result,
            };
            let next = redirect(&address, &refusal);
            let Some(next) = next else {
                return Err(HandshakeError::Refused(refusal));
            };
            address = next;
            left -= 1;
        }
    }

    async fn attempt(&self, address: &Endpoint) -> Result<(Socket, HeaderMap), HandshakeError> {
        let request = self.request(address)?;
        let connector = if address.is_secure() {
            tls::connector(self.tls).map_err(HandshakeError::Tls)?
        } else {
            None
        };
        let config = WebSocketConfig::default()
            .max_message_size(Some(LARGEST_MESSAGE))
            .max_frame_size(Some(LARGEST_MESSAGE));
        let stream = tunnel::connect(address, self.proxies).await?;
        let opening = tokio_tungstenite::client_async_tls_with_config(
            request,
            stream,
            Some(config),
            connector,
        );
        let (socket, response) = opening.await?;
        // The library does not look at it, and would report the first compressed frame as a violation of the protocol.
        if let Some(extension) = response.headers().get(SEC_WEBSOCKET_EXTENSIONS) {
            let extension = String::from_utf8_lossy(extension.as_bytes()).into_owned();
            return Err(HandshakeError::Extension(extension));
        }
        Ok((socket, response.headers().clone()))
    }

    fn request(
        &self,
        address: &Endpoint,
    ) -> Result<tungstenite::handshake::client::Request, Error> {
        let mut request = address.to_string().into_client_request()?;
        let headers = request.headers_mut();
        if let Some(credentials) = address.credentials() {
            let mut value = HeaderValue::from_str(&basic(credentials))?;
            value.set_sensitive(true);
            headers.insert(AUTHORIZATION, value);
        }
        for (name, value) in self.headers {
            // These can be there already, and must not be there twice.
            if *name == HOST || *name == AUTHORIZATION {
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
            let value = HeaderValue::from_bytes(&list.join(&b", "[..]))?;
            headers.insert(SEC_WEBSOCKET_PROTOCOL, value);
        }
        Ok(request)
    }
}

/// The address that a response redirects to.
fn redirect(from: &Endpoint, refusal: &Refusal) -> Option<Endpoint> {
    if !matches!(refusal.status, 301 | 302 | 303 | 307 | 308) {
        return None;
    }
    let location = refusal.headers.get(LOCATION)?.to_str().ok()?;
    let location = if let Some(rest) = location.strip_prefix("http") {
        format!("ws{rest}")
    } else if location.starts_with('/') {
        let scheme = if from.is_secure() { "wss" } else { "ws" };
        format!("{scheme}://{}{location}", from.authority())
    } else {
        location.to_owned()
    };
    location.parse().ok()
}

/// Why a connection failed, in lower case and without numbers of the operating system.
fn reason(error: &Error) -> String {
    let text = match error {
        Error::Io(error) => error.to_string(),
        Error::Tls(error) => error.to_string(),
        Error::Protocol(error) => error.to_string(),
        other => other.to_string(),
    };
    lower_first(without_os_number(&text))
}

/// Without the number that the operating system gives an error.
fn without_os_number(text: &str) -> &str {
    text.split_once(" (os error ")
        .map_or(text, |(text, _)| text)
}

/// Errors of libraries begin with a capital letter. Abbreviations stay as they are.
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
