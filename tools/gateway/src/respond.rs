//! HTTP responses in API Gateway's format.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};

/// The response of every handler.
pub(crate) type Response = http::Response<UnsyncBoxBody<Bytes, std::io::Error>>;

/// Names the type of an error; SDKs choose their typed exception by it.
const ERROR_TYPE: &str = "x-amzn-errortype";

/// A response with a body and no headers.
pub(crate) fn full(status: StatusCode, body: impl Into<Bytes>) -> Response {
    let body = Full::new(body.into())
        .map_err(|never| match never {})
        .boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}

/// A response without a body or headers.
pub(crate) fn empty(status: StatusCode) -> Response {
    full(status, Bytes::new())
}

/// A response with a body of this media type.
pub(crate) fn typed(
    status: StatusCode,
    media_type: &'static str,
    body: impl Into<Bytes>,
) -> Response {
    let mut response = full(status, body);
    let media_type = HeaderValue::from_static(media_type);
    response.headers_mut().insert(CONTENT_TYPE, media_type);
    response
}

/// A JSON body, and the type of the error if it is one.
pub(crate) fn json(status: StatusCode, kind: Option<&'static str>, body: String) -> Response {
    with_error_type(typed(status, "application/json", body), kind)
}

/// `{"message":"…"}`.
pub(crate) fn message(status: StatusCode, kind: Option<&'static str>, message: &str) -> Response {
    let body = serde_json::json!({ "message": message });
    json(status, kind, body.to_string())
}

/// API Gateway's response to unknown paths.
pub(crate) fn forbidden() -> Response {
    let kind = Some("ForbiddenException");
    message(StatusCode::FORBIDDEN, kind, "Forbidden")
}

/// Adds the id of the request, as all services of AWS do.
pub(crate) fn with_request_id(mut response: Response, id: &str) -> Response {
    if let Ok(id) = HeaderValue::from_str(id) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
    response
}

/// Adds the header that names the type of an error.
pub(crate) fn with_error_type(mut response: Response, kind: Option<&'static str>) -> Response {
    if let Some(kind) = kind {
        response
            .headers_mut()
            .insert(ERROR_TYPE, HeaderValue::from_static(kind));
    }
    response
}
