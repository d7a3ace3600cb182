//! `AWS::Serverless::WebSocketApi`: stage, route selection, routes, authorizer.
//!
//! How SAM transforms it: <https://github.com/aws/serverless-application-model>,
//! `samtranslator/model/api/websocket_api_generator.py`.

use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use super::{
    access,
    error::{Error, Problem},
    fields::Fields,
    owner,
    resolve::{self, Resolver},
    resources::{self, Kind, Part},
    route_ids::route_id,
    routes,
    stack::{Access, Api, Integration, Route},
    stage, target, v2,
    yaml::{Entry, Value},
};
use crate::route;

/// Properties that change rights, names, cost or observation, and nothing that a client or function sees.
const IGNORED: &[&str] = &[
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

pub(crate) fn read(resolver: &Resolver<'_>, resource: &Entry, stage: &str) -> Result<Api, Error> {
    let mut fields = Fields::of(resolver, resource)?;
    fields.ignore(IGNORED);
    if stage == route::DEFAULT {
        let line = fields
            .node("StageName")
            .map_or(resource.line, |node| node.line);
        let why = "only HTTP APIs have a stage of this name";
        return Err(resolver.error(line, Problem::value("StageName", stage, why)));
    }
    fields.node("StageName");
    let selection = routes::selection(&mut fields)?;
    let node = fields.required("Routes")?;
    let Value::Mapping(entries) = &node.value else {
        let problem = Problem::kind(fields.path("Routes"), "a mapping", node.kind());
        return Err(resolver.error(node.line, problem));
    };
    if entries.is_empty() {
        let why = "SAM requires at least one route";
        let problem = Problem::value(fields.path("Routes"), "{}", why);
        return Err(resolver.error(node.line, problem));
    }
    let (mut routes, mut api_key) = (BTreeMap::new(), false);
    for entry in entries.iter().filter(|entry| !entry.node.is_nothing()) {
        if let Some((route, needs_key)) = resolver.keep(route(resolver, entry)) {
            api_key |= needs_key;
            routes.insert(entry.key.clone(), route);
        }
    }
    warn_of_silence(resolver, resource, &routes)?;
    let auth = fields.node("Auth");
    let access = auth
        .and_then(|node| resolver.keep(access::of_sam(resolver, node)))
        .unwrap_or(Access::Open);
    if let Some(node) = auth.filter(|_| access != Access::Open)
        && !routes.contains_key(route::CONNECT)
    {
        let missing = "Routes.$connect, the only route that can be authorized";
        return Err(resolver.error(node.line, Problem::missing(&resource.key, missing)));
    }
    let variables = stage::variables(&mut fields)?;
    let keys: BTreeSet<_> = routes.keys().cloned().collect();
    let throttles = stage::throttles(&mut fields, &keys)?;
    fields.finish();
    let id = resolver.physical_name(&resource.key, resource.line)?;
    Ok(Api {
        domain: resolve::domain(&id),
        id,
        stage: stage.to_owned(),
        selection,
        routes,
        access,
        api_key,
        variables,
        throttles,
    })
}

/// Remarks on two-way routes without an `AWS::ApiGatewayV2::RouteResponse`, which SAM does not generate.
fn warn_of_silence(
    resolver: &Resolver<'_>,
    api: &Entry,
    routes: &BTreeMap<String, Route>,
) -> Result<(), Error> {
    let id = resolver.physical_name(&api.key, api.line)?;
    let responses = v2::route_responses(resolver, &id)?;
    let nodes = resources::property(api, "Routes");
    for (key, _) in routes.iter().filter(|(_, route)| route.responds) {
        let id = route_id(&api.key, key);
        if !responses.contains(&resolve::generated(&id)) {
            let line = nodes
                .and_then(|nodes| nodes.get(key))
                .map_or(api.line, |node| node.line);
            let remark = format!(
                "the route {key} answers here, but SAM generates no AWS::ApiGatewayV2::RouteResponse for it; add one \
                 with RouteId: !Ref {id} and RouteResponseKey: $default, or AWS may drop the answer"
            );
            resolver.remark(line, &remark);
        }
    }
    Ok(())
}

/// Reports parts of an API that name the API `api`, which is written in SAM's form; only `RouteResponse` combines with
/// it.
pub(crate) fn check_strays(resolver: &Resolver<'_>, resources: &[Entry], api: &Entry) {
    let parts = [
        Part::Authorizer,
        Part::Deployment,
        Part::Integration,
        Part::IntegrationResponse,
        Part::Route,
        Part::Stage,
    ];
    let Ok(id) = resolver.physical_name(&api.key, api.line) else {
        return;
    };
    for part in parts {
        for resource in resources::of_kind(resources, Kind::V2(part)) {
            if owner::belongs(resolver, resource, &id) {
                let remedy = "write it into the properties of the AWS::Serverless::WebSocketApi, or the whole API as \
                              AWS::ApiGatewayV2 resources";
                let (of, api) = (resource.key.clone(), api.key.clone());
                resolver.report(resource.line, Problem::Stray { of, api, remedy });
            }
        }
    }
}

/// A route, and whether it needs an API key.
fn route(resolver: &Resolver<'_>, entry: &Entry) -> Result<(Route, bool), Error> {
    let key = &entry.key;
    routes::check_key(resolver, key, entry.line)?;
    if !key.starts_with('$') && !key.chars().all(char::is_alphanumeric) {
        let wanted =
            "SAM allows only letters and digits; write an AWS::ApiGatewayV2::Route instead";
        return Err(resolver.error(entry.line, Problem::value("a route key", key, wanted)));
    }
    let mut fields = Fields::new(resolver, format!("the route {key}"), &entry.node)?;
    fields.ignore(routes::WITHOUT_EFFECT);
    let function = target::by_arn(&mut fields, "FunctionArn")?;
    let timeout = fields
        .number(
            "IntegrationTimeout",
            routes::MIN_TIMEOUT..=routes::MAX_TIMEOUT,
        )
        .unwrap_or(routes::MAX_TIMEOUT);
    let responds = routes::responds(&mut fields)?;
    let needs_key = routes::needs_api_key(&mut fields, key, entry.line);
    fields.finish();
    let route = Route {
        integration: Integration::Function(function),
        timeout: Duration::from_millis(timeout),
        responds,
    };
    Ok((route, needs_key))
}
