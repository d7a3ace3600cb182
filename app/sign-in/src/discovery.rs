//! The issuer's endpoints, from its discovery document (OIDC Discovery 1.0).

use serde::Deserialize;

use crate::problem::Problem;

/// The part of the discovery document that is used.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Metadata {
    issuer: String,
    /// The page on which people sign in.
    pub authorization_endpoint: String,
    /// Exchanges codes and refresh tokens for tokens.
    pub token_endpoint: String,
    /// The page that signs people out, if there is one.
    #[serde(default)]
    pub end_session_endpoint: Option<String>,
    #[serde(default)]
    scopes_supported: Vec<String>,
    /// Whether every response of the authorization endpoint names the issuer (RFC 9207).
    #[serde(default)]
    pub authorization_response_iss_parameter_supported: bool,
}

/// The address of the discovery document.
pub fn address(issuer: &str) -> String {
    format!("{issuer}/.well-known/openid-configuration")
}

/// Reads the discovery document of `issuer`.
///
/// # Errors
///
/// [`Problem::Misconfigured`] if it is not one, belongs to another issuer, or has an endpoint that is not protected by TLS.
pub fn parse(json: &str, issuer: &str) -> Result<Metadata, Problem> {
    let metadata: Metadata = serde_json::from_str(json).map_err(|error| {
        Problem::Misconfigured(format!(
            "{} is not a discovery document: {error}",
            address(issuer)
        ))
    })?;
    if metadata.issuer.trim_end_matches('/') != issuer {
        return Err(Problem::Misconfigured(format!(
            "the discovery document of {issuer} is that of {}",
            metadata.issuer
        )));
    }
    let endpoints = [&metadata.authorization_endpoint, &metadata.token_endpoint];
    for endpoint in endpoints.into_iter().chain(&metadata.end_session_endpoint) {
        if !is_protected(endpoint) {
            return Err(Problem::Misconfigured(format!(
                "the issuer names an endpoint that is not an https URL: {endpoint}"
            )));
        }
    }
    Ok(metadata)
}

/// Whether an address has TLS, or needs none because it does not leave this machine.
fn is_protected(url: &str) -> bool {
    let Some(rest) = url.strip_prefix("http://") else {
        return url.starts_with("https://");
    };
    let host = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|it| it.is_ascii_digit()) => name,
        _ => host,
    };
    matches!(name, "localhost" | "127.0.0.1" | "[::1]")
}

impl Metadata {
    /// The `scope` to ask for unless the page sets one. Some issuers give a refresh token only with `offline_access`, others
    /// reject scopes that they do not know.
    pub fn scope(&self) -> &'static str {
        if self
            .scopes_supported
            .iter()
            .any(|it| it == "offline_access")
        {
            "openid offline_access"
        } else {
            "openid"
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Metadata, Problem, is_protected, parse};
    use serde_json::{Value, json};

    const ISSUER: &str = "https://id.example";

    fn document(changes: &Value) -> Result<Metadata, Problem> {
        let mut document = json!({
            "issuer": ISSUER,
            "authorization_endpoint": "https://id.example/authorize",
            "token_endpoint": "https://id.example/token",
        });
        for (name, value) in changes.as_object().into_iter().flatten() {
            document[name] = value.clone();
        }
        parse(&document.to_string(), ISSUER)
    }

    #[test]
    fn reads_the_endpoints() {
        let metadata = document(&json!({ "issuer": "https://id.example/" })).unwrap();
        assert_eq!(metadata.token_endpoint, "https://id.example/token");
        assert_eq!(metadata.end_session_endpoint, None);
        assert_eq!(metadata.scope(), "openid");
    }

    #[test]
    fn asks_for_renewal_where_the_issuer_knows_it() {
        let scopes = json!({ "scopes_supported": ["openid", "offline_access"] });
        assert_eq!(document(&scopes).unwrap().scope(), "openid offline_access");
    }

    #[test]
    fn rejects_the_document_of_another_issuer_and_unprotected_endpoints() {
        for (changes, expected) in [
            (json!({ "issuer": "https://evil.example" }), "is that of"),
            (
                json!({ "token_endpoint": "http://id.example/token" }),
                "https",
            ),
            (
                json!({ "authorization_endpoint": "javascript:alert(1)" }),
                "https",
            ),
            (
                json!({ "end_session_endpoint": "http://127.0.0.1.evil.example/" }),
                "https",
            ),
            (json!({ "token_endpoint": 1 }), "not a discovery document"),
        ] {
            let problem = document(&changes).unwrap_err();
            assert!(problem.to_string().contains(expected), "{problem}");
            assert!(matches!(problem, Problem::Misconfigured(_)));
        }
        for text in ["", "null", "[]", "<html>", &"[".repeat(10_000)] {
            assert!(parse(text, ISSUER).is_err());
        }
    }

    #[test]
    fn only_loopback_addresses_go_without_tls() {
        for url in [
            "https://a",
            "http://localhost",
            "http://127.0.0.1:80/a:b",
            "http://[::1]:9?x",
        ] {
            assert!(is_protected(url), "{url}");
        }
        for url in [
            "",
            "//a",
            "http://a",
            "http://localhost.evil.example",
            "http://localhost:80@evil.example/",
            "http://[::1].evil.example",
            "file:///etc/passwd",
        ] {
            assert!(!is_protected(url), "{url}");
        }
    }
}
