//! Lambda's `Invoke`, by which functions call one another.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>. Qualifiers are accepted and ignored, because every
//! version runs the same code here. Client contexts and log tails are not supported.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode};
use serde_json::json;
use tracing::{info, warn};

use crate::{
    clock,
    functions::{Failure, Function},
    ids,
    respond::{self, Response},
    schedule,
    template::resolve::function_arn,
};

/// Largest event of a synchronous invocation, in bytes
/// (<https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html>).
pub(crate) const MAX_EVENT: usize = 6 * 1024 * 1024;
/// Largest event of an asynchronous invocation, in bytes (same page).
const MAX_ASYNCHRONOUS_EVENT: usize = 1024 * 1024;

/// A call of `Invoke`. The body is `None` when it exceeded [`MAX_EVENT`].
pub(crate) struct Call<'a> {
    pub(crate) method: &'a Method,
    pub(crate) headers: &'a HeaderMap,
    /// The function's name or ARN from the path, percent-decoded.
    pub(crate) function: &'a str,
    pub(crate) body: Option<Bytes>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    RequestResponse,
    Event,
    DryRun,
}

/// Carries out one call.
pub(crate) async fn answer(
    functions: &BTreeMap<String, Arc<Function>>,
    call: Call<'_>,
) -> Response {
    let response = match accept(functions, call) {
        Ok((function, kind, event)) => run(function, kind, event).await,
        Err(rejection) => rejection.response(),
    };
    respond::with_request_id(response, &ids::uuid())
}

/// Checks a call in the order in which Lambda does.
fn accept(
    functions: &BTreeMap<String, Arc<Function>>,
    call: Call<'_>,
) -> Result<(Arc<Function>, Kind, String), Rejection> {
    let bad_request = |kind, message| Err(Rejection::new(StatusCode::BAD_REQUEST, kind, message));
    if call.method != Method::POST {
        let (status, kind) = (StatusCode::FORBIDDEN, "AccessDeniedException");
        return Err(Rejection::new(status, kind, "use POST"));
    }
    let header = |name| {
        call.headers
            .get(name)
            .and_then(|value: &HeaderValue| value.to_str().ok())
    };
    let kind = match header("x-amz-invocation-type") {
        None | Some("RequestResponse") => Kind::RequestResponse,
        Some("Event") => Kind::Event,
        Some("DryRun") => Kind::DryRun,
        Some(other) => {
            let message = format!("Unknown invocation type {other}");
            return bad_request("InvalidParameterValueException", message);
        }
    };
    let name = name_in(call.function);
    let Some(function) = functions
        .values()
        .find(|function| function.spec.name == name)
    else {
        let message = format!("Function not found: {}", function_arn(name));
        let (status, kind) = (StatusCode::NOT_FOUND, "ResourceNotFoundException");
        return Err(Rejection::new(status, kind, message));
    };
    let max = if kind == Kind::Event {
        MAX_ASYNCHRONOUS_EVENT
    } else {
        MAX_EVENT
    };
    let Some(body) = call.body.filter(|body| body.len() <= max) else {
        let message =
            format!("Request must be smaller than {max} bytes for the InvokeFunction operation");
        let (status, kind) = (StatusCode::PAYLOAD_TOO_LARGE, "RequestTooLargeException");
        return Err(Rejection::new(status, kind, message));
    };
    // Without a payload the event is an empty object.
    let event = if body.is_empty() { b"{}" } else { &*body };
    let event = String::from_utf8(event.to_vec()).unwrap_or_default();
    if let Err(problem) = serde_json::from_str::<serde::de::IgnoredAny>(&event) {
        let message = format!("Could not parse request body into json: {problem}");
        return bad_request("InvalidRequestContentException", message);
    }
    Ok((Arc::clone(function), kind, event))
}

async fn run(function: Arc<Function>, kind: Kind, event: String) -> Response {
    let name = function.spec.logical_id.clone();
    match kind {
        Kind::DryRun => respond::empty(StatusCode::NO_CONTENT),
        Kind::Event => {
            info!("invoke     {name} asynchronously");
            tokio::spawn(deliver(function, event));
            respond::empty(StatusCode::ACCEPTED)
        }
        Kind::RequestResponse => {
            info!("invoke     {name}");
            let result = function.invoke(event, ids::trace(clock::now())).await;
            executed(result)
        }
    }
}

/// Invokes the function until it succeeds or has used up its retries.
pub(crate) async fn deliver(function: Arc<Function>, event: String) {
    let attempt = || function.invoke(event.clone(), ids::trace(clock::now()));
    if let Err(failure) = schedule::retry(function.spec.retries, attempt).await {
        warn!(
            "{}: asynchronous invocation given up: {failure}",
            function.spec.logical_id
        );
    }
}

/// The response to a synchronous invocation. A function that fails is still a 200, distinguished by a header.
fn executed(result: Result<Bytes, Failure>) -> Response {
    let (payload, failed) = match result {
        Ok(payload) => (payload, false),
        Err(Failure::Overloaded | Failure::Throttled) => {
            let (status, kind) = (StatusCode::TOO_MANY_REQUESTS, "TooManyRequestsException");
            return Rejection::new(status, kind, "Rate Exceeded.").response();
        }
        Err(failure) => (Bytes::from(payload_of(&failure)), true),
    };
    let mut response = respond::typed(StatusCode::OK, "application/json", payload);
    let headers = response.headers_mut();
    let latest = HeaderValue::from_static("$LATEST");
    headers.insert("x-amz-executed-version", latest);
    if failed {
        let unhandled = HeaderValue::from_static("Unhandled");
        headers.insert("x-amz-function-error", unhandled);
    }
    response
}

/// The object that replaces a result, as the Runtime Interface Emulator writes it.
fn payload_of(failure: &Failure) -> String {
    let kind = match failure {
        Failure::Reported { kind, message } => {
            return json!({ "errorType": kind, "errorMessage": message }).to_string();
        }
        Failure::TimedOut(_) => "Sandbox.Timedout",
        Failure::TooLarge => "Function.ResponseSizeTooLarge",
        Failure::NotStarted(_) => "Runtime.InvalidEntrypoint",
        _ => "Runtime.ExitError",
    };
    json!({ "errorType": kind, "errorMessage": failure.to_string() }).to_string()
}

/// The name within `name`, `name:qualifier`, `account:function:name` or a whole ARN.
fn name_in(function: &str) -> &str {
    let after_label = function
        .rsplit_once("function:")
        .map_or(function, |(_, name)| name);
    after_label.split(':').next().unwrap_or(after_label)
}

/// Why a call is not carried out.
struct Rejection {
    status: StatusCode,
    kind: &'static str,
    message: String,
}

impl Rejection {
    fn new(status: StatusCode, kind: &'static str, message: impl Into<String>) -> Self {
        Self {
            status,
            kind,
            message: message.into(),
        }
    }

    fn response(&self) -> Response {
        let body = json!({ "Type": "User", "Message": self.message, "message": self.message });
        respond::json(self.status, Some(self.kind), body.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn functions_are_named_by_name_or_arn() {
        for text in [
            "fn",
            "fn:$LATEST",
            "000000000000:function:fn",
            "arn:aws:lambda:us-east-1:000000000000:function:fn",
            "arn:aws:lambda:us-east-1:000000000000:function:fn:live",
        ] {
            assert_eq!(name_in(text), "fn", "{text}");
        }
    }

    #[test]
    fn an_invocation_of_a_throttled_function_is_429() {
        for failure in [Failure::Overloaded, Failure::Throttled] {
            assert_eq!(executed(Err(failure)).status(), 429);
        }
    }
}
