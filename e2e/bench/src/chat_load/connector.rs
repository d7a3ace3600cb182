//! Opens the connections of all clients, and names the errors of WebSockets.

use std::sync::Arc;
use std::time::Duration;

use rustls::{ClientConfig, RootCertStore};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream};

use super::LoadError;

/// Size of each client's read buffer. Messages are short, and the library's default of 128 KiB would take 640 MB for 5,000 clients.
const READ_BUFFER: usize = 4 * 1024;

pub(super) type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// The settings that all clients connect with. Certificates are read only once.
pub(super) struct Connector {
    address: String,
    pub(super) timeout: Duration,
    tls: tokio_tungstenite::Connector,
}

impl Connector {
    pub(super) fn new(address: &str, timeout: Duration) -> Result<Self, LoadError> {
        let tls = if address.starts_with("wss://") {
            tokio_tungstenite::Connector::Rustls(Arc::new(trusting()?))
        } else {
            tokio_tungstenite::Connector::Plain
        };
        let address = address.to_owned();
        Ok(Self {
            address,
            timeout,
            tls,
        })
    }

    /// Opens a connection. The error is the kind of fault.
    pub(super) async fn connect(&self) -> Result<Socket, String> {
        let config = WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0);
        let connecting = tokio_tungstenite::connect_async_tls_with_config(
            self.address.as_str(),
            Some(config),
            true,
            Some(self.tls.clone()),
        );
        match tokio::time::timeout(self.timeout, connecting).await {
            Ok(Ok((socket, _))) => Ok(socket),
            Ok(Err(error)) => Err(format!("not connected: {}", kind(&error))),
            Err(_) => Err("not connected: no answer in time".to_owned()),
        }
    }
}

fn trusting() -> Result<ClientConfig, LoadError> {
    let certificates = rustls_native_certs::load_native_certs();
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(certificates.certs);
    if roots.is_empty() {
        let errors = certificates.errors.iter().map(ToString::to_string);
        let reason = errors.reduce(|all, error| format!("{all}; {error}"));
        let reason = reason.unwrap_or_else(|| "there are none".to_owned());
        return Err(LoadError::Certificates(reason));
    }
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .map_err(|error| LoadError::Certificates(error.to_string()))?;
    Ok(config.with_root_certificates(roots).with_no_client_auth())
}

/// The kind of an error, without details that differ from client to client, so that equal errors are counted together.
pub(super) fn kind(error: &Error) -> String {
    match error {
        Error::Http(response) => format!("status {}", response.status().as_u16()),
        Error::Io(error) => error.kind().to_string(),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_errors_are_of_one_kind() {
        let error = std::io::Error::from(std::io::ErrorKind::ConnectionRefused);
        assert_eq!(kind(&Error::Io(error)), "connection refused");
        let mut response = http::Response::new(None);
        *response.status_mut() = http::StatusCode::TOO_MANY_REQUESTS;
        assert_eq!(kind(&Error::Http(Box::new(response))), "status 429");
    }
}
