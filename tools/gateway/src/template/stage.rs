//! What a stage adds to an API: its name, its variables and its throttles.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    error::{Error, Problem},
    fields::Fields,
    resolve::Resolver,
    resources::{Kind, Part},
    stack::{Throttle, Throttles},
    yaml::{Node, Value},
};

/// SAM's stage when the template names none.
const DEFAULT_STAGE: &str = "default";

/// Requests a second that an account may make: what holds where only the burst is given
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-protect.html>).
const ACCOUNT_RATE: f64 = 10_000.0;
/// Requests at once that an account may make (same page).
const ACCOUNT_BURST: u32 = 5_000;

/// The stage of the first API, known before anything else because names may hold it.
pub(crate) fn name(
    resolver: &Resolver<'_>,
    document: &Node,
    resources: &[super::Entry],
) -> Result<String, Error> {
    let own = super::of_kind(resources, Kind::SamApi)
        .chain(super::of_kind(resources, Kind::V2(Part::Stage)))
        .find_map(|resource| resource.node.get("Properties")?.get("StageName"));
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

/// `StageVariables`, resolved.
pub(crate) fn variables(
    resolver: &Resolver<'_>,
    fields: &mut Fields<'_>,
) -> Result<BTreeMap<String, String>, Error> {
    let of = fields.path("StageVariables");
    let Some(node) = fields.node("StageVariables") else {
        return Ok(BTreeMap::new());
    };
    let entries = mapping(resolver, node, &of)?;
    let mut variables = BTreeMap::new();
    for entry in entries {
        // The characters that API Gateway takes in a variable's name.
        let named = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if entry.key.is_empty() || !entry.key.chars().all(named) {
            let wanted = "letters, digits and _ are wanted".to_owned();
            let problem = Problem::Value {
                of: "the name of a stage variable".to_owned(),
                found: entry.key.clone(),
                wanted,
            };
            return Err(resolver.error(entry.line, problem));
        }
        if let Some(value) = resolver.text(&entry.node, &format!("the variable {}", entry.key))? {
            variables.insert(entry.key.clone(), value);
        }
    }
    Ok(variables)
}

/// `DefaultRouteSettings` and `RouteSettings`, of which only the throttles matter here. `routes` are the keys that the
/// API has.
pub(crate) fn throttles(
    resolver: &Resolver<'_>,
    fields: &mut Fields<'_>,
    routes: &BTreeSet<String>,
) -> Result<Throttles, Error> {
    let mut throttles = Throttles::default();
    if let Some(node) = fields.node("DefaultRouteSettings") {
        throttles.default = throttle(resolver, "DefaultRouteSettings", node)?;
    }
    let of = fields.path("RouteSettings");
    let Some(node) = fields.node("RouteSettings") else {
        return Ok(throttles);
    };
    let entries = mapping(resolver, node, &of)?.iter();
    for entry in entries.filter(|entry| !entry.node.is_nothing()) {
        if !routes.contains(&entry.key) {
            let wanted = "the API has no route of this key, and AWS refuses the stage".to_owned();
            let problem = Problem::Value {
                of: "a key of RouteSettings".to_owned(),
                found: entry.key.clone(),
                wanted,
            };
            return Err(resolver.error(entry.line, problem));
        }
        let of = format!("the settings of the route {}", entry.key);
        if let Some(throttle) = throttle(resolver, &of, &entry.node)? {
            throttles.routes.insert(entry.key.clone(), throttle);
        }
    }
    Ok(throttles)
}

fn throttle(resolver: &Resolver<'_>, of: &str, node: &Node) -> Result<Option<Throttle>, Error> {
    let mut fields = Fields::new(resolver, of, node)?;
    fields.leave_out(&["DataTraceEnabled", "DetailedMetricsEnabled", "LoggingLevel"]);
    let burst = fields.number("ThrottlingBurstLimit", 0..=u64::from(u32::MAX))?;
    let rate = fields.decimal("ThrottlingRateLimit")?;
    fields.finish()?;
    if burst.is_none() && rate.is_none() {
        return Ok(None);
    }
    Ok(Some(Throttle {
        rate: rate.unwrap_or(ACCOUNT_RATE),
        burst: burst
            .and_then(|burst| u32::try_from(burst).ok())
            .unwrap_or(ACCOUNT_BURST),
    }))
}

fn mapping<'n>(
    resolver: &Resolver<'_>,
    node: &'n Node,
    of: &str,
) -> Result<&'n [super::Entry], Error> {
    match &node.value {
        Value::Mapping(entries) => Ok(entries),
        _ => Err(resolver.error(
            node.line,
            Problem::Kind {
                of: of.to_owned(),
                wanted: "a mapping",
                found: node.kind(),
            },
        )),
    }
}
