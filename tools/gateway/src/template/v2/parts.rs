//! The parts of an API one by one, `ApiId` apart. Properties:
//! <https://docs.aws.amazon.com/AWSCloudFormation/latest/UserGuide/AWS_ApiGatewayV2.html>.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use crate::{
    route as route_keys,
    template::{
        access::{self, Kind},
        error::{Error, Problem},
        fields::Fields,
        resolve::Resolver,
        sam::{self, MAX_TIMEOUT, MIN_TIMEOUT},
        stack::{Function, Throttles},
        stage as stages, target,
        yaml::{Entry, Node, Value},
    },
};

/// An `AWS::ApiGatewayV2::Stage`; its name is known already.
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
    fields.leave_out(&[
        "AccessLogSettings",
        "AccessPolicyId",
        "ClientCertificateId",
        "Description",
        "Tags",
    ]);
    fields.required("StageName")?;
    Ok(Stage {
        auto_deploy: fields.text("AutoDeploy")?.as_deref() == Some("true"),
        deployment: fields.text("DeploymentId")?,
        variables: stages::variables(resolver, fields)?,
        throttles: stages::throttles(resolver, fields, routes)?,
    })
}

/// An `AWS::ApiGatewayV2::Integration`.
pub(super) struct Integration {
    pub(super) function: String,
    pub(super) timeout: Duration,
}

pub(super) fn integration(
    resolver: &Resolver<'_>,
    fields: &mut Fields<'_>,
    functions: &[Function],
    variables: &BTreeMap<String, String>,
) -> Result<Integration, Error> {
    fields.leave_out(&[
        "ConnectionType",
        "CredentialsArn",
        "Description",
        "IntegrationMethod",
        "PassthroughBehavior",
        "PayloadFormatVersion",
    ]);
    only(
        resolver,
        fields,
        "IntegrationType",
        "AWS_PROXY",
        "only Lambda proxy integration runs here",
    )?;
    if fields.node("ContentHandlingStrategy").is_some() {
        only(
            resolver,
            fields,
            "ContentHandlingStrategy",
            "CONVERT_TO_TEXT",
            "text is not converted here",
        )?;
    }
    let of = fields.path("IntegrationUri");
    let uri = fields.required("IntegrationUri")?;
    let function = target::by_uri(resolver, uri, &of, functions, variables)?;
    let timeout = fields
        .number("TimeoutInMillis", MIN_TIMEOUT..=MAX_TIMEOUT)?
        .unwrap_or(MAX_TIMEOUT);
    Ok(Integration {
        function,
        timeout: Duration::from_millis(timeout),
    })
}

/// An `AWS::ApiGatewayV2::IntegrationResponse` has no effect on a proxy integration, and no other kind runs here.
pub(super) fn integration_response(fields: &mut Fields<'_>) {
    fields.leave_out(&[
        "ContentHandlingStrategy",
        "IntegrationId",
        "IntegrationResponseKey",
        "ResponseParameters",
        "ResponseTemplates",
        "TemplateSelectionExpression",
    ]);
}

/// An `AWS::ApiGatewayV2::Route` whose names are not looked up yet.
pub(super) struct Draft {
    pub(super) key: String,
    /// `integrations/` and the id of one.
    pub(super) target: Option<String>,
    pub(super) access: Kind,
    /// Id of the authorizer, which counts with [`Kind::Custom`] only.
    pub(super) authorizer: Option<String>,
    pub(super) responds: bool,
}

pub(super) fn route(
    resolver: &Resolver<'_>,
    entry: &Entry,
    fields: &mut Fields<'_>,
) -> Result<Draft, Error> {
    fields.leave_out(sam::WITHOUT_EFFECT);
    let node = fields.required("RouteKey")?;
    let key = resolver.text(node, "RouteKey")?.unwrap_or_default();
    sam::check_key(resolver, &key, node.line)?;
    sam::check_api_key(resolver, fields, entry.line)?;
    let target = fields.text("Target")?;
    if target.is_none() && !super::may_lack_target(&key) {
        let (missing, of) = ("Target".to_owned(), format!("the route {key}"));
        return Err(resolver.error(entry.line, Problem::Missing { missing, of }));
    }
    let responds = sam::responds(resolver, fields)?;
    let (mut access, mut authorizer) = (Kind::Open, None);
    let of = fields.path("AuthorizationType");
    if let Some(node) = fields.node("AuthorizationType") {
        access = access::kind(resolver, &of, node)?;
        if access != Kind::Open && key != route_keys::CONNECT {
            let found = resolver.text(node, &of)?.unwrap_or_default();
            let wanted = "only $connect can be authorized".to_owned();
            return Err(resolver.error(node.line, Problem::Value { of, found, wanted }));
        }
        if access == Kind::Custom {
            let of = fields.path("AuthorizerId");
            let node = fields.required("AuthorizerId")?;
            authorizer = resolver.text(node, &of)?;
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
    })
}

/// The id of the route that an `AWS::ApiGatewayV2::RouteResponse` belongs to.
pub(super) fn route_response(
    resolver: &Resolver<'_>,
    fields: &mut Fields<'_>,
) -> Result<Option<String>, Error> {
    fields.leave_out(&[
        "ModelSelectionExpression",
        "ResponseModels",
        "ResponseParameters",
    ]);
    only(
        resolver,
        fields,
        "RouteResponseKey",
        "$default",
        "API Gateway knows only $default",
    )?;
    let node = fields.required("RouteId")?;
    resolver.text(node, "RouteId")
}

/// An `AWS::ApiGatewayV2::Deployment`.
pub(super) struct Deployment<'t> {
    /// The stage that it names itself.
    pub(super) stage: Option<&'t Node>,
    /// What has to exist before.
    pub(super) depends_on: Vec<String>,
}

pub(super) fn deployment<'t>(entry: &'t Entry, fields: &mut Fields<'_>) -> Deployment<'t> {
    fields.leave_out(&["Description", "StageName"]);
    let depends_on = match entry.node.get("DependsOn").map(|node| &node.value) {
        Some(Value::Scalar { text, .. }) => vec![text.clone()],
        Some(Value::Sequence(nodes)) => nodes
            .iter()
            .filter_map(Node::text)
            .map(ToOwned::to_owned)
            .collect(),
        _ => Vec::new(),
    };
    let stage = entry
        .node
        .get("Properties")
        .and_then(|node| node.get("StageName"));
    Deployment { stage, depends_on }
}

/// # Errors
/// When the property `name` is anything but `value`.
fn only(
    resolver: &Resolver<'_>,
    fields: &mut Fields<'_>,
    name: &'static str,
    value: &str,
    wanted: &str,
) -> Result<(), Error> {
    let of = fields.path(name);
    let node = fields.required(name)?;
    let found = resolver.text(node, &of)?.unwrap_or_default();
    if found == value {
        return Ok(());
    }
    let wanted = format!("{value} is wanted; {wanted}");
    Err(resolver.error(node.line, Problem::Value { of, found, wanted }))
}
