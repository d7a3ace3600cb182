//! HTTP responses in the form that API Gateway gives them.

use bytes::Bytes;
use http::{HeaderValue, StatusCode, header::CONTENT_TYPE};
use http_body_util::{BodyExt, Full, combinators::UnsyncBoxBody};

/// What every handler returns.
pub(crate) type Response = http::Response<UnsyncBoxBody<Bytes, std::io::Error>>;

/// Names the kind of an error; the SDKs choose their typed error by it.
const ERROR_TYPE: &str = "x-amzn-errortype";

/// A response with this body and no header.
pub(crate) fn full(status: StatusCode, body: impl Into<Bytes>) -> Response {
    let body = Full::new(body.into())
        .map_err(|never| match never {})
        .boxed_unsync();
    let mut response = Response::new(body);
    *response.status_mut() = status;
    response
}

/// A response without body and headers.
pub(crate) fn empty(status: StatusCode) -> Response {
    full(status, Bytes::new())
}

/// A JSON body, and the kind of error when it is one.
pub(crate) fn json(status: StatusCode, kind: Option<&'static str>, body: String) -> Response {
    let mut response = full(status, body);
    response
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    with_error_type(response, kind)
}

/// `{"message":"…"}`.
pub(crate) fn message(status: StatusCode, kind: Option<&'static str>, message: &str) -> Response {
    json(
        status,
        kind,
        serde_json::json!({ "message": message }).to_string(),
    )
}

/// What API Gateway answers to everything that it does not know.
pub(crate) fn forbidden() -> Response {
    message(
        StatusCode::FORBIDDEN,
        Some("ForbiddenException"),
        "Forbidden",
    )
}

/// Adds the header by which the SDKs tell errors apart.
pub(crate) fn with_error_type(mut response: Response, kind: Option<&'static str>) -> Response {
    if let Some(kind) = kind {
        response
            .headers_mut()
            .insert(ERROR_TYPE, HeaderValue::from_static(kind));
    }
    response
}
