//! An OpenID Connect issuer for the tests of the authorizer.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use papo_lambdas::authorizer::jwks::FetchJson;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use serde_json::{Value, json};

use super::NOW;

pub(super) const ISSUER: &str = "https://issuer.example";

/// An issuer with one key.
pub(super) struct Issuer {
    key: EcdsaKeyPair,
    pub(super) requests: AtomicUsize,
    pub(super) is_down: AtomicBool,
}

impl Issuer {
    pub(super) fn new() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self {
            key: EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap(),
            requests: AtomicUsize::new(0),
            is_down: AtomicBool::new(false),
        }
    }

    pub(super) fn token(&self, header: Value, claims: Value) -> String {
        let part = |json: Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let signed = format!("{}.{}", part(header), part(claims));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes());
        let signature = URL_SAFE_NO_PAD.encode(signature.unwrap());
        format!("{signed}.{signature}")
    }

    /// A valid token with other claims.
    pub(super) fn token_with(&self, changes: Value) -> String {
        let mut claims = json!({ "iss": ISSUER, "sub": "ana", "aud": "papo", "exp": NOW + 3_600 });
        for (name, value) in changes.as_object().unwrap() {
            claims[name] = value.clone();
        }
        self.token(json!({ "alg": "ES256", "kid": "k1" }), claims)
    }
}

impl FetchJson for &Issuer {
    async fn fetch(&self, url: &str) -> Option<Value> {
        self.requests.fetch_add(1, Ordering::Relaxed);
        if self.is_down.load(Ordering::Relaxed) {
            return None;
        }
        match url.strip_prefix(ISSUER)? {
            "/.well-known/openid-configuration" => {
                Some(json!({ "issuer": ISSUER, "jwks_uri": format!("{ISSUER}/keys") }))
            }
            "/keys" => {
                let point = self.key.public_key().as_ref();
                let (x, y) = point[1..].split_at(32);
                let [x, y] = [x, y].map(|it| URL_SAFE_NO_PAD.encode(it));
                let key = json!({ "kty": "EC", "kid": "k1", "crv": "P-256", "x": x, "y": y });
                Some(json!({ "keys": [{ "kty": "OKP", "kid": "k0", "x": "AA" }, key] }))
            }
            _ => None,
        }
    }
}
