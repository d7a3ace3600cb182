//! Puts the stack together: every resource is read by the module for its kind. Functions that cannot run are refused where
//! something invokes them, and those that only HTTP requests invoke are left out.

use std::collections::BTreeMap;

use super::{
    cycles,
    error::{List, Problem},
    event_sources,
    function::{self, Unrunnable},
    http_only, owner, queue,
    resolve::Resolver,
    resources::{self, Kind, Part},
    sam, schedules,
    stack::{Access, Api, EventSource, Function, Schedule, Stack, Topic},
    stage::Served,
    stored_parameter, table,
    topics::Topics,
    v2,
    without::Without,
    yaml::Entry,
};

/// The stack; `None` after a problem without which there is none.
pub(super) fn assemble(
    resolver: &Resolver<'_>,
    resources: &[Entry],
    served: &Served<'_>,
    without: &Without<'_>,
) -> Option<Stack> {
    let is_served = |api: &Entry| served.api.is_some_and(|served| served.key == api.key);
    let mut functions = Vec::new();
    let mut schedules = Vec::new();
    let mut event_sources = Vec::new();
    let mut topics = Topics::default();
    let mut unrunnable = Vec::new();
    for resource in resources {
        if !resources::kind_of(resource).is_function()
            || http_only::is(resource)
            || without.contains(&resource.key)
        {
            continue;
        }
        schedules.extend(schedules::of_function(resolver, resource));
        event_sources.extend(event_sources::of_function(resolver, resource));
        topics.add_events(resolver, resource);
        read_function(resolver, resource, &mut functions, &mut unrunnable);
    }
    let mut api = None;
    let mut tables = Vec::new();
    let mut queues = Vec::new();
    let mut left_out = Vec::new();
    for resource in resources {
        match resources::kind_of(resource) {
            Kind::SamApi if is_served(resource) => {
                api = Some(resolver.keep(sam::read(resolver, resource, &served.name)));
                sam::check_strays(resolver, resources, resource);
            }
            Kind::V2(Part::Api) if is_served(resource) => {
                api = Some(resolver.keep(v2::read(resolver, resources, resource, served)));
            }
            Kind::V2(Part::Api) if !owner::is_websocket(resolver, resource) => {
                let what = format!("{} is not a WebSocket API", resource.key);
                resolver.left_out(resource.line, &what);
            }
            Kind::Table => tables.extend(resolver.keep(table::read(resolver, resource))),
            Kind::SimpleTable => {
                tables.extend(resolver.keep(table::read_simple(resolver, resource)));
            }
            Kind::Queue => queues.extend(resolver.keep(queue::read(resolver, resource))),
            Kind::Topic => {
                resolver.keep(topics.add(resolver, resource));
            }
            Kind::Subscription => {
                resolver.keep(topics.add_subscription(resolver, resource));
            }
            Kind::EventSourceMapping => {
                let mapping = event_sources::of_resource(resolver, resource);
                event_sources.extend(resolver.keep(mapping).flatten());
            }
            Kind::Schedule(form) => {
                schedules.extend(schedules::of_resource(resolver, resource, form));
            }
            Kind::NoEffect if resources::is_permission_or_log(resource) => {}
            Kind::NoEffect => left_out.push(resource.key.clone()),
            // Another API than the one that is served, among others.
            Kind::SamApi
            | Kind::SamFunction
            | Kind::LambdaFunction
            | Kind::FunctionVersion
            | Kind::Layer
            | Kind::V2(_)
            | Kind::StoredParameter
            | Kind::Nested
            | Kind::Other => {}
        }
    }
    let stored_parameters = stored_parameter::all(resolver, resources);
    cycles::check(resolver, resources);
    let Some(api) = api else {
        resolver.report(1, Problem::NoApi);
        return None;
    };
    let mut api = api?;
    let mut topics = topics.into_vec();
    without.apply_to(&mut api, resolver);
    without.retain(&mut schedules, &mut event_sources, &mut topics);
    let invoked = invoked(&api, &schedules, &event_sources, &topics);
    for resource in http_only::needed(resolver, resources, &invoked, &functions) {
        if !without.contains(&resource.key) {
            read_function(resolver, resource, &mut functions, &mut unrunnable);
        }
    }
    check_runnable(resolver, unrunnable, &invoked, !functions.is_empty());
    Some(Stack {
        api,
        functions,
        tables,
        schedules,
        queues,
        event_sources,
        topics,
        stored_parameters,
        archives: resolver.archives(),
        left_out,
        warnings: Vec::new(),
    })
}

fn read_function(
    resolver: &Resolver<'_>,
    resource: &Entry,
    functions: &mut Vec<Function>,
    unrunnable: &mut Vec<Unrunnable>,
) {
    match resolver.keep(function::read(resolver, resource)) {
        Some(Ok(function)) => functions.push(function),
        Some(Err(why)) => unrunnable.push(why),
        None => {}
    }
}

/// Reports the functions that cannot run but are `invoked`, grouped by reason, and leaves out the others. The option that leaves
/// them out helps only where others run.
fn check_runnable(
    resolver: &Resolver<'_>,
    unrunnable: Vec<Unrunnable>,
    invoked: &[&str],
    others_run: bool,
) {
    let mut refused = BTreeMap::<String, (usize, Vec<String>)>::new();
    for Unrunnable {
        function,
        line,
        reason,
    } in unrunnable
    {
        if invoked.contains(&function.as_str()) {
            let (_, functions) = refused.entry(reason).or_insert((line, Vec::new()));
            functions.push(function);
        } else {
            let what = format!("{function}, which nothing here invokes, cannot run: {reason}");
            resolver.left_out(line, &what);
        }
    }
    for (reason, (line, functions)) in refused {
        let options: Vec<_> = functions
            .iter()
            .map(|id| format!("--without {id}"))
            .collect();
        let reason = if others_run {
            format!("{reason}; {} runs the rest", options.join(" "))
        } else {
            reason
        };
        let function = List(&functions).to_string();
        resolver.report(line, Problem::Function { function, reason });
    }
}

/// Logical ids of the functions that something here invokes.
fn invoked<'s>(
    api: &'s Api,
    schedules: &'s [Schedule],
    event_sources: &'s [EventSource],
    topics: &'s [Topic],
) -> Vec<&'s str> {
    let routes = api.routes.values();
    let mut invoked: Vec<_> = routes
        .filter_map(|route| route.integration.function())
        .collect();
    if let Access::Authorized(authorizer) = &api.access {
        invoked.push(&authorizer.function);
    }
    invoked.extend(schedules.iter().map(|schedule| schedule.function.as_str()));
    invoked.extend(event_sources.iter().map(|source| source.function.as_str()));
    let subscriptions = topics.iter().flat_map(|topic| &topic.subscriptions);
    invoked.extend(subscriptions.filter_map(|subscription| subscription.to.function()));
    invoked
}
