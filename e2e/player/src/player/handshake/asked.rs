//! The handshake that a `wscat` line requests, with values in place of its placeholders.

use http::header::AUTHORIZATION;
use http::{HeaderName, HeaderValue};

use super::Handshake;
use crate::endpoint::{Endpoint, InvalidEndpoint};
use crate::pattern::Captures;
use crate::proxy::{InvalidProxy, Proxies};
use crate::transcript::{Connect, basic};

/// A part of a `wscat` line that is invalid once its placeholders are filled in.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what} is invalid: {reason}")]
pub(crate) struct InvalidRequest {
    what: String,
    reason: String,
}

impl InvalidRequest {
    fn new(what: &str, reason: impl Into<String>) -> Self {
        Self {
            what: what.to_owned(),
            reason: reason.into(),
        }
    }
}

impl Handshake {
    /// The request of `connect`, with the values `known`. Uses `proxies` unless `connect` names a proxy.
    pub(crate) fn of(
        connect: &Connect,
        known: &Captures,
        proxies: &Proxies,
    ) -> Result<Self, InvalidRequest> {
        let address: Endpoint =
            connect
                .url
                .fill(known)
                .parse()
                .map_err(|error: InvalidEndpoint| {
                    InvalidRequest::new("the address", error.to_string())
                })?;
        let header = |name: &HeaderName, value: String| {
            let value = header_value(&format!("the header {name}"), &value);
            value.map(|value| (name.clone(), value))
        };
        let written = connect
            .headers
            .iter()
            .map(|(name, value)| header(name, value.fill(known)));
        let auth = connect
            .auth
            .iter()
            .map(|credentials| header(&AUTHORIZATION, basic(&credentials.fill(known))));
        let protocols = connect.subprotocols.iter();
        let protocols =
            protocols.map(|protocol| header_value("the sub-protocol", &protocol.fill(known)));
        let invalid = |error: InvalidProxy| InvalidRequest::new("the proxy", error.to_string());
        let proxies = match &connect.proxy {
            Some(proxy) => Proxies::All(proxy.fill(known).parse().map_err(invalid)?),
            None => proxies.clone(),
        };
        Ok(Self {
            address,
            headers: written.chain(auth).collect::<Result<_, _>>()?,
            subprotocols: protocols.collect::<Result<_, _>>()?,
            tls: connect.tls.clone(),
            proxies,
            redirects: connect.redirects,
        })
    }
}

fn header_value(what: &str, value: &str) -> Result<HeaderValue, InvalidRequest> {
    HeaderValue::from_bytes(value.as_bytes())
        .map_err(|_| InvalidRequest::new(what, "headers cannot contain one of its characters"))
}
