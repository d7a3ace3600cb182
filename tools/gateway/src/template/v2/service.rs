//! Integrations without a proxy: what they ask of a service, and the mapping templates that write the request and the message
//! for the client.

use std::collections::BTreeMap;

use crate::{
    mapping::{self, Template},
    template::{
        error::Error,
        fields::Fields,
        stack::{Action, IntegrationResponse, Mock, Service},
        target,
        yaml::Entry,
    },
};

/// The parameter that makes an invocation asynchronous.
const INVOCATION_TYPE: &str = "integration.request.header.X-Amz-Invocation-Type";

/// Why an integration does not run here, with the line that says so.
pub(super) type Unsupported = (usize, String);

/// Reads an `AWS` integration.
pub(super) fn read(
    fields: &mut Fields<'_>,
    variables: &BTreeMap<String, String>,
    responses: Vec<IntegrationResponse>,
) -> Result<Result<Service, Unsupported>, Error> {
    let uri = fields.required_text("IntegrationUri")?;
    let parameters = fields.entries("RequestParameters");
    let request = match template(fields, "RequestTemplates")? {
        Ok(request) => request,
        Err(unsupported) => return Ok(Err(unsupported)),
    };
    // The fifth part of `arn:aws:apigateway:us-east-1:sqs:path/123456789012/queue`.
    let mut parts = uri.splitn(6, ':').skip(4);
    let (service, action) = (parts.next().unwrap_or_default(), parts.next());
    let action = match (service, action.unwrap_or_default()) {
        ("lambda", _) => Action::Invoke {
            function: target::by_uri(fields, "IntegrationUri", variables)?,
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
            return Ok(Err((fields.line_of("IntegrationUri"), why)));
        }
    };
    Ok(Ok(Service {
        action,
        request,
        responses,
    }))
}

/// Reads a `MOCK` integration.
pub(super) fn mock(
    integration: &Entry,
    fields: &mut Fields<'_>,
    responses: Vec<IntegrationResponse>,
) -> Result<Mock, Error> {
    let request = template(fields, "RequestTemplates")?;
    let request = request.unwrap_or_else(|(line, why)| {
        let remark = format!("{why}; {} answers with 200", integration.key);
        fields.resolver.remark(line, &remark);
        None
    });
    Ok(Mock { request, responses })
}

/// Reads an `AWS::ApiGatewayV2::IntegrationResponse`; returns the name of its integration too.
pub(super) fn response(
    entry: &Entry,
    fields: &mut Fields<'_>,
) -> Result<(String, IntegrationResponse), Error> {
    fields.ignore(&[
        "ContentHandlingStrategy",
        "ResponseParameters",
        "TemplateSelectionExpression",
    ]);
    let integration = fields.required_text("IntegrationId")?;
    let key = fields.required_text("IntegrationResponseKey")?;
    let statuses = key.strip_prefix('/').and_then(|key| key.strip_suffix('/'));
    let template = template(fields, "ResponseTemplates")?;
    let template = template.unwrap_or_else(|(line, why)| {
        let remark = format!("{why}; {} passes responses on as they are", entry.key);
        fields.resolver.remark(line, &remark);
        None
    });
    let response = IntegrationResponse {
        statuses: statuses.map(ToOwned::to_owned),
        template,
    };
    Ok((integration, response))
}

/// The mapping template of `RequestTemplates` or `ResponseTemplates`, if there is one.
pub(super) fn template(
    fields: &mut Fields<'_>,
    property: &'static str,
) -> Result<Result<Option<Template>, Unsupported>, Error> {
    let of = fields.path(property);
    let templates = fields.entries(property).iter();
    let named: Vec<_> = templates
        .map(|entry| (entry.key.as_str(), &entry.node))
        .collect();
    let Some(node) = mapping::choose(&named) else {
        return Ok(Ok(None));
    };
    let text = fields.resolver.text(node, &of)?.unwrap_or_default();
    let template = Template::parse(&text).map(Some);
    Ok(template.map_err(|construct| {
        let why = format!("{construct} in a mapping template is not evaluated");
        (node.line, why)
    }))
}

/// Whether the parameters have the header of an asynchronous invocation, a static value in quotes.
fn is_asynchronous(parameters: &[Entry]) -> bool {
    parameters.iter().any(|Entry { key, node, .. }| {
        key.eq_ignore_ascii_case(INVOCATION_TYPE) && node.text() == Some("'Event'")
    })
}
