//! The answer of the token endpoint.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_with::{As, OneOrMany, Same};

use crate::problem::Problem;
use crate::settings::Settings;

/// The tokens of a signed-in person.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tokens {
    /// The bearer token for the back end: a JSON Web Token.
    pub bearer: String,
    /// When it was received, in milliseconds since 1970.
    pub issued_at: i64,
    /// When it expires by this browser's clock, in milliseconds since 1970.
    pub expires_at: i64,
    /// The token that renews the others, if the issuer gave one.
    pub refresh: Option<String>,
    /// Identifies the session when signing out.
    pub id: Option<String>,
    /// The issuer's id of the person.
    pub sub: String,
}

/// An answer with tokens (RFC 6749, section 5.1).
#[derive(Debug, Deserialize)]
struct Granted {
    access_token: String,
    #[serde(default)]
    expires_in: Option<i64>,
    #[serde(default)]
    refresh_token: Option<String>,
    #[serde(default)]
    id_token: Option<String>,
}

/// An answer without tokens (section 5.2).
#[derive(Debug, Deserialize)]
struct Rejected {
    error: String,
}

/// The claims that the app reads. The back end verifies the token; here the claims only schedule its renewal and identify the
/// person, and they come from the issuer over TLS.
#[derive(Debug, Deserialize)]
struct Claims {
    #[serde(default)]
    iss: String,
    sub: String,
    #[serde(default, with = "As::<OneOrMany<Same>>")]
    aud: Vec<String>,
    #[serde(default)]
    nonce: Option<String>,
    #[serde(default)]
    iat: Option<i64>,
    #[serde(default)]
    exp: Option<i64>,
}

/// The claims of a JSON Web Token. `None` for any other token.
fn claims(token: &str) -> Option<Claims> {
    let mut parts = token.split('.');
    let (_, payload, _) = (parts.next()?, parts.next()?, parts.next()?);
    if parts.next().is_some() {
        return None;
    }
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).ok()?).ok()
}

/// Reads an answer with this HTTP status. `now` is in milliseconds since 1970.
///
/// # Errors
///
/// [`Problem::Denied`] if the code or refresh token is not valid (any more), [`Problem::Unreachable`] if the issuer failed,
/// [`Problem::Misconfigured`] for everything else that is not an answer with a usable token.
pub fn parse(status: u16, body: &str, now: i64) -> Result<Tokens, Problem> {
    if status >= 500 || status == 429 {
        return Err(Problem::Unreachable(format!(
            "the token endpoint answered {status}"
        )));
    }
    if !(200..300).contains(&status) {
        let rejected: Option<Rejected> = serde_json::from_str(body).ok();
        return Err(match rejected {
            Some(Rejected { error }) if error == "invalid_grant" => Problem::Denied(error),
            Some(Rejected { error }) => {
                Problem::Misconfigured(format!("the token endpoint answered {status} with {error}"))
            }
            None => Problem::Misconfigured(format!("the token endpoint answered {status}")),
        });
    }
    let granted: Granted = serde_json::from_str(body).map_err(|error| {
        Problem::Misconfigured(format!("the token endpoint sent no tokens: {error}"))
    })?;
    // Some issuers give opaque access tokens. The ID token is for this client, whose id can be the audience that the back end
    // accepts.
    let with_claims = |token: &str| Some((token.to_owned(), claims(token)?));
    let (bearer, claims) = with_claims(&granted.access_token)
        .or_else(|| with_claims(granted.id_token.as_deref()?))
        .ok_or_else(|| Problem::Misconfigured("the issuer gave no JSON Web Token".to_owned()))?;
    // A lifetime, because the issuer's clock may differ from this one.
    let lifetime = claims
        .exp
        .zip(claims.iat)
        .map(|(exp, iat)| exp.saturating_sub(iat));
    let lifetime = lifetime.or(granted.expires_in).filter(|it| *it > 0);
    let lifetime = lifetime.ok_or_else(|| {
        Problem::Misconfigured("the issuer does not say how long the token is valid".to_owned())
    })?;
    Ok(Tokens {
        bearer,
        issued_at: now,
        expires_at: now.saturating_add(lifetime.saturating_mul(1_000)),
        refresh: granted.refresh_token,
        id: granted.id_token,
        sub: claims.sub,
    })
}

impl Tokens {
    /// Checks the ID token of a new sign-in (OIDC Core 1.0, section 3.1.3.7): it is for this client, and the answer
    /// to this request. Its signature need not be verified, because it comes from the token endpoint.
    ///
    /// # Errors
    ///
    /// [`Problem::Unexpected`].
    pub fn check(&self, settings: &Settings, nonce: &str) -> Result<(), Problem> {
        let Some(id) = &self.id else { return Ok(()) };
        let claims = claims(id).ok_or(Problem::Unexpected)?;
        let is_ours = claims.iss.trim_end_matches('/') == settings.issuer
            && claims.aud.contains(&settings.client_id)
            && claims.nonce.as_deref() == Some(nonce)
            && claims.sub == self.sub;
        is_ours.then_some(()).ok_or(Problem::Unexpected)
    }

    /// These tokens, completed with the tokens that a renewal did not repeat.
    #[must_use]
    pub(crate) fn completed_by(mut self, previous: &Self) -> Self {
        self.refresh = self.refresh.or_else(|| previous.refresh.clone());
        self.id = self.id.or_else(|| previous.id.clone());
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const NOW: i64 = 1_700_000_000_000;

    fn token(claims: &Value) -> String {
        format!("e30.{}.c2ln", URL_SAFE_NO_PAD.encode(claims.to_string()))
    }

    fn access() -> String {
        token(&json!({ "sub": "ana", "iat": 5_000, "exp": 8_600 }))
    }

    fn answer(json: &Value) -> Result<Tokens, Problem> {
        parse(200, &json.to_string(), NOW)
    }

    #[test]
    fn the_token_is_valid_for_its_lifetime_whatever_the_clocks_say() {
        let tokens = answer(&json!({ "access_token": access(), "expires_in": 1 })).unwrap();
        assert_eq!(tokens.expires_at, NOW + 3_600_000);
        assert_eq!(tokens.sub, "ana");
        let without_times = token(&json!({ "sub": "ana" }));
        let answered = json!({ "access_token": without_times, "expires_in": 60 });
        assert_eq!(answer(&answered).unwrap().expires_at, NOW + 60_000);
        let without = json!({ "access_token": without_times });
        assert!(matches!(answer(&without), Err(Problem::Misconfigured(_))));
    }

    #[test]
    fn the_id_token_replaces_an_access_token_that_only_the_issuer_can_read() {
        let id = token(&json!({ "sub": "ana", "iat": 0, "exp": 60 }));
        let tokens = answer(&json!({ "access_token": "opaque", "id_token": id })).unwrap();
        assert_eq!(tokens.bearer, id);
        assert!(answer(&json!({ "access_token": "opaque", "expires_in": 9 })).is_err());
    }

    #[test]
    fn an_id_token_for_another_client_or_request_is_rejected() {
        let settings = Settings {
            issuer: "https://id.example".to_owned(),
            client_id: "papo".to_owned(),
            scope: None,
            audience: None,
        };
        let check = |changes: Value| {
            let mut claims =
                json!({ "iss": "https://id.example/", "sub": "ana", "aud": "papo", "nonce": "n" });
            for (name, value) in changes.as_object().into_iter().flatten() {
                claims[name] = value.clone();
            }
            let answered = json!({ "access_token": access(), "id_token": token(&claims) });
            answer(&answered).unwrap().check(&settings, "n")
        };
        assert_eq!(check(json!({})), Ok(()));
        assert_eq!(check(json!({ "aud": ["other", "papo"] })), Ok(()));
        for changes in [
            json!({ "iss": "https://evil.example" }),
            json!({ "aud": "other" }),
            json!({ "nonce": "other" }),
            json!({ "nonce": null }),
            json!({ "sub": "bruno" }),
        ] {
            assert_eq!(
                check(changes.clone()),
                Err(Problem::Unexpected),
                "{changes}"
            );
        }
    }

    #[test]
    fn answers_without_a_token_are_classified() {
        let denied = parse(400, r#"{"error":"invalid_grant"}"#, NOW);
        assert_eq!(denied, Err(Problem::Denied("invalid_grant".to_owned())));
        assert!(matches!(parse(503, "", NOW), Err(Problem::Unreachable(_))));
        assert!(matches!(
            parse(429, "{}", NOW),
            Err(Problem::Unreachable(_))
        ));
        for (status, body) in [
            (400, r#"{"error":"invalid_client"}"#),
            (404, "<html>"),
            (200, ""),
            (200, "[]"),
            (200, r#"{"access_token":1}"#),
            (200, r#"{"access_token":"a.b.c","expires_in":1}"#),
            (302, ""),
        ] {
            let answer = parse(status, body, NOW);
            assert!(
                matches!(answer, Err(Problem::Misconfigured(_))),
                "{body}: {answer:?}"
            );
        }
    }

    #[test]
    fn a_renewal_keeps_tokens_that_the_answer_does_not_repeat() {
        let first = answer(&json!({ "access_token": access(), "refresh_token": "r1" })).unwrap();
        let again = answer(&json!({ "access_token": access() })).unwrap();
        assert_eq!(again.completed_by(&first).refresh.as_deref(), Some("r1"));
        let other = answer(&json!({ "access_token": access(), "refresh_token": "r2" })).unwrap();
        assert_eq!(other.completed_by(&first).refresh.as_deref(), Some("r2"));
    }
}
