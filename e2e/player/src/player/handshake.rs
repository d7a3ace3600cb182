//! The opening handshake: the only place that knows how a connection is made.

use std::time::Duration;

use http::header::SEC_WEBSOCKET_PROTOCOL;
use http::{HeaderMap, HeaderName, HeaderValue};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::{self, Error};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

/// An open connection.
pub(crate) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// What is asked for.
pub(crate) struct Handshake<'a> {
    pub(crate) address: &'a str,
    pub(crate) headers: &'a [(HeaderName, HeaderValue)],
    pub(crate) subprotocols: &'a [HeaderValue],
}

/// Why there is no connection.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HandshakeError {
    /// The other side answered with another HTTP status than 101.
    #[error("Unexpected server response: {0}")]
    Refused(u16),
    #[error("no answer within {}", crate::duration::show(*.0))]
    TimedOut(Duration),
    #[error(transparent)]
    Failed(Box<Error>),
}

impl From<Error> for HandshakeError {
    fn from(error: Error) -> Self {
        match error {
            Error::Http(response) => Self::Refused(response.status().as_u16()),
            other => Self::Failed(Box::new(other)),
        }
    }
}

/// The library takes the process's choice, and has none of its own.
fn choose_cryptography() {
    // It fails when a choice was made before, which is as good.
    let _ = rustls::crypto::ring::default_provider().install_default();
}

impl Handshake<'_> {
    /// Connects, waiting for at most `limit`.
    pub(crate) async fn shake(&self, limit: Duration) -> Result<Socket, HandshakeError> {
        self.attempt(limit).await.0
    }

    /// As [`Self::shake`], with the headers of the response: none, if there was no response.
    pub(crate) async fn attempt(
        &self,
        limit: Duration,
    ) -> (Result<Socket, HandshakeError>, HeaderMap) {
        let request = match self.request() {
            Ok(request) => request,
            Err(error) => return (Err(error.into()), HeaderMap::new()),
        };
        if request.uri().scheme_str() == Some("wss") {
            choose_cryptography();
        }
        let connecting = tokio_tungstenite::connect_async_with_config(request, None, true);
        match timeout(limit, connecting).await {
            Ok(Ok((socket, response))) => (Ok(socket), response.headers().clone()),
            Ok(Err(Error::Http(response))) => {
                let refused = HandshakeError::Refused(response.status().as_u16());
                (Err(refused), response.headers().clone())
            }
            Ok(Err(error)) => (Err(error.into()), HeaderMap::new()),
            Err(_) => (Err(HandshakeError::TimedOut(limit)), HeaderMap::new()),
        }
    }

    fn request(&self) -> Result<tungstenite::handshake::client::Request, Error> {
        let mut request = self.address.into_client_request()?;
        for (name, value) in self.headers {
            request.headers_mut().append(name, value.clone());
        }
        // One header with a list: some servers look at the first header alone.
        let list: Vec<_> = self
            .subprotocols
            .iter()
            .map(HeaderValue::as_bytes)
            .collect();
        if !list.is_empty() {
            let value = HeaderValue::from_bytes(&list.join(&b", "[..]))?;
            request.headers_mut().insert(SEC_WEBSOCKET_PROTOCOL, value);
        }
        Ok(request)
    }
}
