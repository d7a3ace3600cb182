//! The request to the issuer's authorization endpoint, and its response (RFC 6749, section 4.1).

use form_urlencoded::Serializer;
use serde::{Deserialize, Serialize};

use crate::discovery::Metadata;
use crate::pkce;
use crate::problem::Problem;
use crate::settings::Settings;

/// A sign-in that this tab has started. Kept in `sessionStorage` until the response, and used once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Attempt {
    state: String,
    nonce: String,
    verifier: String,
    /// The fragment of the app's address, which names the room.
    fragment: String,
}

/// The parameters of a response.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Response {
    state: String,
    code: Option<String>,
    error: Option<String>,
    issuer: Option<String>,
}

impl Attempt {
    /// An attempt from three independent random numbers, started at the address with this fragment.
    pub fn new(random: [[u8; 32]; 3], fragment: &str) -> Self {
        let [state, nonce, verifier] = random.map(pkce::random_text);
        Self {
            state,
            nonce,
            verifier,
            fragment: fragment.to_owned(),
        }
    }

    /// The address that asks the issuer for a code. It redirects to `redirect_uri`.
    pub fn address(&self, settings: &Settings, metadata: &Metadata, redirect_uri: &str) -> String {
        let scope = settings.scope.as_deref().unwrap_or(metadata.scope());
        let mut query = Serializer::new(String::new());
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", &settings.client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("scope", scope)
            .append_pair("state", &self.state)
            .append_pair("nonce", &self.nonce)
            .append_pair("code_challenge", &pkce::challenge(&self.verifier))
            .append_pair("code_challenge_method", "S256");
        if let Some(audience) = &settings.audience {
            query.append_pair("audience", audience);
        }
        with_query(&metadata.authorization_endpoint, &query.finish())
    }

    /// The code in the response to this attempt.
    ///
    /// # Errors
    ///
    /// [`Problem::Unexpected`] if it is the response to another request or of another issuer, [`Problem::Denied`] if the
    /// issuer did not give a code, [`Problem::Unreachable`] if it failed temporarily.
    pub fn code<'a>(
        &self,
        response: &'a Response,
        settings: &Settings,
        metadata: &Metadata,
    ) -> Result<&'a str, Problem> {
        if response.state != self.state {
            return Err(Problem::Unexpected);
        }
        match &response.issuer {
            Some(issuer) if issuer.trim_end_matches('/') != settings.issuer => {
                return Err(Problem::Unexpected);
            }
            None if metadata.authorization_response_iss_parameter_supported => {
                return Err(Problem::Unexpected);
            }
            _ => {}
        }
        match (&response.code, response.error.as_deref()) {
            (Some(code), None) => Ok(code),
            (_, Some(error @ ("server_error" | "temporarily_unavailable"))) => {
                Err(Problem::Unreachable(error.to_owned()))
            }
            (
                _,
                Some(
                    error @ ("access_denied"
                    | "login_required"
                    | "consent_required"
                    | "interaction_required"),
                ),
            ) => Err(Problem::Denied(error.to_owned())),
            (_, Some(error)) => Err(Problem::Misconfigured(format!(
                "the issuer rejects the request: {error}"
            ))),
            (None, None) => Err(Problem::Unexpected),
        }
    }

    /// The form that exchanges the code for tokens.
    pub fn exchange(&self, settings: &Settings, code: &str, redirect_uri: &str) -> String {
        Serializer::new(String::new())
            .append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("client_id", &settings.client_id)
            .append_pair("code_verifier", &self.verifier)
            .finish()
    }

    /// The nonce that the ID token of this attempt must repeat.
    pub fn nonce(&self) -> &str {
        &self.nonce
    }

    /// The fragment of the address to return to.
    pub fn fragment(&self) -> &str {
        &self.fragment
    }
}

impl Response {
    /// Reads the query of the page's address. `None` if it is not a response.
    pub fn parse(query: &str) -> Option<Self> {
        let query = query.strip_prefix('?').unwrap_or(query);
        let mut response = Self::default();
        let mut has_state = false;
        for (name, value) in form_urlencoded::parse(query.as_bytes()) {
            match &*name {
                "state" => {
                    response.state = value.into_owned();
                    has_state = true;
                }
                "code" => response.code = Some(value.into_owned()),
                "error" => response.error = Some(value.into_owned()),
                "iss" => response.issuer = Some(value.into_owned()),
                _ => {}
            }
        }
        let is_response = has_state && (response.code.is_some() || response.error.is_some());
        is_response.then_some(response)
    }
}

/// The form that renews the tokens.
pub fn refresh(settings: &Settings, refresh_token: &str) -> String {
    Serializer::new(String::new())
        .append_pair("grant_type", "refresh_token")
        .append_pair("refresh_token", refresh_token)
        .append_pair("client_id", &settings.client_id)
        .finish()
}

/// The address that ends the session at the issuer and returns to `return_uri`: the parameters of OIDC, and
/// `logout_uri` for Amazon Cognito, which has its own name for the same.
pub(crate) fn end_session(
    endpoint: &str,
    settings: &Settings,
    id_token: Option<&str>,
    return_uri: &str,
) -> String {
    let mut query = Serializer::new(String::new());
    query
        .append_pair("client_id", &settings.client_id)
        .append_pair("post_logout_redirect_uri", return_uri)
        .append_pair("logout_uri", return_uri);
    if let Some(token) = id_token {
        query.append_pair("id_token_hint", token);
    }
    with_query(endpoint, &query.finish())
}

fn with_query(address: &str, query: &str) -> String {
    let separator = if address.contains('?') { '&' } else { '?' };
    format!("{address}{separator}{query}")
}

/// The address that the issuer returns to: the app's own, as it is registered there.
pub fn redirect_uri(origin: &str, path: &str) -> String {
    let folder = path.strip_suffix("index.html").unwrap_or(path);
    format!("{origin}{folder}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::discovery;

    const APP: &str = "https://chat.example/";

    fn settings() -> Settings {
        Settings {
            issuer: "https://id.example".to_owned(),
            client_id: "papo & co".to_owned(),
            scope: None,
            audience: None,
        }
    }

    fn metadata(more: &str) -> Metadata {
        let json = format!(
            r#"{{"issuer":"https://id.example","authorization_endpoint":"https://id.example/a?tenant=1",
            "token_endpoint":"https://id.example/t"{more}}}"#
        );
        discovery::parse(&json, "https://id.example").unwrap()
    }

    fn attempt() -> Attempt {
        Attempt::new([[1; 32], [2; 32], [3; 32]], "#/equipe")
    }

    #[track_caller]
    fn code(query: &str) -> Result<String, Problem> {
        let response = Response::parse(query).expect("a response");
        let code = attempt()
            .code(&response, &settings(), &metadata(""))?
            .to_owned();
        Ok(code)
    }

    fn state() -> String {
        attempt().state
    }

    #[test]
    fn the_request_has_a_challenge_and_keeps_the_endpoints_query() {
        let address = attempt().address(&settings(), &metadata(""), APP);
        let (endpoint, query) = address.split_once('?').unwrap();
        assert_eq!(endpoint, "https://id.example/a");
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        let value = |name: &str| {
            let mut found = pairs.iter().filter(|(key, _)| key == name);
            let value = found.next().map(|(_, value)| value.to_string());
            assert!(found.next().is_none(), "{name} is repeated");
            value.unwrap_or_default()
        };
        assert_eq!(value("tenant"), "1");
        assert_eq!(value("response_type"), "code");
        assert_eq!(value("client_id"), "papo & co");
        assert_eq!(value("redirect_uri"), APP);
        assert_eq!(value("scope"), "openid");
        assert_eq!(value("state"), state());
        assert_eq!(value("code_challenge_method"), "S256");
        assert_eq!(
            value("code_challenge"),
            pkce::challenge(&attempt().verifier)
        );
        assert_eq!(value("audience"), "");
        assert!(!address.contains(&attempt().verifier));
    }

    #[test]
    fn the_code_of_the_response_is_exchanged_with_the_verifier() {
        let query = format!("?code=a%2Bb&state={}", state());
        assert_eq!(code(&query).as_deref(), Ok("a+b"));
        let form = attempt().exchange(&settings(), "a+b", APP);
        assert!(form.contains("code=a%2Bb"), "{form}");
        assert!(form.contains(&format!("code_verifier={}", attempt().verifier)));
        assert!(form.contains("client_id=papo+%26+co"), "{form}");
    }

    #[test]
    fn a_response_to_another_request_or_of_another_issuer_is_rejected() {
        for query in [
            "code=a&state=".to_owned(),
            "code=a&state=other".to_owned(),
            format!("code=a&state={}&iss=https://evil.example", state()),
            format!("error=access_denied&state={}x", state()),
        ] {
            assert_eq!(code(&query), Err(Problem::Unexpected), "{query}");
        }
        let query = format!("code=a&state={}&iss=https%3A%2F%2Fid.example%2F", state());
        assert_eq!(code(&query).as_deref(), Ok("a"));
    }

    #[test]
    fn an_issuer_that_announces_its_name_in_responses_must_send_it() {
        let response = Response::parse(&format!("code=a&state={}", state())).unwrap();
        let metadata = metadata(r#","authorization_response_iss_parameter_supported":true"#);
        let code = attempt();
        let code = code.code(&response, &settings(), &metadata);
        assert_eq!(code, Err(Problem::Unexpected));
    }

    #[test]
    fn errors_of_the_issuer_are_told_apart() {
        let error = |name: &str| code(&format!("error={name}&state={}", state())).unwrap_err();
        assert!(matches!(error("access_denied"), Problem::Denied(_)));
        assert!(matches!(error("server_error"), Problem::Unreachable(_)));
        assert!(matches!(error("invalid_scope"), Problem::Misconfigured(_)));
    }

    #[test]
    fn other_queries_are_not_responses() {
        for query in [
            "",
            "?",
            "?api=ws://127.0.0.1:1",
            "?code=a",
            "?state=a",
            "?%",
            "?code&state",
        ] {
            let is_response = Response::parse(query).is_some();
            // The last one is a response with an empty code, which no attempt has asked for.
            assert_eq!(is_response, query == "?code&state", "{query}");
        }
    }

    #[test]
    fn the_visitor_returns_to_the_app_only() {
        assert_eq!(redirect_uri("https://chat.example", "/"), APP);
        assert_eq!(redirect_uri("https://chat.example", "/index.html"), APP);
        assert_eq!(redirect_uri("https://a", "/chat/"), "https://a/chat/");
        // A hostile fragment stays the fragment of the app's address.
        let hostile = Attempt::new([[0; 32]; 3], "#//evil.example/");
        let returned = format!("{APP}{}", hostile.fragment());
        assert_eq!(returned, "https://chat.example/#//evil.example/");
    }

    #[test]
    fn signing_out_names_the_client_and_the_way_back() {
        let address = end_session("https://id.example/out", &settings(), Some("id"), APP);
        assert!(address.starts_with("https://id.example/out?client_id=papo+%26+co&"));
        for parameter in [
            "post_logout_redirect_uri=https%3A%2F%2Fchat.example%2F",
            "logout_uri=https%3A%2F%2Fchat.example%2F",
            "id_token_hint=id",
        ] {
            assert!(address.contains(parameter), "{address}");
        }
    }
}
