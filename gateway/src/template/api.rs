//! `AWS::Serverless::WebSocketApi`: stage, route selection, routes.

use std::{collections::BTreeMap, time::Duration};

use super::{
    error::{Error, Problem},
    fields::Fields,
    resolve::{self, Resolver},
    resources::Kind,
    stack::{Api, Function, Route},
    yaml::{Entry, Node, Value},
};
use crate::route::Expression;

/// SAM's stage when the template names none.
const DEFAULT_STAGE: &str = "default";
/// Longest time that API Gateway waits for a function, in milliseconds
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-integration-requests.html>).
const MAX_TIMEOUT: u64 = 29_000;
/// Shortest time that can be asked for, in milliseconds (same page).
const MIN_TIMEOUT: u64 = 50;

/// Properties that change rights, names, cost or observation, and nothing that a client or function sees.
const LEFT_OUT: &[&str] = &[
    "AccessLogSettings",
    "Description",
    "DisableExecuteApiEndpoint",
    "DisableSchemaValidation",
    "Domain",
    "IpAddressType",
    "Name",
    "PropagateTags",
    "Tags",
];

/// The stage of the first API, known before anything else because names may hold it.
pub(crate) fn stage_name(
    resolver: &Resolver<'_>,
    document: &Node,
    resources: &[Entry],
) -> Result<String, Error> {
    let own = super::of_kind(resources, Kind::Api).find_map(|resource| {
        resource
            .node
            .get("Properties")
            .and_then(|properties| properties.get("StageName"))
    });
    let global = document
        .get("Globals")
        .and_then(|globals| globals.get("WebSocketApi")?.get("StageName"));
    let Some(node) = own.or(global) else {
        return Ok(DEFAULT_STAGE.to_owned());
    };
    let found = resolver.text(node, "StageName")?.unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-$".contains(c);
    if found.is_empty() || found.len() > 128 || !found.chars().all(allowed) {
        let wanted = "letters, digits, - and _ are wanted, at most 128".to_owned();
        return Err(resolver.error(
            node.line,
            Problem::Value {
                of: "StageName".to_owned(),
                found,
                wanted,
            },
        ));
    }
    Ok(found)
}

pub(crate) fn read(
    resolver: &Resolver<'_>,
    resource: &Entry,
    globals: Option<&Node>,
    stage: &str,
    functions: &[Function],
) -> Result<Api, Error> {
    let mut fields = super::properties(resolver, resource)?.with_globals(globals);
    fields.leave_out(LEFT_OUT);
    // Throttles are not imitated: one machine is slower than the quota that they share out.
    fields.leave_out(&["DefaultRouteSettings", "RouteSettings"]);
    fields.node("StageName");
    let node = fields.required("RouteSelectionExpression")?;
    let found = resolver
        .text(node, "RouteSelectionExpression")?
        .unwrap_or_default();
    let selection = Expression::parse(&found).map_err(|wanted| {
        let of = "RouteSelectionExpression".to_owned();
        resolver.error(node.line, Problem::Value { of, found, wanted })
    })?;
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
        .map(|entry| Ok((entry.key.clone(), route(resolver, entry, functions)?)))
        .collect();
    fields.finish()?;
    let id = resolver.physical_name(&resource.key, resource.line)?;
    Ok(Api {
        domain: resolve::domain(&id),
        id,
        stage: stage.to_owned(),
        selection,
        routes: routes?,
    })
}

fn route(resolver: &Resolver<'_>, entry: &Entry, functions: &[Function]) -> Result<Route, Error> {
    let key = &entry.key;
    let of = format!("the route {key}");
    if key.is_empty()
        || (key.starts_with('$')
            && !["$connect", "$disconnect", "$default"].contains(&key.as_str()))
    {
        let wanted = "only $connect, $disconnect and $default start with $".to_owned();
        return Err(resolver.error(
            entry.line,
            Problem::Value {
                of: "a route key".into(),
                found: key.clone(),
                wanted,
            },
        ));
    }
    let mut fields = Fields::new(resolver, of.clone(), &entry.node)?;
    fields.leave_out(&["OperationName"]);
    let node = fields.required("FunctionArn")?;
    let arn = resolver.text(node, &of)?.unwrap_or_default();
    let Some(function) = functions
        .iter()
        .find(|function| resolve::function_arn(&function.name) == arn)
    else {
        let wanted =
            "the ARN of a function of this template is wanted, as !GetAtt Function.Arn gives it"
                .to_owned();
        let problem = Problem::Value {
            of: fields.path("FunctionArn"),
            found: arn,
            wanted,
        };
        return Err(resolver.error(node.line, problem));
    };
    let timeout = fields
        .number("IntegrationTimeout", MIN_TIMEOUT..=MAX_TIMEOUT)?
        .unwrap_or(MAX_TIMEOUT);
    let node = fields.node("RouteResponseSelectionExpression");
    let responds = match node
        .map(|node| resolver.text(node, &of))
        .transpose()?
        .flatten()
        .as_deref()
    {
        None => false,
        Some("$default") => true,
        Some(found) => {
            let of = fields.path("RouteResponseSelectionExpression");
            let wanted = "API Gateway knows only $default".to_owned();
            let line = node.map_or(entry.line, |node| node.line);
            return Err(resolver.error(
                line,
                Problem::Value {
                    of,
                    found: found.to_owned(),
                    wanted,
                },
            ));
        }
    };
    if fields
        .text("ApiKeyRequired")?
        .is_some_and(|value| value != "false")
    {
        let (of, found) = (fields.path("ApiKeyRequired"), "true".to_owned());
        let wanted = "API keys are not checked here".to_owned();
        return Err(resolver.error(entry.line, Problem::Value { of, found, wanted }));
    }
    fields.finish()?;
    Ok(Route {
        function: function.logical_id.clone(),
        timeout: Duration::from_millis(timeout),
        responds,
    })
}
