//! JSON Web Tokens: parses them, verifies the signature and checks the claims. Pure.
//!
//! Verified with ring, which the TLS stack brings along. `jsonwebtoken` offers AWS-LC, which needs cmake to cross-compile,
//! and the `rsa` crate, which has an open advisory (RUSTSEC-2023-0071). Algorithms are limited to RS256 and ES256, the ones
//! that OIDC providers use; in particular, `none` and shared secrets are rejected. See RFC 7515, 7518 and 7519.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use papo_protocol::{PersonName, RoomName};
use ring::signature::{
    ECDSA_P256_SHA256_FIXED, RSA_PKCS1_2048_8192_SHA256, RsaPublicKeyComponents, UnparsedPublicKey,
};
use serde::Deserialize;
use serde_json::Value;
use serde_with::{As, OneOrMany, Same};

/// Longest token, in bytes. API Gateway limits all headers of a handshake to 10,240 bytes.
const MAX_BYTES: usize = 8 * 1024;

/// How much earlier than its `nbf` a token is accepted, in seconds: the issuer's clock may be ahead of ours.
const LEEWAY: i64 = 30;

/// Whether a token with this `exp` has expired at `now`, both in seconds since 1970.
///
/// The rule for handshakes, frames and broadcasts. It has no leeway: a token that one of them accepts and another rejects would
/// connect a client only to close its connection. Clients renew their tokens minutes before the end.
pub fn has_expired(exp: i64, now: i64) -> bool {
    exp <= now
}

/// Why a token was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// The client sent none.
    #[error("the client sent no token")]
    Missing,
    /// It is not a JSON Web Token of a supported form.
    #[error("the token is malformed")]
    Malformed,
    /// Its algorithm is not RS256 or ES256, or not the key's.
    #[error("the token's algorithm is not supported")]
    Algorithm,
    /// The issuer has no such key.
    #[error("the issuer does not have the token's key")]
    UnknownKey,
    /// The issuer's keys could not be fetched.
    #[error("the issuer's keys could not be fetched")]
    KeysUnavailable,
    /// The signature does not match.
    #[error("the token's signature is invalid")]
    Signature,
    /// It has expired or is not valid yet.
    #[error("the token has expired or is not valid yet")]
    Expired,
    /// It was issued by another issuer, or for another application.
    #[error("the token has another issuer or audience")]
    Audience,
}

/// A public key of the issuer, as its JWKS document lists it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Jwk {
    /// Identifies the key.
    #[serde(default)]
    pub kid: String,
    #[serde(flatten)]
    material: Material,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "kty")]
enum Material {
    #[serde(rename = "RSA")]
    Rsa { n: String, e: String },
    #[serde(rename = "EC")]
    Ec { crv: String, x: String, y: String },
}

/// A token whose signature has not been verified.
#[derive(Clone, Debug)]
pub struct Unverified<'a> {
    header: Header,
    signed: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

#[derive(Clone, Debug, Deserialize)]
struct Header {
    alg: String,
    #[serde(default)]
    kid: String,
    /// Extensions that a verifier must understand. None is supported.
    #[serde(default)]
    crit: Option<serde::de::IgnoredAny>,
}

/// Splits and decodes a token.
///
/// # Errors
///
/// [`TokenError::Malformed`].
pub fn parse(token: &str) -> Result<Unverified<'_>, TokenError> {
    let (signed, signature) = token
        .rsplit_once('.')
        .filter(|_| token.len() <= MAX_BYTES)
        .ok_or(TokenError::Malformed)?;
    let (header, payload) = signed.split_once('.').ok_or(TokenError::Malformed)?;
    let header: Header =
        serde_json::from_slice(&decode(header)?).map_err(|_| TokenError::Malformed)?;
    if header.crit.is_some() {
        return Err(TokenError::Malformed);
    }
    Ok(Unverified {
        header,
        signed,
        payload: decode(payload)?,
        signature: decode(signature)?,
    })
}

fn decode(text: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD
        .decode(text)
        .map_err(|_| TokenError::Malformed)
}

impl Unverified<'_> {
    /// The id of the key that signed it.
    pub(crate) fn key_id(&self) -> &str {
        &self.header.kid
    }

    /// Verifies the signature and returns the claims, which are still unchecked.
    ///
    /// # Errors
    ///
    /// [`TokenError::Algorithm`], [`TokenError::Signature`] or [`TokenError::Malformed`].
    pub fn verify(&self, key: &Jwk) -> Result<Claims, TokenError> {
        let signed = self.signed.as_bytes();
        let verified = match (&key.material, self.header.alg.as_str()) {
            (Material::Rsa { n, e }, "RS256") => {
                let (n, e) = (decode(n)?, decode(e)?);
                RsaPublicKeyComponents { n, e }.verify(
                    &RSA_PKCS1_2048_8192_SHA256,
                    signed,
                    &self.signature,
                )
            }
            (Material::Ec { crv, x, y }, "ES256") if crv == "P-256" => {
                // An uncompressed point: SEC 1, section 2.3.3.
                let point = [vec![4], decode(x)?, decode(y)?].concat();
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_FIXED, point)
                    .verify(signed, &self.signature)
            }
            _ => return Err(TokenError::Algorithm),
        };
        verified.map_err(|_| TokenError::Signature)?;
        serde_json::from_slice(&self.payload).map_err(|_| TokenError::Malformed)
    }
}

/// The claims that are used.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Claims {
    /// The issuer's id of the user.
    pub sub: String,
    /// When the token expires, in seconds since 1970.
    pub exp: i64,
    iss: String,
    #[serde(default)]
    nbf: Option<i64>,
    #[serde(default, with = "As::<OneOrMany<Same>>")]
    aud: Vec<String>,
    /// Access tokens of Amazon Cognito have this instead of `aud`. Beside an `aud`, it only says which application asked for the
    /// token, possibly for another service (RFC 9068, section 2.2).
    #[serde(default)]
    client_id: Option<String>,
    #[serde(default)]
    rooms: Option<Vec<String>>,
    /// Of any type: a strange name must not keep its owner out.
    #[serde(default)]
    name: Value,
}

impl Claims {
    /// Checks issuer, audience and times. `now` is in seconds since 1970.
    ///
    /// # Errors
    ///
    /// [`TokenError::Audience`] or [`TokenError::Expired`].
    pub fn check(&self, issuer: &str, audiences: &[String], now: i64) -> Result<(), TokenError> {
        let client_id = self.client_id.iter().filter(|_| self.aud.is_empty());
        let mut audience = self.aud.iter().chain(client_id);
        if self.iss.trim_end_matches('/') != issuer
            || !audience.any(|audience| audiences.contains(audience))
        {
            return Err(TokenError::Audience);
        }
        let is_early = self.nbf.is_some_and(|nbf| nbf.saturating_sub(LEEWAY) > now);
        if has_expired(self.exp, now) || is_early {
            return Err(TokenError::Expired);
        }
        Ok(())
    }

    /// Whether the user may enter `room`. Without a `rooms` claim, all rooms are allowed.
    pub(crate) fn may_enter(&self, room: &str) -> bool {
        let rooms = self.rooms.as_ref();
        rooms.is_none_or(|rooms| rooms.iter().any(|allowed| allowed == room))
    }

    /// The user's name, if the token has one that the chat allows.
    pub(crate) fn name(&self) -> Option<PersonName> {
        PersonName::parse(self.name.as_str()?).ok()
    }

    /// The rooms that the user may read, separated by commas, which names of rooms do not contain. `None` allows all.
    pub(crate) fn rooms(&self) -> Option<String> {
        let rooms = self.rooms.as_ref()?.iter();
        let rooms = rooms.filter(|room| RoomName::parse(room.as_str()).is_ok());
        Some(rooms.map(String::as_str).collect::<Vec<_>>().join(","))
    }
}
