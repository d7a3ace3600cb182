//! Reads the parts of an API one by one, except `ApiId`. Properties:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_ApiGatewayV2.html>.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{http, service};
use crate::{
    route as route_keys,
    template::{
        access::{self, Kind},
        error::{Error, Problem},
        fields::Fields,
        resolve,
        routes::{self, MAX_TIMEOUT, MIN_TIMEOUT},
        stack::{self, IntegrationResponse, Throttles},
        stage as stages, target,
        yaml::Entry,
    },
};

/// An `AWS::ApiGatewayV2::Stage`, except its name.
pub(super) struct Stage {
    pub(super) auto_deploy: bool,
    pub(super) deployment: Option<String>,
    pub(super) variables: BTreeMap<String, String>,
    pub(super) throttles: Throttles,
}

pub(super) fn stage(fields: &mut Fields<'_>, routes: &BTreeSet<String>) -> Result<Stage, Error> {
    fields.ignore(&[
        "AccessLogSettings",
        "AccessPolicyId",
        "ClientCertificateId",
        "Description",
        "Tags",
    ]);
    fields.required("StageName")?;
    Ok(Stage {
        auto_deploy: fields.flag("AutoDeploy").unwrap_or(false),
        deployment: fields.text("DeploymentId")?,
        variables: stages::variables(fields)?,
        throttles: stages::throttles(fields, routes)?,
    })
}

/// An `AWS::ApiGatewayV2::Integration`.
pub(super) struct Integration {
    pub(super) integration: stack::Integration,
    pub(super) timeout: Duration,
}

/// `responses` are the integration responses by the physical name of their integration.
pub(super) fn integration(
    entry: &Entry,
    fields: &mut Fields<'_>,
    variables: &BTreeMap<String, String>,
    responses: &BTreeMap<String, Vec<IntegrationResponse>>,
) -> Result<Integration, Error> {
    fields.ignore(&[
        "ConnectionId",
        "CredentialsArn",
        "Description",
        "PassthroughBehavior",
        "ResponseParameters",
        "TemplateSelectionExpression",
        "TlsConfig",
    ]);
    let timeout = fields
        .number("TimeoutInMillis", MIN_TIMEOUT..=MAX_TIMEOUT)
        .unwrap_or(MAX_TIMEOUT);
    if let Some(found) = fields.text("PayloadFormatVersion")?
        && found != "1.0"
    {
        let wanted = "WebSocket APIs support only 1.0";
        return Err(fields.invalid("PayloadFormatVersion", found, wanted));
    }
    if let Some(found) = fields.text("ContentHandlingStrategy")?
        && found != "CONVERT_TO_TEXT"
    {
        let of = fields.path("ContentHandlingStrategy");
        let what = format!("{of}: {found}; messages are passed on as text");
        let line = fields.line_of("ContentHandlingStrategy");
        fields.resolver.left_out(line, &what);
    }
    // Read for integrations without a proxy; without effect for others.
    fields.ignore(&[
        "ConnectionType",
        "IntegrationMethod",
        "RequestParameters",
        "RequestTemplates",
    ]);
    let responses = responses.get(&resolve::generated(&entry.key));
    let responses = responses.cloned().unwrap_or_default();
    Ok(Integration {
        integration: target_of(entry, fields, variables, responses)?,
        timeout: Duration::from_millis(timeout),
    })
}

/// Where an integration leads, by its type.
fn target_of(
    entry: &Entry,
    fields: &mut Fields<'_>,
    variables: &BTreeMap<String, String>,
    responses: Vec<IntegrationResponse>,
) -> Result<stack::Integration, Error> {
    let kind = fields.required_text("IntegrationType")?;
    let service = match kind.as_str() {
        "AWS_PROXY" => {
            let function = target::by_uri(fields, "IntegrationUri", variables)?;
            return Ok(stack::Integration::Function(function));
        }
        "MOCK" => {
            fields.ignore(&["IntegrationUri"]);
            let mock = service::mock(entry, fields, responses)?;
            return Ok(stack::Integration::Mock(mock));
        }
        "AWS" => service::read(fields, variables, responses)?,
        "HTTP" | "HTTP_PROXY" => {
            let proxy = kind == "HTTP_PROXY";
            http::read(entry.line, fields, variables, proxy, responses)?
        }
        _ => {
            let wanted = "expected AWS_PROXY, AWS, HTTP, HTTP_PROXY or MOCK";
            return Err(fields.invalid("IntegrationType", kind, wanted));
        }
    };
    let key = &entry.key;
    Ok(match service {
        Ok(service) => stack::Integration::Service(service),
        Err((line, why)) => {
            let remark = format!("{why}; routes of {key} answer \"Internal server error\"");
            fields.resolver.remark(line, &remark);
            stack::Integration::Unsupported(format!("the {kind} integration {key}"))
        }
    })
}

/// An `AWS::ApiGatewayV2::Route` whose names have not been looked up.
pub(super) struct Draft {
    pub(super) key: String,
    /// `integrations/` and the id of an integration.
    pub(super) target: Option<String>,
    pub(super) access: Kind,
    /// Id of the authorizer, with [`Kind::Custom`] only.
    pub(super) authorizer: Option<String>,
    pub(super) responds: bool,
    /// Whether clients need an API key.
    pub(super) api_key: bool,
}

pub(super) fn route(entry: &Entry, fields: &mut Fields<'_>) -> Result<Draft, Error> {
    let resolver = fields.resolver;
    fields.ignore(routes::WITHOUT_EFFECT);
    let key = fields.required_text("RouteKey")?;
    routes::check_key(resolver, &key, fields.line_of("RouteKey"))?;
    let api_key = routes::needs_api_key(fields, &key, entry.line);
    let target = fields.text("Target")?;
    if target.is_none() && !super::may_lack_target(&key) {
        let problem = Problem::missing(format!("the route {key}"), "Target");
        return Err(resolver.error(entry.line, problem));
    }
    let responds = routes::responds(fields)?;
    let (mut access, mut authorizer) = (Kind::Open, None);
    let of = fields.path("AuthorizationType");
    if let Some(node) = fields.node("AuthorizationType") {
        access = access::kind(resolver, &of, node)?;
        if access != Kind::Open && key != route_keys::CONNECT {
            let found = resolver.text(node, &of)?.unwrap_or_default();
            let problem = Problem::value(of, found, "only $connect can be authorized");
            return Err(resolver.error(node.line, problem));
        }
        if access == Kind::Custom {
            authorizer = Some(fields.required_text("AuthorizerId")?);
        }
    }
    // Without CUSTOM it has no effect.
    fields.node("AuthorizerId");
    Ok(Draft {
        key,
        target,
        access,
        authorizer,
        responds,
        api_key,
    })
}

/// The id of the route that an `AWS::ApiGatewayV2::RouteResponse` belongs to.
pub(super) fn route_response(fields: &mut Fields<'_>) -> Result<String, Error> {
    fields.ignore(&[
        "ModelSelectionExpression",
        "ResponseModels",
        "ResponseParameters",
    ]);
    let found = fields.required_text("RouteResponseKey")?;
    if found != "$default" {
        let wanted = "API Gateway supports only $default";
        return Err(fields.invalid("RouteResponseKey", found, wanted));
    }
    fields.required_text("RouteId")
}
