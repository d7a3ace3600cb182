//! Which WebSocket API is served, where templates have several.

use super::{
    error::{Error, List, Problem},
    owner,
    resolve::Resolver,
    resources::{self, Kind, Part},
    yaml::Entry,
};

/// Chooses the API that is served: the one named `wanted` (`--api`), else the only one that has a stage, because no client
/// can reach the others. `None` if there is no WebSocket API, which is reported later, with the other problems.
pub(super) fn choose<'t>(
    resolver: &Resolver<'_>,
    resources: &'t [Entry],
    wanted: Option<&str>,
) -> Result<Option<&'t Entry>, Error> {
    let all: Vec<_> = resources
        .iter()
        .filter(|resource| is_websocket_api(resolver, resource))
        .collect();
    let chosen = match (wanted, all.as_slice()) {
        (Some(name), _) => Some(named(resolver, &all, name)?),
        (None, [] | [_]) => all.first().copied(),
        (None, _) => {
            let staged = all.iter().copied();
            let staged: Vec<_> = staged
                .filter(|api| has_stage(resolver, resources, api))
                .collect();
            match staged.as_slice() {
                [one] => Some(*one),
                _ => return Err(ambiguous(resolver, &all)),
            }
        }
    };
    for api in all {
        if chosen.is_some_and(|chosen| chosen.key != api.key) {
            let what = format!(
                "the WebSocket API {0}; --api {0} serves it instead",
                api.key
            );
            resolver.left_out(api.line, &what);
        }
    }
    Ok(chosen)
}

fn is_websocket_api(resolver: &Resolver<'_>, resource: &Entry) -> bool {
    match resources::kind_of(resource) {
        Kind::SamApi => true,
        Kind::V2(Part::Api) => owner::is_websocket(resolver, resource),
        _ => false,
    }
}

/// SAM generates the stage of an API that is written in its form.
fn has_stage(resolver: &Resolver<'_>, resources: &[Entry], api: &Entry) -> bool {
    let mut stages = resources::of_kind(resources, Kind::V2(Part::Stage));
    resources::kind_of(api) == Kind::SamApi
        || stages.any(|stage| owner::belongs_to(resolver, stage, api))
}

fn named<'t>(resolver: &Resolver<'_>, apis: &[&'t Entry], name: &str) -> Result<&'t Entry, Error> {
    let found = apis.iter().copied().find(|api| api.key == name);
    found.ok_or_else(|| {
        let known: Vec<_> = apis.iter().map(|api| api.key.as_str()).collect();
        let wanted = format!("the WebSocket APIs here are {}", List(&known));
        resolver.error(1, Problem::value("--api", name, wanted))
    })
}

fn ambiguous(resolver: &Resolver<'_>, apis: &[&Entry]) -> Error {
    let place = |api: &&Entry| format!("{} ({})", api.key, resolver.place(api.line));
    let first = apis.first().map_or("", |api| api.key.as_str());
    let problem = Problem::Apis {
        apis: apis.iter().map(place).collect(),
        first: first.to_owned(),
    };
    resolver.error(1, problem)
}
