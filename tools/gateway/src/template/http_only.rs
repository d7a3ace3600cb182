//! Functions that only HTTP requests invoke. They are neither read nor built, unless a route or another function needs them too.

use super::{
    error::List,
    function::ONLY_HTTP,
    resolve::Resolver,
    resources::{self, Kind},
    stack::Function,
    yaml::Entry,
};

/// SAM event types that are HTTP requests.
const EVENTS: &[&str] = &["Api", "HttpApi"];

/// Whether all events of the function are HTTP requests.
pub(super) fn is(function: &Entry) -> bool {
    let kinds = || resources::events(function).map(|event| event.node.get("Type")?.text());
    let by_events = resources::kind_of(function) == Kind::SamFunction
        && kinds().next().is_some()
        && kinds().all(|kind| kind.is_some_and(|kind| EVENTS.contains(&kind)));
    let properties = resources::metadata(function, "BuildProperties");
    by_events || properties.is_some_and(|node| node.get(ONLY_HTTP).is_some())
}

/// The functions that only HTTP requests invoke by their events, but that a route, or a function with their name in its environment,
/// invokes too. The others are left out with a remark.
pub(super) fn needed<'t>(
    resolver: &Resolver<'_>,
    resources: &'t [Entry],
    invoked: &[&str],
    functions: &[Function],
) -> Vec<&'t Entry> {
    let is_named = |name: &str| {
        let mut values = functions
            .iter()
            .flat_map(|function| function.environment.values());
        values.any(|value| value.contains(name))
    };
    let (needed, others): (Vec<_>, Vec<_>) = resources
        .iter()
        .filter(|resource| is(resource))
        .partition(|resource| {
            let name = resolver.physical_name(&resource.key, resource.line);
            invoked.contains(&resource.key.as_str()) || name.is_ok_and(|name| is_named(&name))
        });
    let names: Vec<_> = others
        .iter()
        .map(|function| function.key.as_str())
        .collect();
    let noun = if names.len() == 1 {
        "function"
    } else {
        "functions"
    };
    if let Some(first) = others.first() {
        let what = format!(
            "the {noun} {}, which only HTTP requests invoke",
            List(&names)
        );
        resolver.left_out(first.line, &what);
    }
    needed
}
