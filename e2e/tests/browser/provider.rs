//! An OpenID Connect provider on the loopback interface: authorization code flow with PKCE, refresh tokens that are usable
//! once, and sign-out. It shows no page: every visitor is the person that the test has chosen.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Request, StatusCode};
use papo_e2e::http_server::{self, Reply};
use ring::digest::{SHA256, digest};
use serde_json::{Value, json};

use crate::issuer::{Issuer, now};

/// The app's id.
pub(crate) const CLIENT_ID: &str = "papo";

/// Serves until the process ends.
pub(crate) struct Provider {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

/// What a test can change and see.
pub(crate) struct State {
    /// Who signs in.
    pub(crate) person: &'static str,
    /// How long tokens are valid, in seconds.
    pub(crate) lifetime: u64,
    /// Whether the person declines.
    pub(crate) denies: bool,
    /// Whether connections are closed without an answer.
    pub(crate) is_down: bool,
    /// How many times a code was exchanged.
    pub(crate) sign_ins: usize,
    /// How many times tokens were renewed.
    pub(crate) renewals: usize,
    /// How many times a code or a refresh token was refused.
    pub(crate) refusals: usize,
    /// How many times a session was ended.
    pub(crate) sign_outs: usize,
    /// Codes that were given and not exchanged.
    codes: HashMap<String, Code>,
    /// The valid refresh tokens and the people they belong to.
    refresh_tokens: HashMap<String, &'static str>,
    /// The number of the next code or refresh token.
    next: usize,
}

struct Code {
    person: &'static str,
    challenge: String,
    nonce: String,
    redirect_uri: String,
}

impl Provider {
    pub(crate) fn start() -> Result<Self> {
        let state = Arc::new(Mutex::new(State {
            person: "ana",
            lifetime: 3_600,
            denies: false,
            is_down: false,
            sign_ins: 0,
            renewals: 0,
            refusals: 0,
            sign_outs: 0,
            codes: HashMap::new(),
            refresh_tokens: HashMap::new(),
            next: 0,
        }));
        let (served, keys) = (Arc::clone(&state), Issuer::start());
        let address = http_server::serve(move |request| {
            reply(&request, &keys, &served).unwrap_or(Reply::Close)
        })?;
        Ok(Self { address, state })
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        lock(&self.state)
    }
}

impl State {
    /// Ends all sessions: no refresh token is valid any more.
    pub(crate) fn revoke(&mut self) {
        self.refresh_tokens.clear();
    }

    fn fresh(&mut self, kind: &str) -> String {
        self.next += 1;
        format!("{kind}-{}", self.next)
    }

    /// Redirects to the app with a code, or an error.
    fn authorize(&mut self, query: &HashMap<String, String>) -> Result<String> {
        let value = |name: &str| query.get(name).cloned().with_context(|| name.to_owned());
        let redirect_uri = value("redirect_uri")?;
        let result = if self.denies {
            "error=access_denied".to_owned()
        } else {
            let code = self.fresh("code");
            let given = Code {
                person: self.person,
                challenge: value("code_challenge")?,
                nonce: value("nonce")?,
                redirect_uri: redirect_uri.clone(),
            };
            self.codes.insert(code.clone(), given);
            format!("code={code}")
        };
        Ok(format!("{redirect_uri}?{result}&state={}", value("state")?))
    }

    /// Answers a request for tokens. `None` if it is not valid.
    fn grant(&mut self, url: &str, keys: &Issuer, form: &HashMap<String, String>) -> Option<Value> {
        let mut id = json!({ "iss": url, "aud": CLIENT_ID });
        let person = if form.get("grant_type")? == "refresh_token" {
            let person = self.refresh_tokens.remove(form.get("refresh_token")?)?;
            self.renewals += 1;
            person
        } else {
            let code = self.codes.remove(form.get("code")?)?;
            let challenge = digest(&SHA256, form.get("code_verifier")?.as_bytes());
            if URL_SAFE_NO_PAD.encode(challenge) != code.challenge
                || *form.get("redirect_uri")? != code.redirect_uri
                || form.get("client_id")? != CLIENT_ID
            {
                return None;
            }
            self.sign_ins += 1;
            id["nonce"] = code.nonce.into();
            code.person
        };
        id["sub"] = person.into();
        let refresh = self.fresh("refresh");
        self.refresh_tokens.insert(refresh.clone(), person);
        let access =
            json!({ "iss": url, "sub": person, "iat": now(), "exp": now() + self.lifetime });
        Some(json!({
            "access_token": keys.token(&access),
            "id_token": keys.token(&id),
            "refresh_token": refresh,
            "token_type": "Bearer",
            "expires_in": self.lifetime,
        }))
    }
}

fn lock(state: &Mutex<State>) -> MutexGuard<'_, State> {
    state.lock().unwrap_or_else(PoisonError::into_inner)
}

fn reply(request: &Request<Bytes>, keys: &Issuer, state: &Mutex<State>) -> Result<Reply> {
    let mut state = lock(state);
    if state.is_down {
        return Ok(Reply::Close);
    }
    let url = http_server::own_url(request);
    let pairs = |text: &[u8]| -> HashMap<String, String> {
        form_urlencoded::parse(text).into_owned().collect()
    };
    let query = pairs(request.uri().query().unwrap_or_default().as_bytes());
    Ok(match request.uri().path() {
        "/.well-known/openid-configuration" => {
            let document = json!({
                "issuer": url,
                "authorization_endpoint": format!("{url}/authorize"),
                "token_endpoint": format!("{url}/token"),
                "end_session_endpoint": format!("{url}/end"),
                "jwks_uri": format!("{}/keys", keys.url()),
            });
            Reply::json(StatusCode::OK, &document)
        }
        "/authorize" => Reply::redirect(&state.authorize(&query)?),
        "/token" => {
            if let Some(tokens) = state.grant(&url, keys, &pairs(request.body())) {
                Reply::json(StatusCode::OK, &tokens)
            } else {
                state.refusals += 1;
                let error = json!({ "error": "invalid_grant" });
                Reply::json(StatusCode::BAD_REQUEST, &error)
            }
        }
        "/end" => {
            state.sign_outs += 1;
            let back = query.get("post_logout_redirect_uri");
            Reply::redirect(back.context("no way back")?)
        }
        _ => Reply::json(StatusCode::NOT_FOUND, &Value::Null),
    })
}
