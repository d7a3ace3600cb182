//! Lambda's `Invoke`, by which functions call one another.
//!
//! <https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html>. Qualifiers are accepted and ignored, because every
//! version runs the same code here. Client contexts and log tails are not supported.

use std::{collections::BTreeMap, sync::Arc};

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, Method, StatusCode, header::CONTENT_TYPE};
use serde_json::json;
use tracing::{info, warn};

use crate::{
    clock,
    functions::{Failure, Function},
    ids,
    respond::{self, Response},
    schedule,
    template::resolve::{ACCOUNT, REGION},
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
    let mut response = match accept(functions, call) {
        Ok((function, kind, event)) => run(function, kind, event).await,
        Err(rejection) => rejection.response(),
    };
    if let Ok(id) = HeaderValue::from_str(&ids::uuid()) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}

/// Checks a call in the order in which Lambda does.
fn accept(
    functions: &BTreeMap<String, Arc<Function>>,
    call: Call<'_>,
) -> Result<(Arc<Function>, Kind, String), Rejection> {
    let rejection = |status, kind, message| {
        Err(Rejection {
            status,
            kind,
            message,
        })
    };
    if call.method != Method::POST {
        return rejection(
            StatusCode::FORBIDDEN,
            "AccessDeniedException",
            "use POST".to_owned(),
        );
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
            return rejection(
                StatusCode::BAD_REQUEST,
                "InvalidParameterValueException",
                message,
            );
        }
    };
    let name = name_in(call.function);
    let Some(function) = functions
        .values()
        .find(|function| function.spec.name == name)
    else {
        let message =
            format!("Function not found: arn:aws:lambda:{REGION}:{ACCOUNT}:function:{name}");
        return rejection(StatusCode::NOT_FOUND, "ResourceNotFoundException", message);
    };
    let most = if kind == Kind::Event {
        MAX_ASYNCHRONOUS_EVENT
    } else {
        MAX_EVENT
    };
    let Some(body) = call.body.filter(|body| body.len() <= most) else {
        let message =
            format!("Request must be smaller than {most} bytes for the InvokeFunction operation");
        return rejection(
            StatusCode::PAYLOAD_TOO_LARGE,
            "RequestTooLargeException",
            message,
        );
    };
    let event = String::from_utf8(body.to_vec()).unwrap_or_default();
    // Without a payload the event is an empty object.
    let event = if body.is_empty() {
        "{}".to_owned()
    } else {
        event
    };
    if let Err(problem) = serde_json::from_str::<serde::de::IgnoredAny>(&event) {
        let message = format!("Could not parse request body into json: {problem}");
        return rejection(
            StatusCode::BAD_REQUEST,
            "InvalidRequestContentException",
            message,
        );
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
    if let Err(failure) = schedule::persist(function.spec.retries, attempt).await {
        warn!(
            "{}: asynchronous invocation given up: {failure}",
            function.spec.logical_id
        );
    }
}

/// The response to a synchronous invocation. A function that fails is still a 200, told apart by a header.
fn executed(result: Result<Bytes, Failure>) -> Response {
    let (payload, failed) = match result {
        Ok(payload) => (payload, false),
        Err(Failure::Overloaded | Failure::Throttled) => {
            let rejection = Rejection {
                status: StatusCode::TOO_MANY_REQUESTS,
                kind: "TooManyRequestsException",
                message: "Rate Exceeded.".to_owned(),
            };
            return rejection.response();
        }
        Err(failure) => (Bytes::from(payload_of(&failure)), true),
    };
    let mut response = respond::full(StatusCode::OK, payload);
    let headers = response.headers_mut();
    headers.insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    headers.insert(
        "x-amz-executed-version",
        HeaderValue::from_static("$LATEST"),
    );
    if failed {
        headers.insert(
            "x-amz-function-error",
            HeaderValue::from_static("Unhandled"),
        );
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
    fn a_failure_is_a_success_with_a_header() {
        let response = executed(Err(Failure::Reported {
            kind: "ValueError".to_owned(),
            message: "no".to_owned(),
        }));
        assert_eq!(response.status(), 200);
        assert_eq!(response.headers()["x-amz-function-error"], "Unhandled");
        let response = executed(Ok(Bytes::from_static(b"1")));
        assert!(!response.headers().contains_key("x-amz-function-error"));
        assert_eq!(executed(Err(Failure::Overloaded)).status(), 429);
    }
}
