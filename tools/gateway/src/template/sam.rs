//! `AWS::Serverless::WebSocketApi`: stage, route selection, routes, authorizer.
//!
//! What SAM makes of it: <https://github.com/aws/serverless-application-model>,
//! `samtranslator/model/api/websocket_api_generator.py`.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    access,
    error::{Error, Problem},
    fields::Fields,
    resolve::{self, Resolver},
    resources::{Kind, Part},
    stack::{Access, Api, Function, Route},
    stage, target,
    yaml::{Entry, Node, Value},
};
use crate::route::{self, Expression};

/// Longest time that API Gateway waits for a function, in milliseconds
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html>).
pub(crate) const MAX_TIMEOUT: u64 = 29_000;
/// Shortest time that can be asked for, in milliseconds (same page).
pub(crate) const MIN_TIMEOUT: u64 = 50;

/// Properties that change rights, names, cost or observation, and nothing that a client or function sees.
const LEFT_OUT: &[&str] = &[
    "AccessLogSettings",
    "ApiKeySelectionExpression",
    "Description",
    "DisableExecuteApiEndpoint",
    "DisableSchemaValidation",
    "Domain",
    "IpAddressType",
    "Name",
    "PropagateTags",
    "Tags",
];

/// Properties of a route that change nothing here. Models are held against messages only where the integration is no
/// proxy
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-selection-expressions.html>).
pub(crate) const WITHOUT_EFFECT: &[&str] =
    &["ModelSelectionExpression", "OperationName", "RequestModels"];

pub(crate) fn read(
    resolver: &Resolver<'_>,
    resource: &Entry,
    globals: Option<&Node>,
    stage: &str,
    functions: &[Function],
) -> Result<Api, Error> {
    let mut fields = super::properties(resolver, resource)?.with_globals(globals);
    fields.leave_out(LEFT_OUT);
    fields.node("StageName");
    let selection = selection(resolver, &mut fields)?;
    let node = fields.required("Routes")?;
    let Value::Mapping(entries) = &node.value else {
        let of = fields.path("Routes");
        return Err(resolver.error(
            node.line,
            Problem::Kind {
                of,
                wanted: "a mapping",
                found: node.kind(),
            },
        ));
    };
    let routes: Result<BTreeMap<_, _>, _> = entries
        .iter()
        .filter(|entry| !entry.node.is_nothing())
        .map(|entry| Ok((entry.key.clone(), route(resolver, entry, functions)?)))
        .collect();
    let routes = routes?;
    let auth = fields.node("Auth");
    let access = match auth {
        Some(node) => access::of_sam(resolver, node, functions)?,
        None => Access::Open,
    };
    if let Some(node) = auth.filter(|_| access != Access::Open)
        && !routes.contains_key(route::CONNECT)
    {
        let problem = Problem::Missing {
            missing: "Routes.$connect, because only that route is authorized".to_owned(),
            of: resource.key.clone(),
        };
        return Err(resolver.error(node.line, problem));
    }
    let variables = stage::variables(resolver, &mut fields)?;
    let keys: BTreeSet<_> = routes.keys().cloned().collect();
    let throttles = stage::throttles(resolver, &mut fields, &keys)?;
    fields.finish()?;
    let id = resolver.physical_name(&resource.key, resource.line)?;
    Ok(Api {
        domain: resolve::domain(&id),
        id,
        stage: stage.to_owned(),
        selection,
        routes,
        access,
        variables,
        throttles,
    })
}

/// `RouteSelectionExpression`, which both forms of an API have.
pub(crate) fn selection(
    resolver: &Resolver<'_>,
    fields: &mut Fields<'_>,
) -> Result<Expression, Error> {
    let node = fields.required("RouteSelectionExpression")?;
    let found = resolver
        .text(node, "RouteSelectionExpression")?
        .unwrap_or_default();
    Expression::parse(&found).map_err(|wanted| {
        let of = "RouteSelectionExpression".to_owned();
        resolver.error(node.line, Problem::Value { of, found, wanted })
    })
}

/// Whether SAM makes a route resource of this logical id. A `RouteResponse` refers to it.
pub(crate) fn generates(resources: &[Entry], logical_id: &str) -> bool {
    super::of_kind(resources, Kind::SamApi).any(|api| {
        let routes = api
            .node
            .get("Properties")
            .and_then(|properties| properties.get("Routes"));
        let Some(Node {
            value: Value::Mapping(routes),
            ..
        }) = routes
        else {
            return false;
        };
        routes
            .iter()
            .any(|route| route_id(&api.key, &route.key) == logical_id)
    })
}

/// The logical id that SAM gives the resource of a route.
pub(crate) fn route_id(api: &str, key: &str) -> String {
    let key = key.trim_start_matches('$').to_lowercase();
    match key.split_at_checked(1) {
        Some((first, rest)) => format!("{api}{}{rest}Route", first.to_uppercase()),
        None => format!("{api}{key}Route"),
    }
}

/// Adds what is to be said about routes that answer: SAM makes no `RouteResponse` of them. `responses` are the physical
/// names of routes that have one.
pub(crate) fn warn_of_silence(
    resolver: &Resolver<'_>,
    api: &Entry,
    read: &Api,
    responses: &BTreeSet<String>,
    warnings: &mut Vec<String>,
) {
    let routes = api
        .node
        .get("Properties")
        .and_then(|node| node.get("Routes"));
    for (key, _) in read.routes.iter().filter(|(_, route)| route.responds) {
        let id = route_id(&api.key, key);
        if !responses.contains(&resolve::generated(&id)) {
            let line = routes
                .and_then(|routes| routes.get(key))
                .map_or(api.line, |node: &Node| node.line);
            let text = format!(
                "the route {key} answers here, but SAM makes no AWS::ApiGatewayV2::RouteResponse for it; add one with \
                 RouteId: !Ref {id} and RouteResponseKey: $default, or AWS may drop the answer"
            );
            warnings.push(resolver.place(line, &text));
        }
    }
}

/// # Errors
/// When there are parts of an API although it is written in SAM's form; only `RouteResponse` goes with it.
pub(crate) fn check_strays(
    resolver: &Resolver<'_>,
    resources: &[Entry],
    api: &Entry,
) -> Result<(), Error> {
    let parts = [
        Part::Authorizer,
        Part::Deployment,
        Part::Integration,
        Part::IntegrationResponse,
        Part::Route,
        Part::Stage,
    ];
    let stray = resources.iter().find(|resource| {
        let kind = resolver.kind_of(&resource.key);
        parts.iter().any(|part| kind == Some(Kind::V2(*part)))
    });
    stray.map_or(Ok(()), |resource| {
        let remedy = "write it into the properties of the AWS::Serverless::WebSocketApi, or the whole API as \
                      AWS::ApiGatewayV2 resources";
        let (of, api) = (resource.key.clone(), api.key.clone());
        Err(resolver.error(resource.line, Problem::Stray { of, api, remedy }))
    })
}

fn route(resolver: &Resolver<'_>, entry: &Entry, functions: &[Function]) -> Result<Route, Error> {
    let key = &entry.key;
    let of = format!("the route {key}");
    check_key(resolver, key, entry.line)?;
    if !key.starts_with('$') && !key.chars().all(char::is_alphanumeric) {
        let wanted = "SAM takes only letters and digits; write an AWS::ApiGatewayV2::Route instead"
            .to_owned();
        let problem = Problem::Value {
            of: "a route key".into(),
            found: key.clone(),
            wanted,
        };
        return Err(resolver.error(entry.line, problem));
    }
    let mut fields = Fields::new(resolver, of.clone(), &entry.node)?;
    fields.leave_out(WITHOUT_EFFECT);
    let path = fields.path("FunctionArn");
    let function = target::by_arn(resolver, fields.required("FunctionArn")?, &path, functions)?;
    let timeout = fields
        .number("IntegrationTimeout", MIN_TIMEOUT..=MAX_TIMEOUT)?
        .unwrap_or(MAX_TIMEOUT);
    let responds = responds(resolver, &mut fields)?;
    check_api_key(resolver, &mut fields, entry.line)?;
    fields.finish()?;
    Ok(Route {
        function,
        timeout: Duration::from_millis(timeout),
        responds,
    })
}

/// # Errors
/// For a key that API Gateway refuses.
pub(crate) fn check_key(resolver: &Resolver<'_>, key: &str, line: usize) -> Result<(), Error> {
    let reserved = [route::CONNECT, route::DISCONNECT, route::DEFAULT];
    if !key.is_empty() && (!key.starts_with('$') || reserved.contains(&key)) {
        return Ok(());
    }
    let wanted = "only $connect, $disconnect and $default start with $".to_owned();
    let problem = Problem::Value {
        of: "a route key".into(),
        found: key.to_owned(),
        wanted,
    };
    Err(resolver.error(line, problem))
}

/// Whether `RouteResponseSelectionExpression` asks for a two-way route.
pub(crate) fn responds(resolver: &Resolver<'_>, fields: &mut Fields<'_>) -> Result<bool, Error> {
    let of = fields.path("RouteResponseSelectionExpression");
    let Some(node) = fields.node("RouteResponseSelectionExpression") else {
        return Ok(false);
    };
    match resolver.text(node, &of)?.as_deref() {
        None => Ok(false),
        Some("$default") => Ok(true),
        Some(found) => {
            let (found, wanted) = (
                found.to_owned(),
                "API Gateway knows only $default".to_owned(),
            );
            Err(resolver.error(node.line, Problem::Value { of, found, wanted }))
        }
    }
}

/// # Errors
/// When an API key is asked for, which the gateway cannot check.
pub(crate) fn check_api_key(
    resolver: &Resolver<'_>,
    fields: &mut Fields<'_>,
    line: usize,
) -> Result<(), Error> {
    if fields
        .text("ApiKeyRequired")?
        .is_none_or(|value| value == "false")
    {
        return Ok(());
    }
    let (of, found) = (fields.path("ApiKeyRequired"), "true".to_owned());
    let wanted = "API keys are not checked here".to_owned();
    Err(resolver.error(line, Problem::Value { of, found, wanted }))
}
