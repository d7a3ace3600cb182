//! The JSON events for `$connect`, messages and `$disconnect`, with exactly the keys that AWS sends: typed languages fail on
//! missing and sometimes on additional keys.
//!
//! Based on the recorded events of `aws-powertools/powertools-lambda-python` (`tests/events/apiGatewayWebSocketApi*`).

mod authorizer;

use std::{collections::BTreeMap, sync::Arc};

use jiff::Timestamp;
use serde::Serialize;

pub(crate) use self::authorizer::authorizer;
pub(crate) use self::authorizer::context_value;
use crate::{
    authorizer::Context,
    headers::{Headers, all_values, last_values},
    ids::ConnectionId,
    route,
};

/// The parts that all events of a connection share.
#[derive(Debug, Clone)]
pub(crate) struct Origin {
    /// The API's id.
    pub api_id: String,
    /// The stage, as in the URL.
    pub stage: String,
    /// The host and port that the client used.
    pub domain_name: String,
    /// The client's id.
    pub connection_id: ConnectionId,
    /// When the handshake arrived.
    pub connected_at: Timestamp,
    /// The client's address.
    pub source_ip: String,
    /// `User-Agent` of the handshake, if any.
    pub user_agent: Option<String>,
    /// The context from the authorizer; empty without one.
    pub authorizer: Context,
    /// The stage's variables.
    pub stage_variables: Arc<BTreeMap<String, String>>,
}

/// One request through the gateway.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    /// Its id, which error frames contain too.
    pub id: String,
    /// When it arrived.
    pub time: Timestamp,
}

/// The event of the `$connect` route. `headers` are those of the handshake, as functions see them.
pub(crate) fn connect(
    origin: &Origin,
    request: &Request,
    headers: &Headers,
    query: Option<&str>,
) -> String {
    let query = parse_query(query);
    let context = context(origin, request, route::CONNECT, "CONNECT");
    json(&Event {
        headers: Some(headers.last_values()),
        multi_value_headers: Some(headers.all_values()),
        query_string_parameters: non_empty(last_values(&query)),
        multi_value_query_string_parameters: non_empty(all_values(&query)),
        ..Event::new(origin, context)
    })
}

/// The event of a message on the route `route_key`.
pub(crate) fn message(
    origin: &Origin,
    request: &Request,
    route_key: &str,
    message_id: &str,
    body: &str,
) -> String {
    let mut context = context(origin, request, route_key, "MESSAGE");
    context.message_id = Some(message_id);
    json(&Event {
        body: Some(body),
        ..Event::new(origin, context)
    })
}

/// The event of the `$disconnect` route.
pub(crate) fn disconnect(
    origin: &Origin,
    request: &Request,
    status_code: u16,
    reason: &str,
) -> String {
    let mut context = context(origin, request, route::DISCONNECT, "DISCONNECT");
    context.disconnect_status_code = Some(status_code);
    context.disconnect_reason = Some(reason);
    let headers: [(&str, &str); 4] = [
        ("Host", &origin.domain_name),
        ("x-api-key", ""),
        ("X-Forwarded-For", ""),
        ("x-restapi", ""),
    ];
    let headers = Headers::from_iter(headers);
    json(&Event {
        headers: Some(headers.last_values()),
        multi_value_headers: Some(headers.all_values()),
        ..Event::new(origin, context)
    })
}

fn context<'a>(
    origin: &'a Origin,
    request: &'a Request,
    route_key: &'a str,
    event_type: &'static str,
) -> RequestContext<'a> {
    RequestContext {
        route_key,
        disconnect_status_code: None,
        message_id: None,
        event_type,
        extended_request_id: &request.id,
        request_time: request.time.strftime("%d/%b/%Y:%H:%M:%S +0000").to_string(),
        message_direction: "IN",
        disconnect_reason: None,
        stage: &origin.stage,
        connected_at: origin.connected_at.as_millisecond(),
        request_time_epoch: request.time.as_millisecond(),
        identity: Identity {
            user_agent: origin.user_agent.as_deref(),
            source_ip: &origin.source_ip,
        },
        request_id: &request.id,
        domain_name: &origin.domain_name,
        connection_id: origin.connection_id.as_str(),
        api_id: &origin.api_id,
        authorizer: Some(&origin.authorizer).filter(|context| !context.is_empty()),
    }
}

fn json(event: &Event<'_>) -> String {
    // Strings, numbers and maps with string keys always serialise.
    serde_json::to_string(event).unwrap_or_default()
}

fn non_empty<K, V>(map: BTreeMap<K, V>) -> Option<BTreeMap<K, V>> {
    (!map.is_empty()).then_some(map)
}

fn parse_query(query: Option<&str>) -> Vec<Pair<'_>> {
    query
        .map(|query| form_urlencoded::parse(query.as_bytes()).collect())
        .unwrap_or_default()
}

type Pair<'a> = (std::borrow::Cow<'a, str>, std::borrow::Cow<'a, str>);

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<BTreeMap<&'a str, &'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_headers: Option<BTreeMap<&'a str, Vec<&'a str>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query_string_parameters: Option<BTreeMap<&'a str, &'a str>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_query_string_parameters: Option<BTreeMap<&'a str, Vec<&'a str>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    stage_variables: Option<&'a BTreeMap<String, String>>,
    request_context: RequestContext<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    is_base64_encoded: bool,
}

impl<'a> Event<'a> {
    fn new(origin: &'a Origin, request_context: RequestContext<'a>) -> Self {
        let variables: &BTreeMap<_, _> = &origin.stage_variables;
        Self {
            headers: None,
            multi_value_headers: None,
            query_string_parameters: None,
            multi_value_query_string_parameters: None,
            stage_variables: Some(variables).filter(|variables| !variables.is_empty()),
            request_context,
            body: None,
            is_base64_encoded: false,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct RequestContext<'a> {
    route_key: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    disconnect_status_code: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message_id: Option<&'a str>,
    event_type: &'static str,
    extended_request_id: &'a str,
    request_time: String,
    message_direction: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    disconnect_reason: Option<&'a str>,
    stage: &'a str,
    connected_at: i64,
    request_time_epoch: i64,
    identity: Identity<'a>,
    request_id: &'a str,
    domain_name: &'a str,
    connection_id: &'a str,
    api_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorizer: Option<&'a Context>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Identity<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    user_agent: Option<&'a str>,
    source_ip: &'a str,
}

#[cfg(test)]
mod tests;
