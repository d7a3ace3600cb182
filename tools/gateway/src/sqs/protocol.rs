//! Requests and responses on the wire: the JSON protocol of current SDKs, and the query protocol of older ones.

use bytes::Bytes;
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::{Value as Json, json};

use super::{Queues, action, error::Error, query};
use crate::{
    headers::is_form,
    ids,
    respond::{self, Response},
    template::resolve::ACCOUNT,
};

/// Start of the header that names the action in the JSON protocol.
const TARGET: &str = "AmazonSQS.";

/// A request. The body is `None` when it exceeded the largest batch.
pub(crate) struct Call<'a> {
    pub(crate) path: &'a str,
    pub(crate) headers: &'a HeaderMap,
    pub(crate) body: Option<Bytes>,
}

/// Whether a request is for SQS: by the header of the JSON protocol, by the path of a queue's URL, or by the form that the
/// query protocol posts to the root.
pub(crate) fn is_for_queues(request: &http::request::Parts) -> bool {
    let path = request.uri.path();
    let first = path.split('/').nth(1);
    request.method == http::Method::POST
        && (target(&request.headers).is_some()
            || first == Some(ACCOUNT)
            || (path == "/" && is_form(&request.headers)))
}

/// The action that the header of the JSON protocol names.
fn target(headers: &HeaderMap) -> Option<&str> {
    let target = headers.get("x-amz-target")?.to_str().ok()?;
    target.strip_prefix(TARGET)
}

/// Carries out one request, and answers in its protocol.
pub(crate) async fn answer(queues: &Queues, call: Call<'_>) -> Response {
    let body = call.body.ok_or_else(|| {
        let message = "Batch requests cannot be longer than 1048576 bytes.";
        let code = "AWS.SimpleQueueService.BatchRequestTooLong";
        Error::new("BatchRequestTooLong", code, message)
    });
    if let Some(action) = target(call.headers) {
        let result = match body.and_then(|body| object(&body)) {
            Ok(input) => action::run(queues, action, &input).await,
            Err(error) => Err(error),
        };
        return in_json(result);
    }
    let Xml { status, body, id } = match body {
        Ok(body) => of_form(queues, call.path, &body).await,
        Err(error) => Xml::of("", Err(error)),
    };
    respond::with_request_id(respond::typed(status, "text/xml", body), &id)
}

/// Carries out one request of the query protocol, as API Gateway sends it to a queue.
pub(crate) async fn by_form(queues: &Queues, queue: Option<&str>, form: &str) -> Xml {
    let path = queue.map_or_else(|| "/".to_owned(), |queue| format!("/{ACCOUNT}/{queue}"));
    of_form(queues, &path, form.as_bytes()).await
}

async fn of_form(queues: &Queues, path: &str, form: &[u8]) -> Xml {
    match query::Request::read(path, form) {
        Ok(query::Request { action, input }) => {
            let result = action::run(queues, &action, &input).await;
            Xml::of(&action, result)
        }
        Err(error) => Xml::of("", Err(error)),
    }
}

/// A response of the query protocol.
pub(crate) struct Xml {
    pub(crate) status: StatusCode,
    pub(crate) body: String,
    id: String,
}

impl Xml {
    fn of(action: &str, result: Result<Json, Error>) -> Self {
        let id = ids::uuid();
        let (status, body) = match result {
            Ok(result) => (StatusCode::OK, query::response(action, &result, &id)),
            Err(error) => (StatusCode::BAD_REQUEST, query::error(&error, &id)),
        };
        Self { status, body, id }
    }
}

fn object(body: &[u8]) -> Result<Json, Error> {
    let input = serde_json::from_slice(body).ok().filter(Json::is_object);
    input.ok_or_else(|| {
        let message = "expected a JSON object";
        Error::new("SerializationException", "MalformedInput", message)
    })
}

fn in_json(result: Result<Json, Error>) -> Response {
    let (status, body, code) = match result {
        Ok(body) => (StatusCode::OK, body, None),
        Err(error) => {
            let kind = format!("com.amazonaws.sqs#{}", error.kind);
            let body = json!({ "__type": kind, "message": error.message });
            (StatusCode::BAD_REQUEST, body, Some(error.code))
        }
    };
    let response = respond::typed(status, "application/x-amz-json-1.0", body.to_string());
    let mut response = respond::with_request_id(response, &ids::uuid());
    let code = code.and_then(|code| HeaderValue::from_str(&format!("{code};Sender")).ok());
    if let Some(code) = code {
        response.headers_mut().insert("x-amzn-query-error", code);
    }
    response
}
