//! `authorizerWS`: decides who may connect.
//!
//! The authorizer is always in place, because SAM does not allow a conditional one; without an issuer it admits every client as
//! anonymous. Otherwise a client needs a token of an OIDC issuer, which it sends as a sub-protocol:
//! `Sec-WebSocket-Protocol: papo.v1, bearer.<token>`. Queries end up in logs, and browsers cannot set other headers.
//!
//! | what | answer |
//! |---|---|
//! | missing or wrong secret of the distribution in front of the API | 403 |
//! | `Origin` that is not in the list; clients other than browsers send none | 403 |
//! | no token, or one that is malformed, expired, or of another issuer or audience | 401 |
//! | `?room=` that the token's `rooms` claim does not list; without the claim, all rooms are allowed | 403 |
//!
//! The health check has no account at the issuer. It sends a secret instead of a token, which admits it to its
//! own room only, for a minute.
//!
//! [`token`] verifies tokens, [`jwks`] fetches the issuer's keys.

pub mod jwks;

pub mod token;

use std::collections::HashMap;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use lambda_runtime::{Diagnostic, LambdaEvent};
use ring::digest::{SHA256, digest};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use crate::address;
use crate::start::{
    ALLOWED_ORIGINS, AUDIENCE, HEALTH_CHECK_SECRET, ISSUER, ORIGIN_SECRET, PREVIOUS_ORIGIN_SECRET,
};
use jwks::{FetchJson, KeySet};
use token::{Claims, TokenError};

/// The sub-protocol that every client of the app offers.
pub const PROTOCOL: &str = "papo.v1";

const BEARER: &str = "bearer.";

/// The header that CloudFront adds, so that the API cannot be reached around it.
pub(crate) const SECRET_HEADER: &str = "x-origin-secret";

/// The header with the secret of the health check.
pub(crate) const HEALTH_CHECK_HEADER: &str = "x-health-check";

/// The room of the health check.
pub(crate) const HEALTH_CHECK_ROOM: &str = "health-check";

/// The value of `PreviousOriginSecret` while a first secret is introduced: there was none before.
const NO_SECRET: &str = "none";

/// How long a connection of the health check may act, in seconds.
const HEALTH_CHECK_SECONDS: i64 = 60;

/// Settings from the template.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The issuer of tokens. `None` admits anonymous clients.
    pub issuer: Option<String>,
    /// The accepted values of `aud`, or of `client_id` in access tokens of Amazon Cognito.
    pub audiences: Vec<String>,
    /// The accepted `Origin` headers. Empty accepts all.
    pub origins: Vec<String>,
    /// The values of [`SECRET_HEADER`] by which a request from the distribution is known: the present one, and while it is
    /// rotated the previous one.
    pub secrets: Vec<String>,
    /// Whether requests must come from the distribution. They need not if there is no secret, or while a first one is introduced.
    pub requires_secret: bool,
    /// The value of [`HEALTH_CHECK_HEADER`] that replaces a token in [`HEALTH_CHECK_ROOM`].
    pub health_check_secret: Option<String>,
}

impl Settings {
    /// Reads the settings as the template writes them: lists are separated by commas, empty values are not set. `variable`
    /// returns the value of an environment variable, or an empty string.
    pub fn read(variable: impl Fn(&'static str) -> String) -> Self {
        let optional = |value: String| Some(value).filter(|value| !value.is_empty());
        let list = |name| {
            let values = variable(name);
            let values = values.split(',').map(str::trim);
            let values = values.filter(|value| !value.is_empty() && *value != "*");
            values.map(str::to_owned).collect()
        };
        let previous = optional(variable(PREVIOUS_ORIGIN_SECRET));
        let is_first = previous.as_deref() == Some(NO_SECRET);
        let secrets: Vec<_> = [
            optional(variable(ORIGIN_SECRET)),
            previous.filter(|_| !is_first),
        ]
        .into_iter()
        .flatten()
        .collect();
        Self {
            issuer: optional(variable(ISSUER).trim_end_matches('/').to_owned()),
            audiences: list(AUDIENCE),
            origins: list(ALLOWED_ORIGINS),
            requires_secret: !secrets.is_empty() && !is_first,
            secrets,
            health_check_secret: optional(variable(HEALTH_CHECK_SECRET)),
        }
    }
}

/// The event of a `REQUEST` authorizer.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AuthorizerEvent {
    method_arn: String,
    #[serde(default)]
    headers: Option<HashMap<String, Value>>,
    #[serde(default)]
    query_string_parameters: Option<HashMap<String, Value>>,
}

impl AuthorizerEvent {
    fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter().flatten();
        let (_, value) = headers.find(|(key, _)| key.eq_ignore_ascii_case(name))?;
        value.as_str()
    }

    fn token(&self) -> Option<&str> {
        let protocols = self.header("sec-websocket-protocol")?.split(',');
        protocols
            .map(str::trim)
            .find_map(|protocol| protocol.strip_prefix(BEARER))
    }

    /// The client's address, if the request came from the distribution. Otherwise the client could have written the header itself.
    fn viewer(&self, settings: &Settings) -> Option<&str> {
        let forwarded = self.header("x-forwarded-for")?;
        comes_from_distribution(settings, self)
            .then(|| address::forwarded(forwarded))
            .flatten()
    }

    fn room(&self) -> &str {
        let query = self.query_string_parameters.as_ref();
        let room = query.and_then(|query| query.get("room")?.as_str());
        room.unwrap_or("main")
    }
}

/// The decision, as API Gateway expects it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Decision {
    principal_id: String,
    policy_document: Value,
    context: HashMap<&'static str, String>,
}

impl Decision {
    fn new(effect: &str, event: &AuthorizerEvent, principal_id: String) -> Self {
        Self {
            principal_id,
            policy_document: json!({
                "Version": "2012-10-17",
                "Statement": [{
                    "Action": "execute-api:Invoke",
                    "Effect": effect,
                    "Resource": event.method_arn,
                }],
            }),
            context: HashMap::new(),
        }
    }

    /// Admits a client that has no account.
    fn admit_anonymous(settings: &Settings, event: &AuthorizerEvent) -> Self {
        let address = event.viewer(settings).map(str::to_owned);
        Self::new("Allow", event, "anonymous".to_owned()).with("address", address)
    }

    /// Admits a user until `expires_at`, in seconds since 1970.
    fn admit(event: &AuthorizerEvent, person_id: &str, expires_at: i64) -> Self {
        let context = HashMap::from([
            ("personId", person_id.to_owned()),
            ("expiresAt", expires_at.to_string()),
        ]);
        Self {
            context,
            ..Self::new("Allow", event, person_id.to_owned())
        }
    }

    /// Passes on `value`, if there is one.
    fn with(mut self, name: &'static str, value: Option<String>) -> Self {
        self.context.extend(value.map(|value| (name, value)));
        self
    }

    fn deny(event: &AuthorizerEvent) -> Self {
        Self::new("Deny", event, "denied".to_owned())
    }
}

/// The handshake is answered with 401.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct Unauthorized(#[from] TokenError);

impl From<Unauthorized> for Diagnostic {
    fn from(_: Unauthorized) -> Self {
        // API Gateway answers 401 to this text and 500 to any other.
        Self {
            error_type: "Unauthorized".to_owned(),
            error_message: "Unauthorized".to_owned(),
        }
    }
}

/// Handles one handshake. `now` is in seconds since 1970.
///
/// # Errors
///
/// [`Unauthorized`] if the client needs a valid token and has none.
pub async fn handle(
    settings: &Settings,
    keys: &KeySet<impl FetchJson>,
    event: LambdaEvent<AuthorizerEvent>,
    now: i64,
) -> Result<Decision, Unauthorized> {
    let event = event.payload;
    if !has_required_secret(settings, &event) || !has_allowed_origin(settings, &event) {
        tracing::info!("rejected: origin");
        return Ok(Decision::deny(&event));
    }
    let Some(issuer) = &settings.issuer else {
        return Ok(Decision::admit_anonymous(settings, &event));
    };
    if is_health_check(settings, &event) {
        let expires_at = now.saturating_add(HEALTH_CHECK_SECONDS);
        let rooms = Some(HEALTH_CHECK_ROOM.to_owned());
        let decision = Decision::admit(&event, "health-check", expires_at);
        return Ok(decision.with("rooms", rooms));
    }
    let claims = match verify(settings, issuer, keys, &event, now).await {
        Ok(claims) => claims,
        Err(error) => {
            tracing::info!(%error, "rejected: token");
            return Err(error.into());
        }
    };
    if !claims.may_enter(event.room()) {
        tracing::info!("rejected: room");
        return Ok(Decision::deny(&event));
    }
    let person_id = person_id(issuer, &claims.sub);
    let name = claims.name().map(|name| name.as_str().to_owned());
    let decision = Decision::admit(&event, &person_id, claims.exp);
    Ok(decision.with("rooms", claims.rooms()).with("name", name))
}

async fn verify(
    settings: &Settings,
    issuer: &str,
    keys: &KeySet<impl FetchJson>,
    event: &AuthorizerEvent,
    now: i64,
) -> Result<Claims, TokenError> {
    let token = token::parse(event.token().ok_or(TokenError::Missing)?)?;
    let key = keys.find(token.key_id(), now).await?;
    let claims = token.verify(&key)?;
    claims.check(issuer, &settings.audiences, now)?;
    Ok(claims)
}

fn has_required_secret(settings: &Settings, event: &AuthorizerEvent) -> bool {
    !settings.requires_secret || comes_from_distribution(settings, event)
}

fn comes_from_distribution(settings: &Settings, event: &AuthorizerEvent) -> bool {
    let mut secrets = settings.secrets.iter();
    secrets.any(|secret| has_secret(event, SECRET_HEADER, secret))
}

fn is_health_check(settings: &Settings, event: &AuthorizerEvent) -> bool {
    let secret = settings.health_check_secret.as_deref();
    event.room() == HEALTH_CHECK_ROOM
        && secret.is_some_and(|secret| has_secret(event, HEALTH_CHECK_HEADER, secret))
}

/// Compares digests, so that the time taken reveals nothing about the secret.
fn has_secret(event: &AuthorizerEvent, header: &str, secret: &str) -> bool {
    let given = event.header(header).unwrap_or_default();
    digest(&SHA256, given.as_bytes()).as_ref() == digest(&SHA256, secret.as_bytes()).as_ref()
}

fn has_allowed_origin(settings: &Settings, event: &AuthorizerEvent) -> bool {
    match event.header("origin") {
        Some(origin) if !settings.origins.is_empty() => {
            settings.origins.iter().any(|allowed| allowed == origin)
        }
        Some(_) | None => true,
    }
}

/// Identifies a user without revealing the issuer's id for them.
fn person_id(issuer: &str, sub: &str) -> String {
    let hash = digest(&SHA256, format!("{issuer}\n{sub}").as_bytes());
    URL_SAFE_NO_PAD.encode(&hash.as_ref()[..16])
}
