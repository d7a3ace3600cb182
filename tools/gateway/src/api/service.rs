//! Integrations without a proxy: write the request by a mapping template, ask the service, and turn its response into the answer.

use bytes::Bytes;
use http::StatusCode;
use regex_lite::Regex;
use serde::de::IgnoredAny;
use serde_json::{Value as Json, json};
use tokio::time::timeout;
use tracing::warn;

use super::{Api, http_endpoint};
use crate::{
    dynamodb,
    frames::Fault,
    invoke,
    mapping::Template,
    proxy::excerpt,
    sqs,
    template::{Action, HttpRequest, IntegrationResponse, Mock, Route, Service},
};

/// The response of a service.
pub(super) struct Response {
    pub(super) status: u16,
    pub(super) body: String,
}

impl Api {
    /// Sends the request of an integration to its service or HTTP endpoint. Returns a proxy response.
    pub(super) async fn ask(
        &self,
        service: &Service,
        route: &Route,
        event: String,
        trace_id: String,
    ) -> Result<Bytes, Fault> {
        let event: Json = serde_json::from_str(&event).unwrap_or_default();
        let message = event["body"].as_str().unwrap_or_default();
        let what = service.action.to_string();
        let request = match &service.request {
            Some(template) => render(template, &event, message, &what)?,
            None => message.to_owned(),
        };
        let response = self.carry_out(&service.action, &event, request, trace_id);
        match timeout(route.timeout, response).await {
            Ok(response) => match &service.action {
                Action::Http(HttpRequest { proxy: true, .. }) => Ok(pass_on(response?)),
                _ => answer(&service.responses, &event, response?, &what),
            },
            Err(_) => Err(Fault::EndpointRequestTimedOut),
        }
    }

    async fn carry_out(
        &self,
        action: &Action,
        event: &Json,
        request: String,
        trace_id: String,
    ) -> Result<Response, Fault> {
        let failed = |why: &str| {
            warn!("{action}: {}", excerpt(why));
            Fault::InternalServerError
        };
        match action {
            Action::Invoke {
                function,
                asynchronously,
            } => {
                let function = self.function(function)?;
                if let Err(error) = serde_json::from_str::<IgnoredAny>(&request) {
                    let why = format!("the request is not JSON: {error} in {request}");
                    return Err(failed(&why));
                }
                if *asynchronously {
                    tokio::spawn(invoke::deliver(function, request));
                    return Ok(respond(StatusCode::ACCEPTED, String::new()));
                }
                match function.invoke(request, trace_id).await {
                    Ok(result) => {
                        let body = String::from_utf8_lossy(&result).into_owned();
                        Ok(respond(StatusCode::OK, body))
                    }
                    // Has been logged.
                    Err(_) => Err(Fault::InternalServerError),
                }
            }
            Action::DynamoDb(operation) => {
                let response = dynamodb::send(self.dynamodb, operation, request).await;
                let (status, body) = response.map_err(|error| failed(&error.to_string()))?;
                Ok(Response { status, body })
            }
            Action::Http(to) => {
                let sender = self.http.get_or_init(http_endpoint::Sender::new);
                let sender = sender.as_ref().map_err(|why| failed(why))?;
                let response = sender.send(to, event, request).await;
                response.map_err(|why| failed(&why))
            }
            Action::Sns => {
                let (status, body) = self.topics.answer(request.as_bytes(), &self.functions);
                Ok(respond(status, body))
            }
            Action::Sqs { queue } => {
                let answer = sqs::by_form(&self.queues, queue.as_deref(), &request).await;
                Ok(respond(answer.status, answer.body))
            }
        }
    }
}

fn respond(status: StatusCode, body: String) -> Response {
    let status = status.as_u16();
    Response { status, body }
}

/// The proxy response that passes a response on unchanged.
fn pass_on(Response { status, body }: Response) -> Bytes {
    let body = Some(body).filter(|body| !body.is_empty());
    json!({ "statusCode": status, "body": body })
        .to_string()
        .into()
}

/// The proxy response of a `MOCK` integration.
pub(super) fn mock(mock: &Mock, event: &str) -> Result<Bytes, Fault> {
    let event: Json = serde_json::from_str(event).unwrap_or_default();
    let message = event["body"].as_str().unwrap_or_default();
    let mut status = 200;
    if let Some(template) = &mock.request {
        let request = render(template, &event, message, "MOCK")?;
        let request: Json = serde_json::from_str(&request).map_err(|error| {
            warn!(
                "MOCK: the request is not JSON: {error} in {:?}",
                excerpt(&request)
            );
            Fault::InternalServerError
        })?;
        let found = request["statusCode"]
            .as_u64()
            .and_then(|status| u16::try_from(status).ok());
        status = found.unwrap_or(status);
    }
    let response = Response {
        status,
        body: String::new(),
    };
    answer(&mock.responses, &event, response, "MOCK")
}

/// The proxy response for a service's response. A failure without an integration response is an error.
fn answer(
    responses: &[IntegrationResponse],
    event: &Json,
    response: Response,
    what: &str,
) -> Result<Bytes, Fault> {
    let Response { status, body } = response;
    let is_for = |response: &&IntegrationResponse| {
        let pattern = response.statuses.as_deref();
        let pattern = pattern.and_then(|pattern| Regex::new(&format!("^(?:{pattern})$")).ok());
        pattern.is_some_and(|pattern| pattern.is_match(&status.to_string()))
    };
    let is_default = |response: &&IntegrationResponse| response.statuses.is_none();
    let chosen = responses.iter().find(is_for);
    let chosen = chosen.or_else(|| responses.iter().find(is_default));
    let is_failure = status >= 400;
    if is_failure {
        warn!("{what} responded with {status}: {:?}", excerpt(&body));
    }
    let body = match chosen {
        Some(IntegrationResponse {
            template: Some(template),
            ..
        }) => render(template, event, &body, what)?,
        None if is_failure => return Err(Fault::InternalServerError),
        _ => body,
    };
    Ok(pass_on(Response { status, body }))
}

fn render(template: &Template, event: &Json, body: &str, what: &str) -> Result<String, Fault> {
    template.render(event, body).map_err(|why| {
        warn!("{what}: the mapping template cannot be evaluated: {why}");
        Fault::InternalServerError
    })
}
