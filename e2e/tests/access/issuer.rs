//! An OIDC issuer on the loopback interface, with one key.

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bytes::Bytes;
use http::{Request, StatusCode};
use papo_e2e::http_server::{self, Reply};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

/// Serves its discovery document and its key until the process ends.
pub(crate) struct Issuer {
    address: SocketAddr,
    key: Arc<EcdsaKeyPair>,
}

/// The time in seconds since 1970.
pub(crate) fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.unwrap_or_default().as_secs()
}

impl Issuer {
    #[track_caller]
    pub(crate) fn start() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let key = EcdsaKeyPair::generate_pkcs8(algorithm, &random)
            .and_then(|key| Ok(EcdsaKeyPair::from_pkcs8(algorithm, key.as_ref(), &random)?))
            .unwrap_or_else(|error| panic!("no key: {error}"));
        let key = Arc::new(key);
        let served = Arc::clone(&key);
        let address = http_server::serve(move |request| reply(&request, &served));
        Self {
            address: address.unwrap_or_else(|error| panic!("no port: {error}")),
            key,
        }
    }

    /// Its name in tokens.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// A token that is valid for an hour, with other claims.
    pub(crate) fn token(&self, changes: &Value) -> String {
        let mut claims = json!({
            "iss": self.url(),
            "sub": "ana",
            "aud": "papo",
            "exp": now() + 3_600,
        });
        for (name, value) in changes.as_object().into_iter().flatten() {
            claims[name] = value.clone();
        }
        let part = |json: &Value| URL_SAFE_NO_PAD.encode(json.to_string());
        let header = json!({ "alg": "ES256", "kid": "k1" });
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = self.key.sign(&SystemRandom::new(), signed.as_bytes());
        let signature = signature.unwrap_or_else(|error| panic!("no signature: {error}"));
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

fn reply(request: &Request<Bytes>, key: &EcdsaKeyPair) -> Reply {
    let document = match request.uri().path() {
        "/.well-known/openid-configuration" => {
            let url = http_server::own_url(request);
            json!({ "issuer": url, "jwks_uri": format!("{url}/keys") })
        }
        "/keys" => {
            let point = &key.public_key().as_ref()[1..];
            let (x, y) = point.split_at(point.len() / 2);
            let [x, y] = [x, y].map(|it| URL_SAFE_NO_PAD.encode(it));
            let key = json!({ "kty": "EC", "kid": "k1", "crv": "P-256", "x": x, "y": y });
            json!({ "keys": [key] })
        }
        _ => return Reply::json(StatusCode::NOT_FOUND, &Value::Null),
    };
    Reply::json(StatusCode::OK, &document)
}
