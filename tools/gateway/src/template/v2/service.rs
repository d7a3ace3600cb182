//! `AWS` integrations: what they ask of a service, and the mapping template that writes the request.

use std::collections::BTreeMap;

use crate::{
    mapping::{self, Template},
    template::{
        error::Error,
        fields::Fields,
        resolve::Resolver,
        stack::{Action, Service},
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
) -> Result<Option<Service>, Error> {
    let of = fields.path("IntegrationUri");
    let uri_node = fields.required("IntegrationUri")?;
    let uri = resolver.text(uri_node, &of)?.unwrap_or_default();
    let parameters = fields.node("RequestParameters");
    let template = template(resolver, fields)?;
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
        ("sqs", "action/SendMessage") => Action::Sqs { queue: None },
        ("sqs", path) if path.starts_with("path/") => Action::Sqs {
            queue: path.rsplit('/').next().map(ToOwned::to_owned),
        },
        (service, action) => {
            let why = format!("the {service} integration ({action}) is not emulated");
            return left_out(uri_node.line, &why);
        }
    };
    match template {
        Some((line, Err(construct))) => {
            let why = format!("{construct} in a mapping template is not evaluated");
            left_out(line, &why)
        }
        Some((_, Ok(request))) => Ok(Some(Service {
            action,
            request: Some(request),
        })),
        None => Ok(Some(Service {
            action,
            request: None,
        })),
    }
}

/// The template that writes the request, with its line.
type Read = (usize, Result<Template, String>);

fn template(resolver: &Resolver<'_>, fields: &mut Fields<'_>) -> Result<Option<Read>, Error> {
    let of = fields.path("RequestTemplates");
    let templates = fields.node("RequestTemplates");
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
