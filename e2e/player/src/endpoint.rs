//! Addresses of WebSocket servers, and the replacement of addresses in transcripts.

mod target;

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http::Uri;
use http::uri::Authority;
use percent_encoding::percent_decode_str;

pub use target::{InvalidTarget, Target};

/// The address of a WebSocket, e.g. `ws://127.0.0.1:3001/dev`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    is_secure: bool,
    /// Host and port, without credentials.
    authority: Authority,
    /// With a slash at its start, as it was written.
    path: String,
    query: Option<String>,
    /// `user:password`, decoded.
    credentials: Option<String>,
}

/// Why a text is not an address of a WebSocket. Does not show credentials.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("\"{shown}\": {reason}")]
pub struct InvalidEndpoint {
    shown: String,
    reason: String,
}

impl InvalidEndpoint {
    /// The reason, without the text.
    pub fn reason(&self) -> &str {
        &self.reason
    }
}

/// As in a browser and `wscat`, `http://` means `ws://`, and `https://` means `wss://`.
impl FromStr for Endpoint {
    type Err = InvalidEndpoint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if let Some((scheme, written)) = incomplete_scheme(text) {
            let rest = &text[written.len()..];
            let host = rest.rsplit_once('@').map_or(rest, |(_, host)| host);
            return Err(InvalidEndpoint {
                shown: format!("{written}{host}"),
                reason: format!("the address begins with {written} instead of {scheme}://"),
            });
        }
        let (bare, credentials) = without_credentials(text);
        let invalid = |reason: String| InvalidEndpoint {
            shown: bare.clone(),
            reason,
        };
        let uri: Uri = bare.parse().map_err(|_| {
            let reason = match bare.split_once("://") {
                Some((_, "")) => "the address has no host",
                _ => "this is not an address; it should look like ws://127.0.0.1:3001/dev",
            };
            invalid(reason.to_owned())
        })?;
        let (Some(scheme), Some(authority)) = (uri.scheme(), uri.authority()) else {
            let reason = "an address begins with ws:// or wss://, like ws://127.0.0.1:3001/dev";
            return Err(invalid(reason.to_owned()));
        };
        let is_secure = match scheme.as_str() {
            "ws" | "http" => false,
            "wss" | "https" => true,
            _ => {
                let reason = "the address of a WebSocket begins with ws:// or wss://";
                return Err(invalid(reason.to_owned()));
            }
        };
        if authority.host().is_empty() {
            return Err(invalid("the address has no host".to_owned()));
        }
        let written = authority.as_str()[authority.host().len()..].strip_prefix(':');
        if let Some(port) = written
            && port.parse::<u16>().is_err()
        {
            let reason = match port {
                "" => "the port is missing after the colon".to_owned(),
                port => format!("{port} is not a port; ports are 0 to 65535"),
            };
            return Err(invalid(reason));
        }
        let path = match uri.path() {
            "" => "/",
            path => path,
        };
        Ok(Self {
            is_secure,
            authority: authority.clone(),
            path: path.to_owned(),
            query: uri.query().map(str::to_owned),
            credentials,
        })
    }
}

/// The scheme of an address whose `://` is incomplete, and what is written instead: `http//a`, `ws:/a`, `ws:a`. A host may have the
/// name of a scheme, as in `ws:3001` and `http/path`.
pub(crate) fn incomplete_scheme(text: &str) -> Option<(&str, &str)> {
    let end = text.find(|c: char| !c.is_ascii_alphabetic())?;
    let (scheme, rest) = text.split_at(end);
    let host = rest.trim_start_matches([':', '/']);
    let written = &text[..text.len() - host.len()];
    let is_incomplete = match &written[end..] {
        ":" => host.starts_with(|c: char| c.is_ascii_alphabetic()),
        separator => separator.starts_with("//") || separator == ":/",
    };
    (["ws", "wss", "http", "https"].contains(&scheme) && is_incomplete).then_some((scheme, written))
}

/// Splits `user:password@` off the text.
pub(crate) fn without_credentials(text: &str) -> (String, Option<String>) {
    let Some((scheme, rest)) = text.split_once("://") else {
        return (text.to_owned(), None);
    };
    let end = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    match rest[..end].rsplit_once('@') {
        Some((credentials, _)) => {
            let host = &rest[credentials.len() + 1..];
            (
                format!("{scheme}://{host}"),
                Some(
                    percent_decode_str(credentials)
                        .decode_utf8_lossy()
                        .into_owned(),
                ),
            )
        }
        None => (text.to_owned(), None),
    }
}

/// Without credentials.
impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.is_secure { "wss" } else { "ws" };
        write!(f, "{scheme}://{}{}", self.authority, self.path_and_query())
    }
}

impl Endpoint {
    /// Whether the connection is encrypted.
    pub(crate) fn is_secure(&self) -> bool {
        self.is_secure
    }

    /// The host with its port, e.g. `127.0.0.1:3001`.
    pub fn authority(&self) -> &str {
        self.authority.as_str()
    }

    /// The host, without brackets.
    pub fn host(&self) -> &str {
        let host = self.authority.host();
        host.trim_start_matches('[').trim_end_matches(']')
    }

    /// The port; the scheme's default if none is written.
    pub fn port(&self) -> u16 {
        let usual = if self.is_secure() { 443 } else { 80 };
        self.authority.port_u16().unwrap_or(usual)
    }

    /// The host with its port; the scheme's default if none is written.
    pub(crate) fn host_and_port(&self) -> String {
        format!("{}:{}", self.authority.host(), self.port())
    }

    /// `user:password`, if the address has them.
    pub fn credentials(&self) -> Option<&str> {
        self.credentials.as_deref()
    }

    /// Whether the host is this machine, by its loopback address or as `localhost`.
    pub(crate) fn is_on_this_machine(&self) -> bool {
        let host = self.host();
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// The path, with its slash.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// The path with the query, as an HTTP request names it.
    pub(crate) fn path_and_query(&self) -> String {
        match &self.query {
            Some(query) => format!("{}?{query}", self.path),
            None => self.path.clone(),
        }
    }

    /// The address of `path` on the same server, for plain HTTP.
    pub fn http(&self, path: &str) -> String {
        let scheme = if self.is_secure() { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.authority)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn resolves(url: &str, base: Option<&str>, written: &str, used: &str) {
        let target = Target::new(url.parse().unwrap(), base).unwrap();
        let address = target.apply(&written.parse().unwrap());
        assert_eq!(address.to_string(), used, "{written}");
    }

    #[test]
    fn addresses_are_kept_as_they_are_written() {
        for url in [
            "ws://localhost:8000/ws/chat/",
            "wss://a/socket.io/?EIO=4&transport=websocket",
            "ws://a/",
            "ws://[::1]:3001/dev",
        ] {
            assert_eq!(url.parse::<Endpoint>().unwrap().to_string(), url);
        }
    }

    #[test]
    fn an_address_of_a_page_means_the_websocket_there() {
        for (url, meant) in [
            ("http://localhost:8080/echo", "ws://localhost:8080/echo"),
            ("https://me:pw@a/ws?x=1", "wss://a/ws?x=1"),
        ] {
            assert_eq!(url.parse::<Endpoint>().unwrap().to_string(), meant);
        }
        assert_eq!("https://a".parse::<Endpoint>().unwrap().port(), 443);
    }

    #[test]
    fn a_target_replaces_scheme_host_and_port() {
        resolves("wss://b:1", None, "ws://a:2/ws/?x=1", "wss://b:1/ws/?x=1");
        resolves("wss://b/", None, "ws://a", "wss://b/");
        resolves("wss://b?t=1", None, "ws://a/x", "wss://b/x?t=1");
    }

    #[test]
    fn the_base_path_is_replaced_by_the_path_of_the_target() {
        let base = Some("/dev");
        resolves("wss://b/prod", base, "ws://a/dev", "wss://b/prod");
        resolves("wss://b/prod", base, "ws://a/dev/x", "wss://b/prod/x");
        resolves("wss://b/prod", base, "ws://a/device", "wss://b/device");
        resolves("wss://b/prod", base, "ws://a/none", "wss://b/none");
        resolves("wss://b", base, "ws://a/dev", "wss://b/");
        resolves("wss://b/v1/", Some("/"), "ws://a/x/", "wss://b/v1/x/");
    }

    #[test]
    fn a_path_without_a_base_path_is_rejected_with_the_remedy() {
        let error = Target::new("wss://b/prod".parse().unwrap(), None).unwrap_err();
        assert!(error.to_string().contains("--base-path /prod"), "{error}");
        assert!(Target::new("wss://b".parse().unwrap(), Some("dev")).is_err());
    }

    #[test]
    fn credentials_are_taken_and_never_printed() {
        let endpoint: Endpoint = "wss://me:se%40cret@a:1/x".parse().unwrap();
        assert_eq!(endpoint.credentials(), Some("me:se@cret"));
        assert_eq!(endpoint.to_string(), "wss://a:1/x");
        let error = "wss://me:secret@a:99999".parse::<Endpoint>().unwrap_err();
        assert!(!error.to_string().contains("secret"), "{error}");
    }

    #[test]
    fn an_incomplete_scheme_is_named_and_a_host_of_that_name_is_allowed() {
        for (text, reason) in [
            ("http//a:8080/dev", "begins with http// instead of http://"),
            ("wss:/a", "begins with wss:/ instead of wss://"),
            ("ws:localhost:1", "begins with ws: instead of ws://"),
            ("ws///a", "begins with ws/// instead of ws://"),
            ("https//me:secret@a", "\"https//a\": the address begins"),
        ] {
            let error = text.parse::<Endpoint>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
        for text in [
            "ws:3001",
            "http/dev",
            "ws",
            "http://a",
            "wsx//a",
            "ws:<$port>",
        ] {
            assert_eq!(incomplete_scheme(text), None, "{text}");
        }
    }

    #[test]
    fn this_machine_is_known_by_its_addresses() {
        for (url, expected) in [
            ("ws://127.0.0.1:3001/dev", true),
            ("ws://[::1]:3001/dev", true),
            ("ws://localhost/dev", true),
            ("ws://192.168.0.1:3001/dev", false),
            ("wss://localhost.example/dev", false),
        ] {
            let endpoint: Endpoint = url.parse().unwrap();
            assert_eq!(endpoint.is_on_this_machine(), expected, "{url}");
        }
    }

    #[test]
    fn other_texts_are_rejected_with_the_reason() {
        for (text, reason) in [
            ("", "not an address"),
            ("a", "begins with ws://"),
            ("ftp://a/dev", "begins with ws://"),
            ("ws://", "has no host"),
            ("ws:///dev", "not an address"),
            ("ws://a b", "not an address"),
            ("ws://a:99999", "99999 is not a port"),
            ("ws://a:/dev", "the port is missing"),
        ] {
            let error = text.parse::<Endpoint>().unwrap_err().to_string();
            assert!(error.contains(reason), "{text}: {error}");
        }
    }
}
