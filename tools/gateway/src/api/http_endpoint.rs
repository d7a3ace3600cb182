//! Requests of HTTP integrations: writes the request with its parameters, and reads the response.

use std::{error::Error as _, time::Duration};

use bytes::Bytes;
use http::{
    HeaderName, HeaderValue, Method, Request,
    header::{CONTENT_TYPE, HOST},
};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper_rustls::{HttpsConnector, HttpsConnectorBuilder};
use hyper_util::{
    client::legacy::{Client, connect::HttpConnector},
    rt::{TokioExecutor, TokioTimer},
};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::Value as Json;

use super::service::Response;
use crate::template::{HttpRequest, Origin, Target};

/// Maximum size of a response, in bytes.
const MAX_RESPONSE: usize = 6 * 1024 * 1024;
/// How long an idle connection is kept open.
const KEEP: Duration = Duration::from_secs(30);
/// The characters that are escaped in a path segment or a query parameter.
const ESCAPED: &AsciiSet = &NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'.')
    .remove(b'_')
    .remove(b'~');

/// Sends requests to HTTP endpoints.
#[derive(Debug)]
pub(super) struct Sender(Client<HttpsConnector<HttpConnector>, Full<Bytes>>);

impl Sender {
    pub(super) fn new() -> Result<Self, String> {
        let provider = rustls::crypto::ring::default_provider();
        let https = HttpsConnectorBuilder::new()
            .with_provider_and_native_roots(provider)
            .map_err(|error| error.to_string())?
            .https_or_http()
            .enable_http1()
            .build();
        let client = Client::builder(TokioExecutor::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(KEEP)
            .build(https);
        Ok(Self(client))
    }

    /// Sends `body` to the endpoint and returns its response. Parameters are taken from `event`, the event that a function would get.
    pub(super) async fn send(
        &self,
        request: &HttpRequest,
        event: &Json,
        body: String,
    ) -> Result<Response, String> {
        let request = build(request, event, body)?;
        let response = self.0.request(request).await.map_err(|error| {
            let cause = error.source().map(ToString::to_string);
            cause.unwrap_or_else(|| error.to_string())
        })?;
        let status = response.status().as_u16();
        let body = Limited::new(response.into_body(), MAX_RESPONSE);
        let body = body.collect().await.map_err(|error| error.to_string())?;
        let body = String::from_utf8_lossy(&body.to_bytes()).into_owned();
        Ok(Response { status, body })
    }
}

fn build(
    request: &HttpRequest,
    event: &Json,
    body: String,
) -> Result<Request<Full<Bytes>>, String> {
    let method: Method = request
        .method
        .parse()
        .map_err(|_| format!("{:?} is not a method", request.method))?;
    let (mut url, mut query, mut headers) = (request.url.clone(), Vec::new(), Vec::new());
    for (target, origin) in &request.parameters {
        let Some(value) = value(origin, event, &body) else {
            continue;
        };
        let escaped = utf8_percent_encode(&value, ESCAPED).to_string();
        match target {
            Target::Path(name) => url = url.replace(&format!("{{{name}}}"), &escaped),
            Target::Query(name) => query.push(format!("{name}={escaped}")),
            Target::Header(name) => {
                let invalid = || format!("{name}: {value:?} is not a valid header");
                let name: HeaderName = name.parse().map_err(|_| invalid())?;
                let value = HeaderValue::from_str(&value).map_err(|_| invalid())?;
                headers.push((name, value));
            }
        }
    }
    if !query.is_empty() {
        url.push(if url.contains('?') { '&' } else { '?' });
        url.push_str(&query.join("&"));
    }
    let has_body = ![Method::GET, Method::HEAD].contains(&method) && !body.is_empty();
    let mut built = Request::builder().method(method).uri(&url);
    if has_body {
        built = built.header(CONTENT_TYPE, "application/json");
    }
    let body = if has_body { body } else { String::new() };
    let mut built = built
        .body(Full::from(body))
        .map_err(|error| format!("{url}: {error}"))?;
    for (name, value) in headers.into_iter().filter(|(name, _)| name != HOST) {
        built.headers_mut().insert(name, value);
    }
    Ok(built)
}

/// The value of a request parameter, if its origin has one.
fn value(origin: &Origin, event: &Json, body: &str) -> Option<String> {
    let (mut found, steps) = match origin {
        Origin::Static(text) => return Some(text.clone()),
        Origin::Body(steps) if steps.is_empty() => return Some(body.to_owned()),
        Origin::Body(steps) => (serde_json::from_str(body).ok()?, steps),
        Origin::Event(steps) => (event.clone(), steps),
    };
    for step in steps {
        found = match found {
            Json::Object(entries) => {
                let mut entries = entries.into_iter();
                let (_, value) = entries.find(|(name, _)| name.eq_ignore_ascii_case(step))?;
                value
            }
            Json::Array(items) => items.into_iter().nth(step.parse().ok()?)?,
            _ => return None,
        };
    }
    match found {
        Json::Null => None,
        Json::String(text) => Some(text),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn request(url: &str, parameters: Vec<(Target, Origin)>) -> HttpRequest {
        HttpRequest {
            method: "POST".to_owned(),
            url: url.to_owned(),
            parameters,
            proxy: true,
        }
    }

    #[test]
    fn parameters_go_to_the_path_the_query_and_headers() {
        let steps = |path: &str| path.split('.').map(ToOwned::to_owned).collect();
        let parameters = vec![
            (Target::Path("room".into()), Origin::Body(steps("to.room"))),
            (Target::Query("n".into()), Origin::Static("a b".into())),
            (
                Target::Header("Connection-Id".into()),
                Origin::Event(steps("requestContext.connectionId")),
            ),
            (
                Target::Header("absent".into()),
                Origin::Event(steps("requestContext.other")),
            ),
        ];
        let event = json!({ "requestContext": { "connectionId": "abc=" } });
        let body = r#"{"to":{"room":"a/b"}}"#.to_owned();
        let url = "http://localhost:1/rooms/{room}?x=1";
        let built = build(&request(url, parameters), &event, body).unwrap();
        assert_eq!(built.uri(), "http://localhost:1/rooms/a%2Fb?x=1&n=a%20b");
        assert_eq!(built.headers()["connection-id"], "abc=");
        assert_eq!(built.headers()[CONTENT_TYPE], "application/json");
        assert!(!built.headers().contains_key("absent"));
    }

    #[test]
    fn a_request_that_cannot_be_sent_is_an_error() {
        let header = Target::Header("x".into());
        let parameters = vec![(header, Origin::Static("a\nb".into()))];
        let wrong = request("http://localhost:1/", parameters);
        assert!(build(&wrong, &Json::Null, String::new()).is_err());
        let mut wrong = request("http://localhost:1/", Vec::new());
        "not a method".clone_into(&mut wrong.method);
        assert!(build(&wrong, &Json::Null, String::new()).is_err());
        let wrong = request("http://local host/", Vec::new());
        assert!(build(&wrong, &Json::Null, String::new()).is_err());
    }
}
