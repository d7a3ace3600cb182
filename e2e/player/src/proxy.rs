//! HTTP proxies: which one a connection goes through. Opening the tunnel is left to the handshake.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use http::{HeaderValue, Uri};
use hyper_util::client::proxy::matcher::{Intercept, Matcher};

use crate::endpoint::{Endpoint, incomplete_scheme, without_credentials};

/// The proxies that connections go through.
#[derive(Clone, Debug, Default)]
pub enum Proxies {
    /// None: connections are direct.
    #[default]
    None,
    /// This one, for every address.
    All(Proxy),
    /// The proxies that environment variables name.
    Environment(Environment),
}

/// An HTTP proxy.
#[derive(Clone)]
pub struct Proxy(Intercept);

/// The proxies of the environment: `HTTPS_PROXY` for `wss://`, `HTTP_PROXY` for `ws://`, `ALL_PROXY` for both, and `NO_PROXY` for hosts
/// that are reached directly, in upper or lower case, as curl reads them.
#[derive(Clone, Debug)]
pub struct Environment(Arc<Matcher>);

/// Why a text is not the address of a proxy that can be used. Does not show credentials.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is not an HTTP proxy; it should look like http://127.0.0.1:3128 or http://user:password@127.0.0.1:3128"
)]
pub struct InvalidProxy(String);

impl Proxies {
    /// The proxies that the variables name; `variable` looks one up.
    pub fn from_environment(variable: impl Fn(&str) -> Option<String>) -> Self {
        let first = |names: [&str; 2]| names.into_iter().find_map(&variable).unwrap_or_default();
        let matcher = Matcher::builder()
            .all(first(["ALL_PROXY", "all_proxy"]))
            .http(first(["HTTP_PROXY", "http_proxy"]))
            .https(first(["HTTPS_PROXY", "https_proxy"]))
            .no(first(["NO_PROXY", "no_proxy"]));
        Self::Environment(Environment(Arc::new(matcher.build())))
    }

    /// The proxy for connections to `address`.
    ///
    /// Proxies from the environment are not used for this machine: a remote proxy cannot reach it, and a local one is not needed.
    ///
    /// # Errors
    ///
    /// If the environment names a proxy for it that is not an HTTP proxy.
    pub fn of(&self, address: &Endpoint) -> Result<Option<Proxy>, InvalidProxy> {
        match self {
            Self::None => Ok(None),
            Self::All(proxy) => Ok(Some(proxy.clone())),
            Self::Environment(_) if address.is_on_this_machine() => Ok(None),
            Self::Environment(Environment(matcher)) => {
                let destination = address.http("/").parse::<Uri>().ok();
                let found = destination.and_then(|uri| matcher.intercept(&uri));
                found.map(Proxy::try_from).transpose()
            }
        }
    }
}

impl TryFrom<Intercept> for Proxy {
    type Error = InvalidProxy;

    fn try_from(found: Intercept) -> Result<Self, InvalidProxy> {
        match found.uri().scheme_str() {
            Some("http") => Ok(Self(found)),
            _ => Err(InvalidProxy(found.uri().to_string())),
        }
    }
}

impl FromStr for Proxy {
    type Err = InvalidProxy;

    fn from_str(text: &str) -> Result<Self, InvalidProxy> {
        let invalid = || InvalidProxy(without_credentials(text).0);
        let matcher = Matcher::builder().all(text.to_owned()).build();
        let found = matcher.intercept(&Uri::from_static("http://any/"));
        let proxy = Self::try_from(found.ok_or_else(invalid)?).map_err(|_| invalid())?;
        // The library reads any word as a host.
        let is_address =
            (text.contains("://") || text.contains(':')) && incomplete_scheme(text).is_none();
        is_address.then_some(proxy).ok_or_else(invalid)
    }
}

impl Proxy {
    /// The address, for connecting.
    pub(crate) fn uri(&self) -> &Uri {
        self.0.uri()
    }

    /// The credentials, for the header `Proxy-Authorization`.
    pub(crate) fn basic_auth(&self) -> Option<&HeaderValue> {
        self.0.basic_auth()
    }
}

/// Host and port, without credentials.
impl fmt::Display for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let authority = self.uri().authority().map_or("", |it| it.as_str());
        f.write_str(authority)
    }
}

/// Without credentials.
impl fmt::Debug for Proxy {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proxy({self})")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_proxy_is_shown_without_its_credentials() {
        let proxy: Proxy = "http://me:s3cret@a.example:3128".parse().unwrap();
        assert_eq!(proxy.to_string(), "a.example:3128");
        assert!(!format!("{proxy:?}").contains("s3cret"));
        assert!(proxy.basic_auth().is_some());
        let error = "socks5://me:s3cret@a".parse::<Proxy>().unwrap_err();
        assert!(error.to_string().contains("\"socks5://a\""), "{error}");
    }

    #[test]
    fn other_texts_are_rejected() {
        for text in [
            "",
            "proxy",
            "https://a:1",
            "socks5://a:1",
            "http://",
            "a b:1",
            "http//a:1",
        ] {
            assert!(text.parse::<Proxy>().is_err(), "{text}");
        }
        assert!("localhost:3128".parse::<Proxy>().is_ok());
    }

    #[track_caller]
    fn used(environment: &[(&str, &str)], address: &str) -> Option<String> {
        let variable = |name: &str| {
            let found = environment.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let proxies = Proxies::from_environment(variable);
        let proxy = proxies.of(&address.parse().unwrap()).unwrap();
        proxy.map(|proxy| proxy.to_string())
    }

    #[test]
    fn the_environment_names_a_proxy_for_each_scheme() {
        let both = [("HTTPS_PROXY", "http://s:1"), ("http_proxy", "http://p:2")];
        assert_eq!(used(&both, "wss://a.example").as_deref(), Some("s:1"));
        assert_eq!(used(&both, "ws://a.example").as_deref(), Some("p:2"));
        let all = [("ALL_PROXY", "http://x:3"), ("no_proxy", "a.example")];
        assert_eq!(used(&all, "wss://b.example/").as_deref(), Some("x:3"));
        assert_eq!(used(&all, "wss://a.example/"), None);
        assert_eq!(used(&all, "ws://127.0.0.1:3001"), None);
        assert_eq!(used(&[], "ws://a.example"), None);
    }

    #[test]
    fn a_proxy_of_the_environment_that_is_not_http_is_an_error() {
        let variable = |name: &str| (name == "ALL_PROXY").then(|| "socks5://a:1".to_owned());
        let proxies = Proxies::from_environment(variable);
        assert!(proxies.of(&"ws://a.example".parse().unwrap()).is_err());
    }
}
