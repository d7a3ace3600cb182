//! The TCP connection to a server: direct, or a tunnel through an HTTP proxy (`CONNECT`, RFC 9110 §9.3.6).

use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use tokio::net::TcpStream;
use tower::ServiceExt as _;

use super::{HandshakeError, innermost};
use crate::endpoint::Endpoint;
use crate::proxy::{Proxies, Proxy};

/// Connects to `address`, through the proxy for it if there is one.
pub(super) async fn connect(
    address: &Endpoint,
    proxies: &Proxies,
) -> Result<TcpStream, HandshakeError> {
    let proxy = proxies.of(address);
    let proxy = proxy.map_err(|error| HandshakeError::Failed(error.to_string()))?;
    let stream = match proxy {
        None => TcpStream::connect((address.host(), address.port())).await,
        Some(proxy) => Ok(tunnel(address, &proxy).await?),
    };
    let failed = |error: std::io::Error| HandshakeError::failed(&error);
    let stream = stream.map_err(failed)?;
    stream.set_nodelay(true).map_err(failed)?;
    Ok(stream)
}

async fn tunnel(address: &Endpoint, proxy: &Proxy) -> Result<TcpStream, HandshakeError> {
    let destination = address.host_and_port();
    let uri = Uri::builder()
        .scheme("http")
        .authority(destination.as_str())
        .path_and_query("/");
    let uri = uri
        .build()
        .map_err(|error| HandshakeError::Failed(error.to_string()))?;
    let mut tunnel = Tunnel::new(proxy.uri().clone(), HttpConnector::new());
    if let Some(credentials) = proxy.basic_auth() {
        tunnel = tunnel.with_auth(credentials.clone());
    }
    match tunnel.oneshot(uri).await {
        Ok(stream) => Ok(stream.into_inner()),
        Err(error) => {
            let text = innermost(&error);
            let reason = match text.trim_start_matches("tunnel error: ") {
                "proxy authorization required" if proxy.basic_auth().is_some() => {
                    "rejects the user and password"
                }
                "proxy authorization required" => {
                    "requires a user and password: http://user:password@host:port"
                }
                "unsuccessful" => "refuses a tunnel",
                other => other,
            };
            Err(HandshakeError::Failed(format!(
                "the proxy {proxy}, asked for {destination}: {reason}"
            )))
        }
    }
}
