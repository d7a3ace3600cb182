//! Keeps web pages in the developer's browser away from the gateway.
//!
//! Any page that the developer visits can send requests to a port of the loopback interface. Two headers that pages
//! cannot forge tell such requests apart: `Origin`, which browsers add to WebSocket handshakes and to everything that
//! could change something, and `Host`, which holds the page's own name when an attacker lets that name resolve to
//! 127.0.0.1 (DNS rebinding). Programs other than browsers send no `Origin` and are not affected.

use std::net::IpAddr;

use http::{HeaderMap, StatusCode, Uri, header};

use crate::respond::{self, Response};

/// The origins and hosts accepted besides the loopback interface.
#[derive(Debug, Clone, Default)]
pub struct Allowed {
    /// Origins such as `https://app.example.com`; `*` stands for all.
    pub origins: Vec<String>,
    /// Host names, without a port; `*` stands for all.
    pub hosts: Vec<String>,
}

/// The purpose of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Audience {
    /// The handshake and the site, which pages on this machine may use.
    Pages,
    /// The console, which only its own pages may use.
    Console,
    /// `@connections`, Lambda and other services: for programs, never for pages.
    Programs,
}

/// Why a request is refused.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error(
        "the host name {0:?} is not this machine (possible DNS rebinding); allow it with --allow-host {0}"
    )]
    Host(String),
    #[error("web pages of {0:?} are not allowed; allow them with --allow-origin {0}")]
    Origin(String),
}

impl Refusal {
    pub(crate) fn response(&self) -> Response {
        respond::message(
            StatusCode::FORBIDDEN,
            Some("ForbiddenException"),
            &self.to_string(),
        )
    }
}

impl Allowed {
    pub(crate) fn check(&self, headers: &HeaderMap, audience: Audience) -> Result<(), Refusal> {
        let text =
            |value: &http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let host = headers.get(header::HOST).map(text);
        if let Some(host) = &host {
            self.check_host(host)?;
        }
        for origin in headers.get_all(header::ORIGIN) {
            self.check_origin(&text(origin), host.as_deref(), audience)?;
        }
        Ok(())
    }

    pub(crate) fn check_host(&self, host: &str) -> Result<(), Refusal> {
        let name = without_port(host);
        let allowed = |known: &String| known == "*" || known.eq_ignore_ascii_case(name);
        // Rebinding needs a name, so addresses are safe. Only AWS decides what its names resolve to.
        let safe = is_local(name)
            || address(name).is_some()
            || name.ends_with(".amazonaws.com")
            || self.hosts.iter().any(allowed);
        if safe {
            Ok(())
        } else {
            Err(Refusal::Host(name.to_owned()))
        }
    }

    pub(crate) fn check_origin(
        &self,
        origin: &str,
        host: Option<&str>,
        audience: Audience,
    ) -> Result<(), Refusal> {
        let allowed = |known: &String| known == "*" || known.eq_ignore_ascii_case(origin);
        if self.origins.iter().any(allowed) {
            return Ok(());
        }
        let authority = origin.parse::<Uri>().ok().and_then(|uri| {
            let scheme = uri.scheme_str().unwrap_or_default();
            let is_page = ["http", "https", "ws", "wss"].contains(&scheme);
            uri.authority().filter(|_| is_page).cloned()
        });
        let same = |authority: &http::uri::Authority| {
            host.is_some_and(|host| authority.as_str().eq_ignore_ascii_case(host))
        };
        let admitted = authority.is_some_and(|authority| match audience {
            Audience::Pages => same(&authority) || is_local(authority.host()),
            Audience::Console => same(&authority),
            Audience::Programs => false,
        });
        if admitted {
            Ok(())
        } else {
            Err(Refusal::Origin(origin.to_owned()))
        }
    }
}

fn without_port(host: &str) -> &str {
    let is_port = |port: &str| port.bytes().all(|byte| byte.is_ascii_digit());
    match host.rsplit_once(':') {
        Some((name, port)) if is_port(port) && (!name.contains(':') || name.ends_with(']')) => name,
        _ => host,
    }
}

fn address(name: &str) -> Option<IpAddr> {
    let bare = name.trim_start_matches('[').trim_end_matches(']');
    bare.parse().ok()
}

/// Whether a name always means this machine.
fn is_local(name: &str) -> bool {
    let name = name.trim_end_matches('.').to_ascii_lowercase();
    name == "localhost"
        || name.ends_with(".localhost")
        || address(&name).is_some_and(|address| address.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(audience: Audience, host: &str, origin: Option<&str>) -> Result<(), Refusal> {
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, host.parse().unwrap());
        if let Some(origin) = origin {
            headers.insert(header::ORIGIN, origin.parse().unwrap());
        }
        Allowed::default().check(&headers, audience)
    }

    #[test]
    fn hosts_that_are_not_this_machine_are_refused() {
        for host in [
            "localhost",
            "localhost:3001",
            "127.0.0.1:3001",
            "[::1]:3001",
            "192.168.1.5:3001",
            "api.localhost",
            "abc.execute-api.us-east-1.amazonaws.com",
        ] {
            assert_eq!(check(Audience::Programs, host, None), Ok(()), "{host}");
        }
        for host in [
            "evil.example:3001",
            "localhost.evil.example",
            "127.0.0.1.nip.io",
            "",
        ] {
            assert!(check(Audience::Pages, host, None).is_err(), "{host}");
        }
    }

    #[test]
    fn foreign_origins_are_refused() {
        for origin in [
            "http://localhost:8080",
            "http://127.0.0.1:3001",
            "http://[::1]:1",
        ] {
            let checked = check(Audience::Pages, "127.0.0.1:3001", Some(origin));
            assert_eq!(checked, Ok(()), "{origin}");
        }
        let same = check(
            Audience::Pages,
            "192.168.1.5:3001",
            Some("http://192.168.1.5:3001"),
        );
        assert_eq!(same, Ok(()));
        for origin in [
            "https://evil.example",
            "http://localhost.evil.example",
            "http://evil.example:3001",
            "null",
            "file://",
            "chrome-extension://localhost",
        ] {
            let checked = check(Audience::Pages, "127.0.0.1:3001", Some(origin));
            assert!(checked.is_err(), "{origin}");
        }
    }

    #[test]
    fn programs_send_no_origin_and_the_console_only_its_own() {
        let own = Some("http://127.0.0.1:3001");
        let other = Some("http://127.0.0.1:8080");
        assert!(check(Audience::Programs, "127.0.0.1:3001", own).is_err());
        assert_eq!(check(Audience::Console, "127.0.0.1:3001", own), Ok(()));
        assert!(check(Audience::Console, "127.0.0.1:3001", other).is_err());
    }

    #[test]
    fn origins_and_hosts_can_be_allowed() {
        let allowed = Allowed {
            origins: vec!["https://app.example.com".to_owned()],
            hosts: vec!["dev.example.com".to_owned()],
        };
        let mut headers = HeaderMap::new();
        headers.insert(header::HOST, "dev.example.com:3001".parse().unwrap());
        headers.insert(header::ORIGIN, "https://app.example.com".parse().unwrap());
        for audience in [Audience::Pages, Audience::Console, Audience::Programs] {
            assert_eq!(allowed.check(&headers, audience), Ok(()));
        }
    }
}
