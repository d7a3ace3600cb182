//! `@connections` over HTTP.
//!
//! A broadcast sends one request for each connection. An SDK client takes several times as long to prepare a request as it
//! takes to sign and send it, so this module does only the latter two, with the SDK's library for signatures.
//!
//! It repeats a request only if its connection broke, once and on a new connection. While Lambda has frozen the process, API
//! Gateway closes connections that are kept open, and the next requests find out; a broadcast leaves more of them behind than
//! one delivery has retries. Everything else is retried by [`crate::deliverer`].

mod resolver;

use std::error::Error;
use std::time::{Duration, SystemTime};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_credential_types::provider::error::CredentialsError;
use aws_sigv4::http_request::{SignableBody, SignableRequest, SigningSettings, sign};
use aws_sigv4::sign::v4;
use bytes::Bytes;
use http::{Method, Request, Response, Uri};
use http_body_util::{BodyExt as _, Collected, Full, Limited};
use hyper::body::Incoming;
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::client::legacy::Client;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::dns::GaiResolver;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use papo_protocol::ConnectionId;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::{Close, Post, PostError, Probe, TransientCause};
use crate::aws::CONNECT_LIMIT;
use resolver::Resolver;

/// The name of the service in signatures.
const SERVICE: &str = "execute-api";

/// The characters of a connection ID that are escaped in a path: all but the unreserved ones of RFC 3986.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// How much of an error response is read, in bytes. API Gateway's are below 200.
const MAX_RESPONSE: usize = 4 * 1024;

type Connector = HttpsConnector<HttpConnector<Resolver>>;

type HttpClient = Client<Connector, Full<Bytes>>;

type BoxError = Box<dyn Error + Send + Sync>;

/// The connections of one stage of one API.
#[derive(Debug)]
pub struct ApiGateway {
    /// Keeps connections open.
    client: HttpClient,
    /// Opens one for each request.
    unpooled: HttpClient,
    /// The stage's address, without a slash at the end.
    endpoint: String,
    region: String,
    credentials: Credentials,
    limit: Duration,
}

impl ApiGateway {
    /// The stage at `endpoint`, such as `https://api-id.execute-api.us-east-1.amazonaws.com/prod`, with `limit` for one
    /// request.
    ///
    /// Takes the credentials of `config` once: those of a function are in its environment, and last as long as its process.
    ///
    /// # Errors
    ///
    /// [`SetupError`].
    pub async fn new(
        config: &SdkConfig,
        endpoint: &str,
        limit: Duration,
    ) -> Result<Self, SetupError> {
        let endpoint = endpoint.trim_end_matches('/').to_owned();
        let address: Option<Uri> = endpoint.parse().ok();
        let scheme = address.as_ref().and_then(Uri::scheme_str);
        if !matches!(scheme, Some("https" | "http")) {
            return Err(SetupError::Endpoint(endpoint));
        }
        let region = config.region().ok_or(SetupError::Region)?;
        let provider = config
            .credentials_provider()
            .ok_or(SetupError::NoCredentials)?;
        let credentials = provider.provide_credentials().await?;
        let connector = connector(CONNECT_LIMIT.min(limit))?;
        let mut builder = Client::builder(TokioExecutor::new());
        builder.pool_timer(TokioTimer::new());
        Ok(Self {
            client: builder.build(connector.clone()),
            unpooled: builder.pool_max_idle_per_host(0).build(connector),
            endpoint,
            region: region.to_string(),
            credentials,
            limit,
        })
    }

    async fn send(&self, method: Method, id: &ConnectionId, body: Bytes) -> Result<(), PostError> {
        let request = || {
            let signed = self.request(method.clone(), id, body.clone(), SystemTime::now());
            signed.map_err(|error| PostError::Permanent {
                detail: error.to_string(),
            })
        };
        let answer = async {
            let response = match self.client.request(request()?).await {
                Err(error) if !error.is_connect() => self.unpooled.request(request()?).await,
                response => response,
            };
            outcome(response.map_err(disconnected)?).await
        };
        let in_time = tokio::time::timeout(self.limit, answer).await;
        in_time.unwrap_or_else(|_| {
            Err(PostError::Retryable {
                cause: TransientCause::TimedOut,
                detail: format!("no response within {:?}", self.limit),
            })
        })
    }

    /// The request, signed at the time `now`.
    fn request(
        &self,
        method: Method,
        id: &ConnectionId,
        body: Bytes,
        now: SystemTime,
    ) -> Result<Request<Full<Bytes>>, BoxError> {
        let id = utf8_percent_encode(id.as_str(), ESCAPED);
        let uri = format!("{}/@connections/{id}", self.endpoint);
        let identity = self.credentials.clone().into();
        let params = v4::SigningParams::builder()
            .identity(&identity)
            .region(&self.region)
            .name(SERVICE)
            .time(now)
            .settings(SigningSettings::default())
            .build()?
            .into();
        let no_headers = std::iter::empty();
        let signable = SignableBody::Bytes(&body);
        let signable = SignableRequest::new(method.as_str(), &*uri, no_headers, signable)?;
        let (signature, _) = sign(signable, &params)?.into_parts();
        let mut request = Request::builder()
            .method(method)
            .uri(uri)
            .body(Full::new(body))?;
        signature.apply_to_request_http1x(&mut request);
        Ok(request)
    }
}

impl Post for ApiGateway {
    async fn post(&self, to: &ConnectionId, frame: &str) -> Result<(), PostError> {
        let frame = Bytes::copy_from_slice(frame.as_bytes());
        self.send(Method::POST, to, frame).await
    }
}

impl Probe for ApiGateway {
    async fn probe(&self, id: &ConnectionId) -> Result<(), PostError> {
        self.send(Method::GET, id, Bytes::new()).await
    }
}

impl Close for ApiGateway {
    async fn close(&self, id: &ConnectionId) -> Result<(), PostError> {
        self.send(Method::DELETE, id, Bytes::new()).await
    }
}

/// Connects to an address within `connect_limit`.
///
/// Trusts the certificates that Mozilla trusts, compiled in: reading the system's takes 3 ms at each start.
fn connector(connect_limit: Duration) -> Result<Connector, rustls::Error> {
    let mut tcp = HttpConnector::new_with_resolver(Resolver::new(GaiResolver::new()));
    tcp.enforce_http(false);
    tcp.set_nodelay(true);
    tcp.set_connect_timeout(Some(connect_limit));
    let https = HttpsConnectorBuilder::new()
        .with_provider_and_webpki_roots(rustls::crypto::ring::default_provider())?;
    Ok(https.https_or_http().enable_http1().wrap_connector(tcp))
}

/// Decides by the status alone: 410 has an empty body, and errors of proxies in between have other bodies.
async fn outcome(response: Response<Incoming>) -> Result<(), PostError> {
    let status = response.status();
    // Read in any case, so that the connection can be used again.
    let body = Limited::new(response.into_body(), MAX_RESPONSE)
        .collect()
        .await;
    let cause = match status.as_u16() {
        200..300 => return Ok(()),
        410 => return Err(PostError::Gone),
        429 => Some(TransientCause::Throttled),
        500.. => Some(TransientCause::Server),
        _ => None,
    };
    let body = body.map(Collected::to_bytes).unwrap_or_default();
    let detail = format!("{status} {}", String::from_utf8_lossy(&body).trim());
    Err(match cause {
        Some(cause) => PostError::Retryable { cause, detail },
        None => PostError::Permanent { detail },
    })
}

/// The connection to the service could not be opened, or broke.
fn disconnected(error: hyper_util::client::legacy::Error) -> PostError {
    let source = error.source().map(ToString::to_string).unwrap_or_default();
    PostError::Retryable {
        cause: TransientCause::Connection,
        detail: format!("{error}: {source}"),
    }
}

/// Why the client of `@connections` cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// The address is not an absolute URL.
    #[error("`{0}` is not the address of a stage, such as https://HOST/prod")]
    Endpoint(String),
    /// No Region is configured.
    #[error("no Region is configured; set AWS_REGION")]
    Region,
    /// There is no source of credentials.
    #[error("no credentials are configured; set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY")]
    NoCredentials,
    /// The credentials could not be read.
    #[error(transparent)]
    Credentials(#[from] CredentialsError),
    /// There is no cryptography for TLS.
    #[error(transparent)]
    Tls(#[from] rustls::Error),
}

#[cfg(test)]
mod tests {
    use aws_credential_types::provider::SharedCredentialsProvider;
    use aws_sdk_dynamodb::config::Region;

    use super::*;
    use crate::management::REQUEST_LIMIT;

    const STAGE: &str = "https://a1b2c3d4e5.execute-api.us-east-1.amazonaws.com/prod/";

    async fn stage(endpoint: &str) -> Result<ApiGateway, SetupError> {
        let key = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
        let session = Some("session".to_owned());
        let credentials = Credentials::new("AKIDEXAMPLE", key, session, None, "test");
        let config = SdkConfig::builder()
            .region(Region::new("us-east-1"))
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .build();
        ApiGateway::new(&config, endpoint, REQUEST_LIMIT).await
    }

    /// The signature of a request on 28 November 2026 at noon.
    async fn signature(method: Method, body: &'static str) -> String {
        let now: jiff::Timestamp = "2026-11-28T12:00:00Z".parse().unwrap();
        let (stage, id) = (
            stage(STAGE).await.unwrap(),
            ConnectionId::new("L0SM9c-_vHcCIhw="),
        );
        let request = stage.request(method, &id, body.into(), now.into()).unwrap();
        assert_eq!(request.headers()["x-amz-date"], "20261128T120000Z");
        assert_eq!(request.headers()["x-amz-security-token"], "session");
        let header = request.headers()["authorization"].to_str().unwrap();
        let (scope, signature) = header.split_once(", Signature=").unwrap();
        assert_eq!(
            scope,
            "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20261128/us-east-1/execute-api/aws4_request, \
             SignedHeaders=host;x-amz-date;x-amz-security-token"
        );
        signature.to_owned()
    }

    /// The expected values are those of `botocore.auth.SigV4Auth`, version 1.43.
    #[tokio::test]
    async fn requests_are_signed_as_by_the_sdk_for_python() {
        assert_eq!(
            signature(Method::POST, r#"{"message":"Olá"}"#).await,
            "b7df131a1a6105abf98ba4e85765c7670f83976d4e535f33a6e68e3593cd92a9"
        );
        assert_eq!(
            signature(Method::GET, "").await,
            "305041808b55d83c26290ff7ea47a8428b9f780c0aa74e1c14e65d4c3c0b4bba"
        );
    }

    #[tokio::test]
    async fn rejects_an_endpoint_that_is_not_a_url() {
        for endpoint in [
            "",
            "http://",
            "not a url",
            "api.example.com/prod",
            "wss://api.example.com",
        ] {
            let error = stage(endpoint).await.unwrap_err().to_string();
            assert!(error.contains("is not the address of a stage"), "{error}");
        }
    }
}
