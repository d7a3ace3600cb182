//! The endpoint that transcripts are played against, and which real address an address in a transcript means.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use http::Uri;
use http::uri::{Authority, Scheme};

/// The path that stands for the whole endpoint in transcripts: the default stage, as documentation writes it.
const STAGE: &str = "/dev";

/// A WebSocket endpoint, e.g. `ws://127.0.0.1:3001/dev`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    scheme: Scheme,
    authority: Authority,
    /// Without a slash at its end; empty for the root.
    path: String,
    query: Option<String>,
}

/// A text that is no endpoint.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "\"{0}\" is no address of a WebSocket endpoint; it should look like ws://127.0.0.1:3001/dev"
)]
pub struct InvalidEndpoint(String);

impl FromStr for Endpoint {
    type Err = InvalidEndpoint;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidEndpoint(text.to_owned());
        let uri: Uri = text.parse().map_err(|_| invalid())?;
        let scheme = uri.scheme().filter(|s| matches!(s.as_str(), "ws" | "wss"));
        match (scheme, uri.authority()) {
            (Some(scheme), Some(authority)) if !authority.host().is_empty() => Ok(Self {
                scheme: scheme.clone(),
                authority: authority.clone(),
                path: uri.path().trim_end_matches('/').to_owned(),
                query: uri.query().map(str::to_owned),
            }),
            _ => Err(invalid()),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.address(&self.path, self.query.as_deref()))
    }
}

impl Endpoint {
    /// Whether the connection is encrypted.
    pub fn is_secure(&self) -> bool {
        self.scheme.as_str() == "wss"
    }

    /// The host with its port, e.g. `127.0.0.1:3001`.
    pub fn authority(&self) -> &str {
        self.authority.as_str()
    }

    /// Whether the host is this machine, by its loopback address or as `localhost`.
    pub fn is_on_this_machine(&self) -> bool {
        let host = self.authority.host();
        let host = host.trim_start_matches('[').trim_end_matches(']');
        host == "localhost" || host.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
    }

    /// The real address for `url`, an address as a transcript writes it.
    ///
    /// Scheme, host and port are always the endpoint's. A path that is `/dev` or empty stands for the endpoint's path, and
    /// `/dev/x` for `x` below it; any other path is taken as it is, so that wrong ones can be tried. The query is `url`'s own,
    /// or the endpoint's if it has none.
    pub fn resolve(&self, url: &str) -> String {
        let rest = url.split_once("://").map_or(url, |(_, rest)| rest);
        let path_and_query = rest.find(['/', '?']).map_or("", |at| &rest[at..]);
        let (path, query) = match path_and_query.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (path_and_query, None),
        };
        let query = query.or(self.query.as_deref());
        let below = path
            .strip_prefix(STAGE)
            .filter(|rest| rest.is_empty() || rest.starts_with('/'));
        match below {
            Some(rest) => self.address(&format!("{}{}", self.path, rest), query),
            None if matches!(path, "" | "/") => self.address(&self.path, query),
            None => self.address(path, query),
        }
    }

    /// The address of `path` on the same server, for plain HTTP.
    pub fn http(&self, path: &str) -> String {
        let scheme = if self.is_secure() { "https" } else { "http" };
        format!("{scheme}://{}{path}", self.authority)
    }

    fn address(&self, path: &str, query: Option<&str>) -> String {
        let slash = if path.is_empty() { "/" } else { "" };
        let mark = if query.is_some() { "?" } else { "" };
        format!(
            "{}://{}{slash}{path}{mark}{}",
            self.scheme,
            self.authority,
            query.unwrap_or_default()
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn resolves(endpoint: &str, url: &str, address: &str) {
        let endpoint: Endpoint = endpoint.parse().unwrap();
        assert_eq!(endpoint.resolve(url), address, "{url}");
    }

    #[test]
    fn the_default_stage_stands_for_the_endpoint() {
        let real = "wss://abc.execute-api.sa-east-1.amazonaws.com/prod";
        resolves(real, "ws://127.0.0.1:3001/dev", real);
        resolves(
            real,
            "wss://xxx.execute-api.sa-east-1.amazonaws.com/dev",
            real,
        );
        resolves(real, "ws://localhost", real);
        resolves(real, "ws://localhost:8080/", real);
        resolves("ws://a", "ws://127.0.0.1:3001/dev", "ws://a/");
    }

    #[test]
    fn other_paths_and_queries_are_kept() {
        resolves("ws://a/prod", "ws://x/dev/y", "ws://a/prod/y");
        resolves("ws://a/prod", "ws://x/device", "ws://a/device");
        resolves("ws://a/prod", "ws://x/other?b=1", "ws://a/other?b=1");
        resolves("ws://a/prod", "ws://x/dev?b=1", "ws://a/prod?b=1");
        resolves("ws://a/prod?t=1", "ws://x/dev", "ws://a/prod?t=1");
        resolves("ws://a/prod", "ws://x?b=1", "ws://a/prod?b=1");
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
    fn what_is_no_endpoint_is_refused_by_name() {
        for text in [
            "",
            "a",
            "a:3001/dev",
            "http://a/dev",
            "ws://",
            "ws:///dev",
            "ws://a b",
        ] {
            let error = text.parse::<Endpoint>().unwrap_err();
            assert!(error.to_string().starts_with(&format!("\"{text}\" is no")));
        }
    }
}
