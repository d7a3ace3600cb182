//! Integrations with an HTTP endpoint: `HTTP`, and `HTTP_PROXY`, which passes message and response on as they are. Parameters:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-data-mapping.html>.

use std::collections::BTreeMap;

use http::Uri;

use super::service::{self, Unsupported};
use crate::template::{
    error::Error,
    fields::Fields,
    resolve::is_aws,
    stack::{Action, HttpRequest, IntegrationResponse, Origin, Service, Target},
    target::with_variables,
    yaml::Entry,
};

/// Reads the integration at `line`.
pub(super) fn read(
    line: usize,
    fields: &mut Fields<'_>,
    variables: &BTreeMap<String, String>,
    proxy: bool,
    responses: Vec<IntegrationResponse>,
) -> Result<Result<Service, Unsupported>, Error> {
    if fields.text("ConnectionType")?.as_deref() == Some("VPC_LINK") {
        let why = "a VPC link is not reached from this machine".to_owned();
        return Ok(Err((line, why)));
    }
    let method = fields.text("IntegrationMethod")?;
    let url = with_variables(fields.required_text("IntegrationUri")?, variables);
    // With path parameters, it is not a valid URI.
    let uri: Option<Uri> = url.replace(['{', '}'], "").parse().ok();
    let host = uri
        .filter(|uri| matches!(uri.scheme_str(), Some("http" | "https")))
        .and_then(|uri| uri.host().map(ToOwned::to_owned));
    let Some(host) = host else {
        let wanted = "expected an http:// or https:// URL";
        return Err(fields.invalid("IntegrationUri", url, wanted));
    };
    if is_aws(&host) {
        let why = format!("{host} is on AWS, which a local run does not reach");
        return Ok(Err((fields.line_of("IntegrationUri"), why)));
    }
    let parameters = parameters(fields)?;
    let request = match service::template(fields, "RequestTemplates")? {
        Ok(request) => request,
        Err(unsupported) => return Ok(Err(unsupported)),
    };
    let method = method.filter(|method| method != "ANY");
    let action = Action::Http(HttpRequest {
        method: method.unwrap_or_else(|| "POST".to_owned()),
        url,
        parameters,
        proxy,
    });
    Ok(Ok(Service {
        action,
        request: request.filter(|_| !proxy),
        responses,
    }))
}

fn parameters(fields: &mut Fields<'_>) -> Result<Vec<(Target, Origin)>, Error> {
    let (resolver, of) = (fields.resolver, fields.path("RequestParameters"));
    let mut parameters = Vec::new();
    for Entry { key, node, .. } in fields.entries("RequestParameters") {
        let found = resolver.text(node, &of)?.unwrap_or_default();
        let (Some(target), Some(origin)) = (target(key), origin(&found)) else {
            let what = format!("the request parameter {key}: {found}");
            resolver.left_out(node.line, &what);
            continue;
        };
        parameters.push((target, origin));
    }
    Ok(parameters)
}

fn target(key: &str) -> Option<Target> {
    let (kind, name) = key.strip_prefix("integration.request.")?.split_once('.')?;
    let name = name.to_owned();
    match kind {
        "header" => Some(Target::Header(name)),
        "path" => Some(Target::Path(name)),
        "querystring" => Some(Target::Query(name)),
        _ => None,
    }
}

fn origin(value: &str) -> Option<Origin> {
    let quoted = value
        .strip_prefix('\'')
        .and_then(|text| text.strip_suffix('\''));
    if let Some(text) = quoted {
        return Some(Origin::Static(text.to_owned()));
    }
    let path = |text: &str| text.split('.').map(ToOwned::to_owned).collect::<Vec<_>>();
    if value == "route.request.body" {
        return Some(Origin::Body(Vec::new()));
    }
    if let Some(rest) = value.strip_prefix("route.request.body.") {
        return Some(Origin::Body(path(rest)));
    }
    let sections = [
        ("context.", "requestContext"),
        ("stageVariables.", "stageVariables"),
        ("route.request.header.", "headers"),
        ("route.request.querystring.", "queryStringParameters"),
    ];
    sections.iter().find_map(|(start, section)| {
        let rest = value.strip_prefix(start)?;
        let mut steps = vec![(*section).to_owned()];
        steps.extend(path(rest));
        Some(Origin::Event(steps))
    })
}
