//! Puts the stack together: every resource is read by the module for its kind, and functions that cannot run are refused where
//! something invokes them.

use super::{
    cycles,
    error::Problem,
    event_sources,
    function::{self, Unrunnable},
    owner, queue,
    resolve::Resolver,
    resources::{self, Kind, Part},
    sam, schedules,
    stack::{Access, Api, Schedule, Stack},
    stage::Served,
    table,
    topics::Topics,
    v2,
    yaml::{Entry, Node},
};

/// The stack; `None` after a problem without which there is none.
pub(super) fn assemble(
    resolver: &Resolver<'_>,
    document: &Node,
    resources: &[Entry],
    served: &Served,
) -> Option<Stack> {
    let globals = |section| document.get("Globals")?.get(section);
    let mut functions = Vec::new();
    let mut schedules = Vec::new();
    let mut event_sources = Vec::new();
    let mut topics = Topics::default();
    let mut unrunnable = Vec::new();
    for resource in resources {
        let globals = match resources::kind_of(resource) {
            Kind::SamFunction => globals("Function"),
            Kind::LambdaFunction => None,
            _ => continue,
        };
        schedules.extend(schedules::of_function(resolver, resource));
        event_sources.extend(event_sources::of_function(resolver, resource));
        topics.add_events(resolver, resource);
        match resolver.keep(function::read(resolver, resource, globals)) {
            Some(Ok(function)) => functions.push(function),
            Some(Err(why)) => unrunnable.push(why),
            None => {}
        }
    }
    let mut apis = Vec::new();
    let mut tables = Vec::new();
    let mut queues = Vec::new();
    let mut left_out = Vec::new();
    for resource in resources {
        match resources::kind_of(resource) {
            Kind::SamApi => {
                let globals = globals("WebSocketApi");
                apis.push(resolver.keep(sam::read(resolver, resource, globals, &served.name)));
                sam::check_strays(resolver, resources, resource);
            }
            Kind::V2(Part::Api) if owner::is_websocket(resolver, resource) => {
                apis.push(resolver.keep(v2::read(resolver, resources, resource, served)));
            }
            Kind::V2(Part::Api) => {
                let what = format!("{} is not a WebSocket API", resource.key);
                resolver.left_out(resource.line, &what);
            }
            Kind::Table => tables.extend(resolver.keep(table::read(resolver, resource))),
            Kind::SimpleTable => {
                let table = table::read_simple(resolver, resource, globals("SimpleTable"));
                tables.extend(resolver.keep(table));
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
            Kind::NoEffect => left_out.push(resource.key.clone()),
            Kind::SamFunction | Kind::LambdaFunction | Kind::Layer | Kind::V2(_) | Kind::Other => {}
        }
    }
    cycles::check(resolver, resources);
    let count = apis.len();
    let Ok([api]) = <[Option<Api>; 1]>::try_from(apis) else {
        let nested = resources.iter().filter_map(resources::nested_template);
        let nested = nested.map(ToOwned::to_owned).collect();
        resolver.report(1, Problem::Apis { count, nested });
        return None;
    };
    let api = api?;
    let topics = topics.into_vec();
    let mut invoked = invoked(&api, &schedules);
    invoked.extend(event_sources.iter().map(|source| source.function.as_str()));
    let subscriptions = topics.iter().flat_map(|topic| &topic.subscriptions);
    invoked.extend(subscriptions.filter_map(|subscription| subscription.to.function()));
    check_runnable(resolver, unrunnable, &invoked);
    Some(Stack {
        api,
        functions,
        tables,
        schedules,
        queues,
        event_sources,
        topics,
        left_out,
        warnings: Vec::new(),
    })
}

/// Reports functions that cannot run and are `invoked`, and leaves out the others.
fn check_runnable(resolver: &Resolver<'_>, unrunnable: Vec<Unrunnable>, invoked: &[&str]) {
    for Unrunnable {
        function,
        line,
        reason,
    } in unrunnable
    {
        if invoked.contains(&function.as_str()) {
            resolver.report(line, Problem::Function { function, reason });
        } else {
            let what = format!("{function}, which nothing here invokes, cannot run: {reason}");
            resolver.left_out(line, &what);
        }
    }
}

/// Logical ids of the functions that clients and schedules invoke.
fn invoked<'s>(api: &'s Api, schedules: &'s [Schedule]) -> Vec<&'s str> {
    let routes = api.routes.values();
    let mut invoked: Vec<_> = routes
        .filter_map(|route| route.integration.function())
        .collect();
    if let Access::Authorized(authorizer) = &api.access {
        invoked.push(&authorizer.function);
    }
    invoked.extend(schedules.iter().map(|schedule| schedule.function.as_str()));
    invoked
}
