//! Integrations without a proxy: what they ask of a service, and the mapping templates that write the request and the message
//! for the client.

use std::collections::BTreeMap;

use crate::{
    mapping::{self, Template},
    template::{
        error::Error,
        fields::Fields,
        resolve::Resolver,
        stack::{Action, IntegrationResponse, Mock, Service},
        target,
        yaml::{Entry, Node},
    },
};

/// The parameter that makes an invocation asynchronous.
const INVOCATION_TYPE: &str = "integration.request.header.X-Amz-Invocation-Type";

/// Reads an `AWS` integration. `None`, after a remark, for a service that is not emulated, or a template with constructs that
/// are not evaluated.
///
/// # Errors
/// When a property has the wrong kind, or the URI names no function of this template.
pub(super) fn read(
    resolver: &Resolver<'_>,
    integration: &Entry,
    fields: &mut Fields<'_>,
    variables: &BTreeMap<String, String>,
    responses: Vec<IntegrationResponse>,
) -> Result<Option<Service>, Error> {
    let of = fields.path("IntegrationUri");
    let uri_node = fields.required("IntegrationUri")?;
    let uri = resolver.text(uri_node, &of)?.unwrap_or_default();
    let parameters = fields.node("RequestParameters");
    let template = template(resolver, fields, "RequestTemplates")?;
    let left_out = |line: usize, why: &str| {
        let key = &integration.key;
        let remark = format!("{why}; routes of {key} answer \"Internal server error\"");
        resolver.remark(line, &remark);
        Ok(None)
    };
    // The fifth part of `arn:aws:apigateway:us-east-1:sqs:path/123456789012/queue`.
    let mut parts = uri.splitn(6, ':').skip(4);
    let (service, action) = (parts.next().unwrap_or_default(), parts.next());
    let action = match (service, action.unwrap_or_default()) {
        ("lambda", _) => Action::Invoke {
            function: target::by_uri(resolver, uri_node, &of, variables)?,
            asynchronously: is_asynchronous(parameters),
        },
        ("dynamodb", action) if action.starts_with("action/") => {
            Action::DynamoDb(action.trim_start_matches("action/").to_owned())
        }
        ("sns", "action/Publish" | "path/") => Action::Sns,
        ("sqs", "action/SendMessage") => Action::Sqs { queue: None },
        ("sqs", path) if path.starts_with("path/") => Action::Sqs {
            queue: path.rsplit('/').next().map(ToOwned::to_owned),
        },
        (service, action) => {
            let why = format!("the {service} integration ({action}) is not emulated");
            return left_out(uri_node.line, &why);
        }
    };
    let request = match template {
        Some((line, Err(construct))) => {
            let why = format!("{construct} in a mapping template is not evaluated");
            return left_out(line, &why);
        }
        Some((_, Ok(request))) => Some(request),
        None => None,
    };
    Ok(Some(Service {
        action,
        request,
        responses,
    }))
}

/// Reads a `MOCK` integration.
///
/// # Errors
/// When a property has the wrong kind.
pub(super) fn mock(
    resolver: &Resolver<'_>,
    integration: &Entry,
    fields: &mut Fields<'_>,
    responses: Vec<IntegrationResponse>,
) -> Result<Mock, Error> {
    let request = match template(resolver, fields, "RequestTemplates")? {
        Some((line, Err(construct))) => {
            let key = &integration.key;
            let remark = format!(
                "{construct} in a mapping template is not evaluated; {key} answers with 200"
            );
            resolver.remark(line, &remark);
            None
        }
        Some((_, Ok(request))) => Some(request),
        None => None,
    };
    Ok(Mock { request, responses })
}

/// Reads an `AWS::ApiGatewayV2::IntegrationResponse`; returns the name of its integration too.
///
/// # Errors
/// When a property has the wrong kind or is absent.
pub(super) fn response(
    resolver: &Resolver<'_>,
    entry: &Entry,
    fields: &mut Fields<'_>,
) -> Result<(String, IntegrationResponse), Error> {
    fields.ignore(&[
        "ContentHandlingStrategy",
        "ResponseParameters",
        "TemplateSelectionExpression",
    ]);
    let (_, integration) = fields.required_text("IntegrationId")?;
    let (_, key) = fields.required_text("IntegrationResponseKey")?;
    let statuses = key.strip_prefix('/').and_then(|key| key.strip_suffix('/'));
    let template = match template(resolver, fields, "ResponseTemplates")? {
        Some((line, Err(construct))) => {
            let remark = format!(
                "{construct} in a mapping template is not evaluated; {} passes responses on as they are",
                entry.key
            );
            resolver.remark(line, &remark);
            None
        }
        Some((_, Ok(template))) => Some(template),
        None => None,
    };
    let response = IntegrationResponse {
        statuses: statuses.map(ToOwned::to_owned),
        template,
    };
    Ok((integration, response))
}

/// A mapping template with its line; an error is the construct that is not supported.
type Read = (usize, Result<Template, String>);

/// The mapping template of `RequestTemplates` or `ResponseTemplates`.
pub(super) fn template(
    resolver: &Resolver<'_>,
    fields: &mut Fields<'_>,
    property: &'static str,
) -> Result<Option<Read>, Error> {
    let of = fields.path(property);
    let templates = fields.node(property);
    let named: Vec<_> = templates
        .into_iter()
        .flat_map(Node::entries)
        .map(|entry| (entry.key.as_str(), &entry.node))
        .collect();
    let Some(node) = mapping::choose(&named) else {
        return Ok(None);
    };
    let text = resolver.text(node, &of)?.unwrap_or_default();
    Ok(Some((node.line, Template::parse(&text))))
}

/// Whether the parameters have the header of an asynchronous invocation, a static value in quotes.
fn is_asynchronous(parameters: Option<&Node>) -> bool {
    let mut entries = parameters.into_iter().flat_map(Node::entries);
    entries.any(|Entry { key, node, .. }| {
        key.eq_ignore_ascii_case(INVOCATION_TYPE) && node.text() == Some("'Event'")
    })
}
