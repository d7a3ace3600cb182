//! Admission: whether a client may connect. Checks the throttle, then the authorizer or a signature, an API key, then `$connect`.

use std::time::Duration;

use http::HeaderMap;
use tokio::time::timeout;
use tracing::warn;

use crate::{
    api::Api,
    authorizer::{self, Context, Decision},
    event::{self, Origin, Request},
    frames::Fault,
    functions::Failure,
    headers::{Edge, Headers, Spelling},
    proxy::{Answer, excerpt},
    route,
    template::{
        Access, Authorizer, IdentitySource,
        resolve::{ACCOUNT, REGION},
    },
};

/// Timeout of an authorizer. Documented for HTTP APIs
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-quotas.html>), not for WebSocket APIs.
const AUTHORIZER_TIMEOUT: Duration = Duration::from_secs(10);
/// The header with a client's API key.
const API_KEY: &str = "x-api-key";
/// The error message with which an authorizer asks for 401 instead of 500.
const UNAUTHORIZED: &str = "Unauthorized";

/// The client's request.
pub(crate) struct Handshake<'a> {
    pub(crate) headers: &'a HeaderMap,
    pub(crate) spelling: &'a Spelling,
    pub(crate) edge: Edge<'a>,
    pub(crate) query: Option<&'a str>,
    pub(crate) trace_id: &'a str,
}

/// How a client is refused.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Refused {
    /// Status of the response to its handshake.
    pub(crate) status: u16,
    /// Message in that response.
    pub(crate) message: &'static str,
    /// Why, for the log, unless the status says it or the log has it already.
    pub(crate) reason: Option<String>,
}

impl Refused {
    fn new(status: u16, message: &'static str) -> Self {
        Self {
            status,
            message,
            reason: None,
        }
    }

    fn because(self, reason: impl Into<String>) -> Self {
        Self {
            reason: Some(reason.into()),
            ..self
        }
    }
}

impl Api {
    /// Admits the client, and returns the sub-protocol that `$connect` chose. The authorizer's context is stored in
    /// `origin`, for all later events.
    pub(crate) async fn admit(
        &self,
        origin: &mut Origin,
        request: &Request,
        handshake: &Handshake<'_>,
    ) -> Result<Option<String>, Refused> {
        if !self.gate.admits_to(route::CONNECT) {
            return Err(Refused::new(429, Fault::TooManyRequests.message()));
        }
        match &self.spec.access {
            Access::Open => {}
            Access::Signed if is_signed(handshake) => {}
            Access::Signed => {
                let refused = Refused::new(403, "Missing Authentication Token");
                return Err(refused.because("AuthorizationType: AWS_IAM requires a signature"));
            }
            Access::Authorized(authorizer) => {
                origin.authorizer = self
                    .authorize(authorizer, origin, request, handshake)
                    .await?;
            }
        }
        if self.spec.api_key && !handshake.headers.contains_key(API_KEY) {
            let refused = Refused::new(403, Fault::Forbidden.message());
            return Err(refused.because(format!("the header {API_KEY} is missing")));
        }
        self.connect(origin, request, handshake).await
    }

    async fn authorize(
        &self,
        authorizer: &Authorizer,
        origin: &Origin,
        request: &Request,
        handshake: &Handshake<'_>,
    ) -> Result<Context, Refused> {
        let unauthorized = || Refused::new(401, UNAUTHORIZED);
        let broken = || Refused::new(500, Fault::InternalServerError.message());
        let headers = Headers::with_hop(handshake.headers, handshake.spelling, &handshake.edge);
        let is_missing = |source: &&IdentitySource| {
            let value = identity(source, origin, request, &headers, handshake.query);
            value.is_none_or(|value| value.is_empty())
        };
        if let Some(missing) = authorizer.identity.iter().find(is_missing) {
            let reason = format!("the identity source {missing} is missing or empty");
            return Err(unauthorized().because(reason));
        }
        let name = &authorizer.function;
        let function = self.functions.get(name).ok_or_else(broken)?;
        let arn = format!(
            "arn:aws:execute-api:{REGION}:{ACCOUNT}:{}/{}/{}",
            origin.api_id,
            origin.stage,
            route::CONNECT
        );
        let event = event::authorizer(origin, request, &arn, &headers, handshake.query);
        let invocation = function.invoke(event, handshake.trace_id.to_owned());
        let result = match timeout(AUTHORIZER_TIMEOUT, invocation).await {
            Ok(Ok(result)) => result,
            Ok(Err(Failure::Reported { message, .. })) if message == UNAUTHORIZED => {
                return Err(unauthorized().because(format!("{name} failed with this message")));
            }
            Ok(Err(_)) => return Err(broken()),
            Err(_) => {
                warn!(
                    "{name}: the authorizer took more than {} s",
                    AUTHORIZER_TIMEOUT.as_secs()
                );
                return Err(broken());
            }
        };
        match authorizer::decide(&result, &arn) {
            Ok(Decision::Allow(context)) => Ok(context),
            Ok(Decision::Deny) => {
                let reason = format!("the policy of {name} does not allow {arn}");
                Err(Refused::new(403, Fault::Forbidden.message()).because(reason))
            }
            Err(malformed) => {
                warn!("{name}: {malformed}");
                Err(broken())
            }
        }
    }

    /// Runs `$connect`. Without such a route every client is admitted.
    async fn connect(
        &self,
        origin: &Origin,
        request: &Request,
        handshake: &Handshake<'_>,
    ) -> Result<Option<String>, Refused> {
        let Some(route) = self.spec.routes.get(route::CONNECT) else {
            return Ok(None);
        };
        let headers = Headers::forwarded(handshake.headers, handshake.spelling, &handshake.edge);
        let event = event::connect(origin, request, &headers, handshake.query);
        let result = self
            .invoke(route, event, handshake.trace_id.to_owned(), None)
            .await;
        match result.map(|result| Answer::parse(&result)) {
            Ok(Ok(answer)) if answer.is_success() => Ok(answer.protocol),
            Ok(Ok(answer)) => {
                let status = http::StatusCode::from_u16(answer.status).ok();
                let message = status
                    .and_then(|status| status.canonical_reason())
                    .unwrap_or("Refused");
                let by = &route.integration;
                let reason = match answer.body.filter(|body| !body.is_empty()) {
                    Some(body) => format!("returned by {by} with the body {:?}", excerpt(&body)),
                    None => format!("returned by {by}"),
                };
                Err(Refused::new(answer.status, message).because(reason))
            }
            Ok(Err(malformed)) => {
                warn!("{}: {malformed}", route.integration);
                Err(Refused::new(502, Fault::InternalServerError.message()))
            }
            Err(fault @ Fault::EndpointRequestTimedOut) => Err(Refused::new(504, fault.message())),
            Err(fault) => Err(Refused::new(502, fault.message())),
        }
    }
}

/// Whether a handshake has a signature, in a header or in its query
/// (<https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv.html>). It is not verified: there are no
/// accounts here.
fn is_signed(handshake: &Handshake<'_>) -> bool {
    const ALGORITHM: &[u8] = b"AWS4-HMAC-SHA256";
    let header = handshake.headers.get(http::header::AUTHORIZATION);
    let query = form_urlencoded::parse(handshake.query.unwrap_or_default().as_bytes());
    let signatures = query.filter(|(key, value)| key == "X-Amz-Signature" && !value.is_empty());
    header.is_some_and(|header| header.as_bytes().starts_with(ALGORITHM)) || signatures.count() == 1
}

/// The value of an identity source; the last one of a query parameter that is given several times.
fn identity(
    source: &IdentitySource,
    origin: &Origin,
    request: &Request,
    headers: &Headers,
    query: Option<&str>,
) -> Option<String> {
    match source {
        IdentitySource::Header(name) => headers.get(name).map(ToOwned::to_owned),
        IdentitySource::Query(name) => form_urlencoded::parse(query?.as_bytes())
            .filter(|(key, _)| key == name)
            .last()
            .map(|(_, value)| value.into_owned()),
        IdentitySource::Variable(name) => origin.stage_variables.get(name).cloned(),
        IdentitySource::Context(path) => event::context_value(origin, request, path),
    }
}
