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
        resolve::{self, Resolver},
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

pub(super) fn stage(
    resolver: &Resolver<'_>,
    fields: &mut Fields<'_>,
    routes: &BTreeSet<String>,
) -> Result<Stage, Error> {
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
        variables: stages::variables(resolver, fields)?,
        throttles: stages::throttles(resolver, fields, routes)?,
    })
}

/// An `AWS::ApiGatewayV2::Integration`.
pub(super) struct Integration {
    pub(super) integration: stack::Integration,
    pub(super) timeout: Duration,
}

/// `responses` are the integration responses by the physical name of their integration.
pub(super) fn integration(
    resolver: &Resolver<'_>,
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
    let timeout = Duration::from_millis(timeout);
    if let Some((node, found)) = fields.text_at("PayloadFormatVersion")?
        && found != "1.0"
    {
        let of = fields.path("PayloadFormatVersion");
        let problem = Problem::value(of, found, "WebSocket APIs support only 1.0");
        return Err(resolver.error(node.line, problem));
    }
    if let Some((node, found)) = fields.text_at("ContentHandlingStrategy")?
        && found != "CONVERT_TO_TEXT"
    {
        let of = fields.path("ContentHandlingStrategy");
        let what = format!("{of}: {found}; messages are passed on as text");
        resolver.left_out(node.line, &what);
    }
    let responses = responses.get(&resolve::generated(&entry.key));
    let responses = responses.cloned().unwrap_or_default();
    // Read for integrations without a proxy; without effect for others.
    fields.ignore(&[
        "ConnectionType",
        "IntegrationMethod",
        "RequestParameters",
        "RequestTemplates",
    ]);
    let (node, kind) = fields.required_text("IntegrationType")?;
    let integration = match kind.as_str() {
        "AWS_PROXY" => {
            let function = target::by_uri(resolver, fields, "IntegrationUri", variables)?;
            stack::Integration::Function(function)
        }
        "MOCK" => {
            fields.ignore(&["IntegrationUri"]);
            let mock = service::mock(resolver, entry, fields, responses)?;
            stack::Integration::Mock(mock)
        }
        "AWS" | "HTTP" | "HTTP_PROXY" => {
            let service = if kind == "AWS" {
                service::read(resolver, fields, variables, responses)?
            } else {
                let proxy = kind == "HTTP_PROXY";
                http::read(resolver, entry.line, fields, variables, proxy, responses)?
            };
            let key = &entry.key;
            match service {
                Ok(service) => stack::Integration::Service(service),
                Err((line, why)) => {
                    let remark = format!("{why}; routes of {key} answer \"Internal server error\"");
                    resolver.remark(line, &remark);
                    stack::Integration::Unsupported(format!("the {kind} integration {key}"))
                }
            }
        }
        _ => {
            let of = fields.path("IntegrationType");
            let wanted = "expected AWS_PROXY, AWS, HTTP, HTTP_PROXY or MOCK";
            return Err(resolver.error(node.line, Problem::value(of, kind, wanted)));
        }
    };
    Ok(Integration {
        integration,
        timeout,
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

pub(super) fn route(
    resolver: &Resolver<'_>,
    entry: &Entry,
    fields: &mut Fields<'_>,
) -> Result<Draft, Error> {
    fields.ignore(routes::WITHOUT_EFFECT);
    let (node, key) = fields.required_text("RouteKey")?;
    routes::check_key(resolver, &key, node.line)?;
    let api_key = routes::needs_api_key(resolver, fields, &key, entry.line);
    let target = fields.text("Target")?;
    if target.is_none() && !super::may_lack_target(&key) {
        let problem = Problem::missing(format!("the route {key}"), "Target");
        return Err(resolver.error(entry.line, problem));
    }
    let responds = routes::responds(resolver, fields)?;
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
            authorizer = Some(fields.required_text("AuthorizerId")?.1);
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
pub(super) fn route_response(
    resolver: &Resolver<'_>,
    fields: &mut Fields<'_>,
) -> Result<String, Error> {
    fields.ignore(&[
        "ModelSelectionExpression",
        "ResponseModels",
        "ResponseParameters",
    ]);
    let (node, found) = fields.required_text("RouteResponseKey")?;
    if found != "$default" {
        let of = fields.path("RouteResponseKey");
        let problem = Problem::value(of, found, "API Gateway supports only $default");
        return Err(resolver.error(node.line, problem));
    }
    Ok(fields.required_text("RouteId")?.1)
}
