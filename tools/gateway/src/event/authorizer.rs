//! The JSON event for an authorizer: the handshake with the hop-by-hop headers, and all maps even when they are empty.
//!
//! Based on `apiGatewayAuthorizerWebSocketEvent.json` of `aws-powertools/powertools-lambda-python`.

use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::Value as Json;

use super::{Origin, Request, RequestContext, all_values, context, last_values, parse_query};
use crate::{headers::Headers, route};

/// The event of the authorizer of the method with this ARN. `headers` are those of the handshake, including hop-by-hop headers.
pub(crate) fn authorizer(
    origin: &Origin,
    request: &Request,
    method_arn: &str,
    headers: &Headers,
    query: Option<&str>,
) -> String {
    let query = parse_query(query);
    let mut request_context = context(origin, request, route::CONNECT, "CONNECT");
    request_context.authorizer = None;
    let event = Event {
        kind: "REQUEST",
        method_arn,
        headers: headers.last_values(),
        multi_value_headers: headers.all_values(),
        query_string_parameters: last_values(&query),
        multi_value_query_string_parameters: all_values(&query),
        stage_variables: &origin.stage_variables,
        request_context,
    };
    // Strings, numbers and maps with string keys always serialise.
    serde_json::to_string(&event).unwrap_or_default()
}

/// The value at a path within `requestContext` (`identity.sourceIp`), as text.
pub(crate) fn context_value(origin: &Origin, request: &Request, path: &str) -> Option<String> {
    let context = context(origin, request, route::CONNECT, "CONNECT");
    let context = serde_json::to_value(context).ok()?;
    let value = path
        .split('.')
        .try_fold(&context, |json, step| json.get(step))?;
    match value {
        Json::String(text) => Some(text.clone()),
        Json::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Event<'a> {
    #[serde(rename = "type")]
    kind: &'static str,
    method_arn: &'a str,
    headers: BTreeMap<&'a str, &'a str>,
    multi_value_headers: BTreeMap<&'a str, Vec<&'a str>>,
    query_string_parameters: BTreeMap<&'a str, &'a str>,
    multi_value_query_string_parameters: BTreeMap<&'a str, Vec<&'a str>>,
    stage_variables: &'a BTreeMap<String, String>,
    request_context: RequestContext<'a>,
}
