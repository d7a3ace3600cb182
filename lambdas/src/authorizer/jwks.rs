//! The issuer's public keys: found through its discovery document, cached, and fetched again when a token has an unknown key.
//!
//! Keys are also fetched again once they are [`MAX_AGE`] old, so that a key that the issuer has withdrawn stops working. An
//! unknown key causes at most one request in [`MIN_AGE`], so that invented key ids cannot make this function attack the issuer.
//! After a failure, the issuer has [`PAUSE`] to recover, during which no handshake waits for it.

use std::future::Future;
use std::time::Duration;

use bytes::Bytes;
use http_body_util::{BodyExt, Empty, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::rt::TokioExecutor;
use serde::Deserialize;
use serde_json::Value;
use tokio::sync::Mutex;

use super::token::{Jwk, TokenError};

/// How long fetched keys are used, in seconds.
const MAX_AGE: i64 = 60 * 60;

/// Shortest time between two requests for keys, in seconds.
const MIN_AGE: i64 = 30;

/// How long the issuer is left alone after a failure, in seconds. Short, because without keys no client is admitted.
const PAUSE: i64 = 5;

/// Time limit of one request to the issuer. API Gateway waits longer for an authorizer, people do not.
const REQUEST_LIMIT: Duration = Duration::from_secs(3);

/// Largest document that is read, in bytes. Key sets have a few KB.
const MAX_BYTES: usize = 256 * 1024;

/// Fetches JSON documents.
pub trait FetchJson: Sync {
    /// The document at `url`, or `None` if it cannot be fetched.
    fn fetch(&self, url: &str) -> impl Future<Output = Option<Value>> + Send;
}

/// The keys of one issuer.
#[derive(Debug)]
pub struct KeySet<F> {
    issuer: String,
    fetch: F,
    cache: Mutex<Cache>,
}

#[derive(Debug, Default)]
struct Cache {
    keys: Option<Cached>,
    /// When the keys could not be fetched, in seconds since 1970.
    failed_at: Option<i64>,
}

#[derive(Debug)]
struct Cached {
    keys: Vec<Jwk>,
    fetched_at: i64,
}

#[derive(Deserialize)]
struct Discovery {
    issuer: String,
    jwks_uri: String,
}

impl<F: FetchJson> KeySet<F> {
    /// The keys of `issuer`, none of which have been fetched yet.
    pub fn new(issuer: &str, fetch: F) -> Self {
        Self {
            issuer: issuer.to_owned(),
            fetch,
            cache: Mutex::default(),
        }
    }

    /// The key `id`. `now` is in seconds since 1970.
    ///
    /// # Errors
    ///
    /// [`TokenError::UnknownKey`] or [`TokenError::KeysUnavailable`].
    pub async fn find(&self, id: &str, now: i64) -> Result<Jwk, TokenError> {
        let mut cache = self.cache.lock().await;
        if cache.must_fetch(cache.find(id).is_some(), now) {
            cache.update(self.fetch_keys().await, now);
        }
        cache.find(id).ok_or_else(|| cache.missing())
    }

    async fn fetch_keys(&self) -> Option<Vec<Jwk>> {
        let url = format!("{}/.well-known/openid-configuration", self.issuer);
        let discovery = self.fetch.fetch(&url).await?;
        let discovery: Discovery = serde_json::from_value(discovery).ok()?;
        // OIDC Discovery, section 4.3.
        if discovery.issuer.trim_end_matches('/') != self.issuer {
            tracing::error!("the discovery document names another issuer; check Issuer");
            return None;
        }
        let keys = self.fetch.fetch(&discovery.jwks_uri).await?;
        let keys = keys.get("keys")?.as_array()?.iter();
        // Keys of other types are skipped.
        let readable = |key: &Value| serde_json::from_value(key.clone()).ok();
        Some(keys.filter_map(readable).collect())
    }
}

impl Cache {
    fn find(&self, id: &str) -> Option<Jwk> {
        let mut keys = self.keys.iter().flat_map(|cached| &cached.keys);
        keys.find(|key| key.kid == id).cloned()
    }

    fn must_fetch(&self, is_known: bool, now: i64) -> bool {
        if self.failed_at.is_some_and(|at| now - at < PAUSE) {
            return false;
        }
        match &self.keys {
            None => true,
            Some(cached) if is_known => now - cached.fetched_at >= MAX_AGE,
            Some(cached) => now - cached.fetched_at >= MIN_AGE,
        }
    }

    /// Known keys stay valid while the issuer is unreachable.
    fn update(&mut self, fetched: Option<Vec<Jwk>>, now: i64) {
        match fetched {
            Some(keys) => {
                *self = Self {
                    keys: Some(Cached {
                        keys,
                        fetched_at: now,
                    }),
                    failed_at: None,
                };
            }
            None => self.failed_at = Some(now),
        }
    }

    /// Why a key is not in the cache.
    fn missing(&self) -> TokenError {
        match self.failed_at {
            Some(_) => TokenError::KeysUnavailable,
            None => TokenError::UnknownKey,
        }
    }
}

/// Fetches over HTTPS, or HTTP from this machine.
#[derive(Clone, Debug)]
pub struct HttpFetch {
    client: Client<HttpsConnector<HttpConnector>, Empty<Bytes>>,
}

impl HttpFetch {
    /// A client that trusts the system's certificates.
    ///
    /// # Errors
    ///
    /// The error of the operating system if it has no certificates.
    pub fn new() -> std::io::Result<Self> {
        let https = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(rustls::crypto::ring::default_provider())?
            .https_or_http()
            .enable_http1()
            .build();
        Ok(Self {
            client: Client::builder(TokioExecutor::new()).build(https),
        })
    }

    async fn get(&self, url: &str) -> Result<Value, Box<dyn std::error::Error + Send + Sync>> {
        let uri: http::Uri = url.parse()?;
        let is_local = matches!(uri.host(), Some("127.0.0.1" | "localhost"));
        if uri.scheme_str() != Some("https") && !is_local {
            return Err("expected an https URL".into());
        }
        let response = self.client.get(uri).await?;
        if !response.status().is_success() {
            return Err(format!("status {}", response.status()).into());
        }
        let body = Limited::new(response.into_body(), MAX_BYTES);
        Ok(serde_json::from_slice(&body.collect().await?.to_bytes())?)
    }
}

impl FetchJson for HttpFetch {
    async fn fetch(&self, url: &str) -> Option<Value> {
        match tokio::time::timeout(REQUEST_LIMIT, self.get(url)).await {
            Ok(Ok(document)) => Some(document),
            Ok(Err(error)) => {
                tracing::error!(url, error = %error, "could not fetch the issuer's keys");
                None
            }
            Err(_) => {
                tracing::error!(url, "the issuer did not respond in time");
                None
            }
        }
    }
}
