//! An `OpenID` Connect provider on the loopback interface: authorization code flow with PKCE, refresh tokens that are usable
//! once, and sign-out. It shows no page: every visitor is the person that the test has chosen.

use std::collections::HashMap;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use anyhow::{Context as _, Result};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
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
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let provider = Self {
            address: listener.local_addr()?,
            state: Arc::new(Mutex::new(State {
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
            })),
        };
        let (url, state) = (provider.url(), Arc::clone(&provider.state));
        let keys = Arc::new(Issuer::start());
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let (url, state, keys) = (url.clone(), Arc::clone(&state), Arc::clone(&keys));
                // Browsers open connections that they may need later. One that goes away is not the provider's concern.
                std::thread::spawn(move || serve(&stream, &url, &keys, &state));
            }
        });
        Ok(provider)
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

fn serve(stream: &TcpStream, url: &str, keys: &Issuer, state: &Mutex<State>) -> Result<()> {
    let mut reader = BufReader::new(stream);
    let mut first = String::new();
    reader.read_line(&mut first)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        let line = line.trim().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
        if line.is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body)?;
    let mut state = lock(state);
    if state.is_down {
        return Ok(());
    }
    let target = first.split(' ').nth(1).unwrap_or_default();
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let pairs = |text: &[u8]| form_urlencoded::parse(text).into_owned().collect();
    match path {
        "/.well-known/openid-configuration" => {
            let document = json!({
                "issuer": url,
                "authorization_endpoint": format!("{url}/authorize"),
                "token_endpoint": format!("{url}/token"),
                "end_session_endpoint": format!("{url}/end"),
                "jwks_uri": format!("{}/keys", keys.url()),
            });
            answer(stream, "200 OK", &document)
        }
        "/authorize" => redirect(stream, &state.authorize(&pairs(query.as_bytes()))?),
        "/token" => {
            if let Some(tokens) = state.grant(url, keys, &pairs(&body)) {
                return answer(stream, "200 OK", &tokens);
            }
            state.refusals += 1;
            let error = json!({ "error": "invalid_grant" });
            answer(stream, "400 Bad Request", &error)
        }
        "/end" => {
            state.sign_outs += 1;
            let query: HashMap<String, String> = pairs(query.as_bytes());
            let back = query.get("post_logout_redirect_uri");
            redirect(stream, back.context("no way back")?)
        }
        _ => answer(stream, "404 Not Found", &Value::Null),
    }
}

fn answer(mut stream: &TcpStream, status: &str, body: &Value) -> Result<()> {
    let body = body.to_string();
    let length = body.len();
    write!(
        stream,
        "HTTP/1.1 {status}\r\ncontent-type: application/json\r\naccess-control-allow-origin: *\r\n\
         content-length: {length}\r\nconnection: close\r\n\r\n{body}"
    )?;
    Ok(())
}

fn redirect(mut stream: &TcpStream, location: &str) -> Result<()> {
    write!(
        stream,
        "HTTP/1.1 302 Found\r\nlocation: {location}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n"
    )?;
    Ok(())
}
