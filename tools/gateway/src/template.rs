//! A SAM or CloudFormation template, read into the [`Stack`] that the gateway runs.
//!
//! Decides which parts of the template matter here. What would matter and is not emulated is reported with file, line and
//! remedy; the rest is left out with a remark. Running the stack is left to the rest of the crate: nothing in this
//! module uses the network, and only `program` runs a process.

mod access;
mod conditions;
mod cycles;
mod error;
mod event_sources;
mod fields;
mod filter;
mod function;
mod owner;
mod parameters;
mod program;
mod queue;
pub(crate) mod resolve;
mod resources;
mod route_ids;
mod routes;
mod sam;
mod schedule_expression;
mod schedules;
mod serverless;
mod stack;
mod stage;
mod table;
mod target;
mod topics;
mod transforms;
mod v2;
mod yaml;

use std::{collections::BTreeMap, io::Read as _, path::Path};

pub use error::{Error, Errors, Problem};
pub use filter::Pattern;
pub use schedule_expression::ScheduleExpression;
pub use stack::{
    Access, Action, Api, Authorizer, Bundle, Code, EventSource, Function, IdentitySource,
    Integration, IntegrationResponse, Language, Logging, Mock, Queue, RecordSource, Redrive, Route,
    Runtime, Schedule, Service, Source, Stack, StreamSource, Subscriber, Subscription, Table,
    Throttle, Throttles, Topic,
};

use self::{
    error::nearest,
    function::Unrunnable,
    resolve::Resolver,
    resources::{Kind, Part},
    stage::Served,
    topics::Topics,
    yaml::{Entry, Node, Value},
};

/// What the command line overrides in a template.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--parameter Key=Value`.
    pub parameters: BTreeMap<String, String>,
    /// `--stage NAME`: value of the parameter `Stage` where the template has one; else selects one of several stages, or
    /// renames the only one.
    pub stage: Option<String>,
}

/// Name of the parameter that `--stage` sets.
const STAGE_PARAMETER: &str = "Stage";

/// Reads the template at `file`.
///
/// # Errors
/// All problems of the template, see [`Problem`].
pub fn load(file: &Path, overrides: &Overrides) -> Result<Stack, Errors> {
    let source = if program::is_program(file) {
        program::evaluate(file)
    } else {
        source(file)
    };
    let source = source.map_err(|why| Error::new(file, 1, Problem::Unreadable(why)))?;
    read(file, &source, overrides)
}

/// Largest template, in bytes: far more than CloudFormation accepts, so that something else is not read to its end.
const MAX_SOURCE: u64 = 16 * 1024 * 1024;

/// The text of a file.
fn source(file: &Path) -> Result<String, String> {
    let mut bytes = Vec::new();
    std::fs::File::open(file)
        .and_then(|file| file.take(MAX_SOURCE + 1).read_to_end(&mut bytes))
        .map_err(|error| error.to_string())?;
    if bytes.len() as u64 > MAX_SOURCE {
        return Err("it is larger than 16 MB".to_owned());
    }
    if bytes.starts_with(&[0xff, 0xfe]) || bytes.starts_with(&[0xfe, 0xff]) {
        return Err("it is UTF-16; save it as UTF-8".to_owned());
    }
    String::from_utf8(bytes).map_err(|error| {
        let valid = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + String::from_utf8_lossy(valid).matches('\n').count();
        format!("line {line} is not UTF-8; save the file as UTF-8")
    })
}

/// Reads a template from `source`; `file` is for messages, and its folder is what `CodeUri` is relative to.
///
/// # Errors
/// As [`load`].
pub fn read(file: &Path, source: &str, overrides: &Overrides) -> Result<Stack, Errors> {
    let fail = |line, problem| Error::new(file, line, problem);
    let (document, duplicates) = yaml::read_with_duplicates(source)
        .map_err(|(line, message)| fail(line, Problem::Syntax(message)))?;
    if serverless::is_serverless(&document) {
        // The framework refuses them, and CloudFormation does not (aws-cloudformation/cfn-language-discussion#96).
        if let Some((line, key)) = duplicates.into_iter().next() {
            let message = format!("duplicate key {key}");
            return Err(fail(line, Problem::Syntax(message)).into());
        }
        return read_serverless(file, document, overrides);
    }
    let duplicates = duplicates.into_iter().map(|(line, key)| {
        let file = file.display();
        format!("{file}:{line}: {key} is defined twice; CloudFormation uses the last definition")
    });
    let Value::Mapping(sections) = &document.value else {
        let (of, wanted, found) = ("a template".to_owned(), "a mapping", document.kind());
        return Err(fail(1, Problem::Kind { of, wanted, found }).into());
    };
    let mut problems = Vec::new();
    for section in sections {
        let found = section.key.as_str();
        if SECTIONS.contains(&found) {
            continue;
        }
        if let Some(near) = nearest(found, SECTIONS.iter().copied()) {
            let problem = Problem::Misspelt {
                of: "the template".to_owned(),
                found: format!("section {found}"),
                near: near.to_owned(),
            };
            problems.push(fail(section.line, problem));
        }
    }
    read_document(file, document, overrides, problems, duplicates.collect())
}

/// Reads a `serverless.yml`. `--parameter` sets its options (`${opt:name}`, `${param:name}`).
fn read_serverless(file: &Path, document: Node, overrides: &Overrides) -> Result<Stack, Errors> {
    let resolver = Resolver::new(file, BTreeMap::new(), &[], "");
    let stage = overrides.stage.as_deref();
    let template = serverless::convert(&resolver, document, stage, &overrides.parameters)?;
    let (problems, remarks) = resolver.collected();
    read_document(file, template, &Overrides::default(), problems, remarks)
}

fn read_document(
    file: &Path,
    mut document: Node,
    overrides: &Overrides,
    mut problems: Vec<Error>,
    mut remarks: Vec<String>,
) -> Result<Stack, Errors> {
    let including = Resolver::new(file, BTreeMap::new(), &[], "");
    let included = transforms::insert(&including, &mut document);
    remarks.extend(including.collected().1);
    if let Err(error) = included {
        return Err(Errors::new(with(problems, error)));
    }
    let mut given = overrides.parameters.clone();
    let declares_stage = document
        .get("Parameters")
        .is_some_and(|node| node.get(STAGE_PARAMETER).is_some());
    if let Some(stage) = overrides.stage.as_ref().filter(|_| declares_stage) {
        given
            .entry(STAGE_PARAMETER.to_owned())
            .or_insert_with(|| stage.clone());
    }
    let parameters = parameters::read(file, document.get("Parameters"), &given, &mut problems);
    let mappings = document.get("Mappings").cloned();
    let bare = Resolver::new(file, parameters.clone(), &[], "").with_mappings(mappings.as_ref());
    let conditions = transforms::expand(&bare, &mut document)
        .and_then(|()| conditions::evaluate(&bare, document.get("Conditions")));
    let conditions = match conditions {
        Ok(conditions) => conditions,
        Err(error) => return Err(Errors::new(with(problems, error))),
    };
    conditions::apply(&mut document, &conditions);
    let Some(Node {
        value: Value::Mapping(resources),
        ..
    }) = document.get("Resources")
    else {
        let (missing, of) = ("Resources".to_owned(), "a template".to_owned());
        problems.push(Error::new(file, 1, Problem::Missing { missing, of }));
        return Err(Errors::new(problems));
    };
    let mappings = document.get("Mappings");
    let stageless = Resolver::new(file, parameters.clone(), resources, "").with_mappings(mappings);
    let wanted = overrides.stage.as_deref().filter(|_| !declares_stage);
    let served = match stage::served(&stageless, &document, resources, wanted) {
        Ok(served) => served,
        Err(error) => return Err(Errors::new(with(problems, error))),
    };
    let resolver = Resolver::new(file, parameters, resources, &served.name)
        .with_mappings(mappings)
        .with_served(served.resource.as_deref());
    check_types(&resolver, resources);
    let stack = assemble(&resolver, &document, resources, &served);
    let collected = resolver.collected();
    problems.extend(collected.0);
    remarks.extend(collected.1);
    match stack {
        Some(mut stack) if problems.is_empty() => {
            stack.warnings = remarks;
            Ok(stack)
        }
        _ => Err(Errors::new(problems)),
    }
}

fn with(mut problems: Vec<Error>, error: Error) -> Vec<Error> {
    problems.push(error);
    problems
}

/// The sections of a template.
const SECTIONS: &[&str] = &[
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Hooks",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];

/// Reports resources without a type or with a misspelt one, and those that do not run here.
fn check_types(resolver: &Resolver<'_>, resources: &[Entry]) {
    for resource in resources {
        let Some(node) = resource.node.get("Type") else {
            let (missing, of) = ("Type".to_owned(), resource.key.clone());
            resolver.report(resource.line, Problem::Missing { missing, of });
            continue;
        };
        let found = node.text().unwrap_or_default();
        if let Some(near) = resources::misspelt(found) {
            let (of, near) = (resource.key.clone(), near.to_owned());
            let found = format!("resource type {found}");
            resolver.report(node.line, Problem::Misspelt { of, found, near });
        } else if resources::kind(found) == Kind::Other {
            let what = format!("{} ({found}) is not emulated", resource.key);
            resolver.left_out(node.line, &what);
        }
    }
}

fn assemble(
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
        resolver.report(1, Problem::Apis(count));
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

#[cfg(test)]
mod tests;
