//! Stages: name, variables and throttles. One stage is served.

use std::collections::{BTreeMap, BTreeSet};

use super::{
    error::{Error, Problem},
    fields::Fields,
    owner,
    resolve::Resolver,
    resources::{self, Kind, Part},
    stack::{Throttle, Throttles},
    yaml::{Entry, Node, Value},
};

/// SAM's stage when the template names none.
const DEFAULT_STAGE: &str = "default";

/// Requests per second of an account: the default where only the burst is set
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/websocket-api-protect.html>).
const ACCOUNT_RATE: f64 = 10_000.0;
/// Burst of an account (same page).
const ACCOUNT_BURST: u32 = 5_000;

/// The API and the stage that are served.
pub(crate) struct Served<'t> {
    /// The API, unless there is none.
    pub(crate) api: Option<&'t Entry>,
    /// Name of the stage.
    pub(crate) name: String,
    /// Logical id of its `AWS::ApiGatewayV2::Stage`.
    pub(crate) resource: Option<String>,
}

/// Chooses the stage that is served: the one named `wanted` (`--stage`), else the first of the API; `wanted` renames the only
/// one. Decided before anything else is read, because other names may contain it.
pub(crate) fn served<'t>(
    resolver: &Resolver<'_>,
    resources: &[Entry],
    api: Option<&'t Entry>,
    wanted: Option<&str>,
) -> Result<Served<'t>, Error> {
    let stages: Vec<_> = resources::of_kind(resources, Kind::V2(Part::Stage))
        .filter(|stage| api.is_some_and(|api| owner::belongs_to(resolver, stage, api)))
        .collect();
    let mut names = Vec::new();
    for stage in &stages {
        let name = resources::property(stage, "StageName")
            .map(|node| name(resolver, node))
            .transpose()?;
        names.push(name.unwrap_or_else(|| DEFAULT_STAGE.to_owned()));
    }
    if let (Some(wanted), [_, _, ..]) = (wanted, names.as_slice()) {
        let Some(index) = names.iter().position(|name| name == wanted) else {
            let known = format!("the API has the stages {}", names.join(", "));
            let problem = Problem::value("--stage", wanted, known);
            return Err(resolver.error(stages[0].line, problem));
        };
        return Ok(Served {
            api,
            name: names.swap_remove(index),
            resource: Some(stages[index].key.clone()),
        });
    }
    let sam = api
        .filter(|api| resources::kind_of(api) == Kind::SamApi)
        .and_then(|api| resources::property(api, "StageName"))
        .map(|node| name(resolver, node))
        .transpose()?;
    let name = names.into_iter().next().or(sam);
    let name = wanted.map(ToOwned::to_owned).or(name);
    Ok(Served {
        api,
        name: name.unwrap_or_else(|| DEFAULT_STAGE.to_owned()),
        resource: stages.first().map(|stage| stage.key.clone()),
    })
}

fn name(resolver: &Resolver<'_>, node: &Node) -> Result<String, Error> {
    let found = resolver.text(node, "StageName")?.unwrap_or_default();
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_-$".contains(c);
    if found.is_empty() || found.len() > 128 || !found.chars().all(allowed) {
        let wanted = "expected at most 128 letters, digits, - and _";
        return Err(resolver.error(node.line, Problem::value("StageName", found, wanted)));
    }
    Ok(found)
}

/// `StageVariables`, resolved.
pub(crate) fn variables(fields: &mut Fields<'_>) -> Result<BTreeMap<String, String>, Error> {
    let resolver = fields.resolver;
    let mut variables = BTreeMap::new();
    for entry in mapping(fields, "StageVariables")? {
        // The characters that API Gateway allows in a variable's name.
        let named = |c: char| c.is_ascii_alphanumeric() || c == '_';
        if entry.key.is_empty() || !entry.key.chars().all(named) {
            let of = "the name of a stage variable";
            let problem = Problem::value(of, &entry.key, "expected letters, digits and _");
            return Err(resolver.error(entry.line, problem));
        }
        if let Some(value) = resolver.text(&entry.node, &format!("the variable {}", entry.key))? {
            variables.insert(entry.key.clone(), value);
        }
    }
    Ok(variables)
}

/// `DefaultRouteSettings` and `RouteSettings`, of which only the throttles have an effect here. `routes` are the
/// keys of the API.
pub(crate) fn throttles(
    fields: &mut Fields<'_>,
    routes: &BTreeSet<String>,
) -> Result<Throttles, Error> {
    let (resolver, mut throttles) = (fields.resolver, Throttles::default());
    if let Some(settings) = fields.nested("DefaultRouteSettings")? {
        throttles.default = throttle(settings);
    }
    let entries = mapping(fields, "RouteSettings")?.iter();
    for entry in entries.filter(|entry| !entry.node.is_nothing()) {
        if !routes.contains(&entry.key) {
            let wanted = "the API has no route of this key, and AWS refuses the stage";
            let problem = Problem::value("a key of RouteSettings", &entry.key, wanted);
            return Err(resolver.error(entry.line, problem));
        }
        let of = format!("the settings of the route {}", entry.key);
        let throttle = throttle(Fields::new(resolver, of, &entry.node)?);
        let throttle = throttle.map(|throttle| (entry.key.clone(), throttle));
        throttles.routes.extend(throttle);
    }
    Ok(throttles)
}

fn throttle(mut fields: Fields<'_>) -> Option<Throttle> {
    fields.ignore(&["DataTraceEnabled", "DetailedMetricsEnabled", "LoggingLevel"]);
    let burst = fields.number("ThrottlingBurstLimit", 0..=u32::MAX);
    let rate = fields.decimal("ThrottlingRateLimit");
    fields.finish();
    (burst.is_some() || rate.is_some()).then(|| Throttle {
        rate: rate.unwrap_or(ACCOUNT_RATE),
        burst: burst.unwrap_or(ACCOUNT_BURST),
    })
}

/// The entries of the mapping in a property, if there is one.
fn mapping<'t>(fields: &mut Fields<'t>, name: &'static str) -> Result<&'t [Entry], Error> {
    match fields.node(name) {
        None => Ok(&[]),
        Some(Node {
            value: Value::Mapping(entries),
            ..
        }) => Ok(entries),
        Some(node) => {
            let problem = Problem::kind(fields.path(name), "a mapping", node.kind());
            Err(fields.resolver.error(node.line, problem))
        }
    }
}
