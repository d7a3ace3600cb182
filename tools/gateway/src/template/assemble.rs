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
    stack::{Access, Api, EventSource, Function, Queue, Schedule, Stack, Table, Topic},
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
    let mut found = Found::default();
    for resource in resources {
        let runs = !http_only::is(resource) && !without.contains(&resource.key);
        if resources::kind_of(resource).is_function() && runs {
            found.add_function(resolver, resource);
        }
    }
    for resource in resources {
        found.add_other(resolver, resources, resource, served);
    }
    let stored_parameters = stored_parameter::all(resolver, resources);
    cycles::check(resolver, resources);
    if served.api.is_none() {
        resolver.report(1, Problem::NoApi);
        return None;
    }
    let mut api = found.api.take()?;
    let mut topics = std::mem::take(&mut found.topics).into_vec();
    without.apply_to(&mut api, resolver);
    without.retain(&mut found.schedules, &mut found.event_sources, &mut topics);
    let invoked = invoked(&api, &found.schedules, &found.event_sources, &topics);
    let needed = http_only::needed(resolver, resources, &invoked, &found.functions.run);
    for resource in needed {
        if !without.contains(&resource.key) {
            found.functions.read(resolver, resource);
        }
    }
    let functions = found.functions.checked(resolver, &invoked);
    Some(Stack {
        api,
        functions,
        tables: found.tables,
        schedules: found.schedules,
        queues: found.queues,
        event_sources: found.event_sources,
        topics,
        stored_parameters,
        archives: resolver.archives(),
        left_out: found.left_out,
        warnings: Vec::new(),
    })
}

/// What the resources amount to.
#[derive(Default)]
struct Found {
    api: Option<Api>,
    functions: Functions,
    tables: Vec<Table>,
    schedules: Vec<Schedule>,
    queues: Vec<Queue>,
    event_sources: Vec<EventSource>,
    topics: Topics,
    left_out: Vec<String>,
}

impl Found {
    /// Reads a function with its events.
    fn add_function(&mut self, resolver: &Resolver<'_>, resource: &Entry) {
        self.schedules
            .extend(schedules::of_function(resolver, resource));
        self.event_sources
            .extend(event_sources::of_function(resolver, resource));
        self.topics.add_events(resolver, resource);
        self.functions.read(resolver, resource);
    }

    /// Reads a resource that is not a function.
    fn add_other(
        &mut self,
        resolver: &Resolver<'_>,
        resources: &[Entry],
        resource: &Entry,
        served: &Served<'_>,
    ) {
        let is_served = || served.api.is_some_and(|api| api.key == resource.key);
        match resources::kind_of(resource) {
            Kind::SamApi if is_served() => {
                self.api = resolver.keep(sam::read(resolver, resource, &served.name));
                sam::check_strays(resolver, resources, resource);
            }
            Kind::V2(Part::Api) if is_served() => {
                self.api = resolver.keep(v2::read(resolver, resources, resource, served));
            }
            Kind::V2(Part::Api) if !owner::is_websocket(resolver, resource) => {
                let what = format!("{} is not a WebSocket API", resource.key);
                resolver.left_out(resource.line, &what);
            }
            Kind::Table => {
                let table = table::read(resolver, resource);
                self.tables.extend(resolver.keep(table));
            }
            Kind::SimpleTable => {
                let table = table::read_simple(resolver, resource);
                self.tables.extend(resolver.keep(table));
            }
            Kind::Queue => {
                let queue = queue::read(resolver, resource);
                self.queues.extend(resolver.keep(queue));
            }
            Kind::Topic => {
                resolver.keep(self.topics.add(resolver, resource));
            }
            Kind::Subscription => {
                resolver.keep(self.topics.add_subscription(resolver, resource));
            }
            Kind::EventSourceMapping => {
                let mapping = event_sources::of_resource(resolver, resource);
                self.event_sources.extend(resolver.keep(mapping).flatten());
            }
            Kind::Schedule(form) => {
                let schedules = schedules::of_resource(resolver, resource, form);
                self.schedules.extend(schedules);
            }
            Kind::NoEffect if resources::is_permission_or_log(resource) => {}
            Kind::NoEffect => self.left_out.push(resource.key.clone()),
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
}

/// The functions that run here, and those that cannot.
#[derive(Default)]
struct Functions {
    run: Vec<Function>,
    unrunnable: Vec<Unrunnable>,
}

impl Functions {
    fn read(&mut self, resolver: &Resolver<'_>, resource: &Entry) {
        match resolver.keep(function::read(resolver, resource)) {
            Some(Ok(function)) => self.run.push(function),
            Some(Err(why)) => self.unrunnable.push(why),
            None => {}
        }
    }

    /// The functions that run. Reports those that cannot but are `invoked`, grouped by reason, and leaves out the others. The
    /// option that leaves them out helps only where others run.
    fn checked(self, resolver: &Resolver<'_>, invoked: &[&str]) -> Vec<Function> {
        let mut refused = BTreeMap::<String, (usize, Vec<String>)>::new();
        for Unrunnable {
            function,
            line,
            reason,
        } in self.unrunnable
        {
            if invoked.contains(&function.as_str()) {
                let (_, functions) = refused.entry(reason).or_insert((line, Vec::new()));
                functions.push(function);
            } else {
                let what = format!("{function}, which nothing here invokes, cannot run: {reason}");
                resolver.left_out(line, &what);
            }
        }
        for (mut reason, (line, functions)) in refused {
            if !self.run.is_empty() {
                let options = functions.iter().map(|id| format!("--without {id}"));
                let options = options.collect::<Vec<_>>().join(" ");
                reason = format!("{reason}; {options} runs the rest");
            }
            let function = List(&functions).to_string();
            resolver.report(line, Problem::Function { function, reason });
        }
        self.run
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
