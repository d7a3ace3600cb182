//! SAM and CloudFormation templates, read into the [`Stack`] that the gateway runs.
//!
//! `document` reads each template, `stacks` combines them into one, and `assemble` puts the stack together from what the other
//! modules read. A part that matters and is not emulated is reported with file, line and remedy; the rest is left out with a
//! remark. Running the stack is left to the rest of the crate: nothing in this module uses the network, only `program` runs a
//! process, and only `archives` writes files.

mod access;
mod archives;
mod assemble;
mod conditions;
mod cycles;
mod document;
mod error;
mod event_sources;
mod fields;
mod files;
mod filter;
mod function;
mod globals;
mod http_only;
mod locate;
mod owner;
mod parameters;
mod program;
mod queue;
pub(crate) mod resolve;
mod resources;
mod route_ids;
mod routes;
mod sam;
mod sam_config;
mod schedule_expression;
mod schedules;
mod served_api;
mod serverless;
mod source;
mod stack;
mod stacks;
mod stage;
mod stored_parameter;
mod table;
mod target;
mod topics;
mod transforms;
mod v2;
mod without;
mod yaml;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

pub use error::{Error, Errors, Problem};
pub use filter::Pattern;
pub use locate::locate;
pub use schedule_expression::ScheduleExpression;
pub use stack::{
    Access, Action, Api, Archives, Authorizer, Bundle, Code, EventSource, Function, HttpRequest,
    IdentitySource, Integration, IntegrationResponse, Language, Layer, Logging, Mock, Origin,
    Queue, RecordSource, Redrive, Route, Runtime, Schedule, Service, Source, Stack,
    StoredParameter, StreamSource, Subscriber, Subscription, Table, Target, Throttle, Throttles,
    Topic,
};

use self::{
    error::Noticed,
    resolve::Resolver,
    resources::Kind,
    stacks::{Joined, Stacks},
    without::Without,
    yaml::{Entry, Node, Value},
};

/// Overrides of a template on the command line.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--parameter Key=Value`: of parameters, and of what the template refers to elsewhere, such as `ssm:/prod/key`.
    pub parameters: BTreeMap<String, String>,
    /// `--stage NAME`: value of the parameter `Stage` where the template has one; else selects one of several stages, or
    /// renames the only one.
    pub stage: Option<String>,
    /// `--api API`: logical id of the WebSocket API to serve, where there are several.
    pub api: Option<String>,
    /// `--without FUNCTION`: logical ids of functions that do not run.
    pub without: Vec<String>,
    /// `--config-env NAME`: the environment of `samconfig.toml`; by default, `default`.
    pub environment: Option<String>,
}

/// Name of the parameter that `--stage` sets.
const STAGE_PARAMETER: &str = "Stage";

impl Overrides {
    /// The value of a parameter.
    fn parameter(&self, name: &str) -> Option<&String> {
        let stage = || self.stage.as_ref().filter(|_| name == STAGE_PARAMETER);
        self.parameters.get(name).or_else(stage)
    }
}

/// Reads the templates in `files`. Resources of all but the first have the name of their stack before their own.
///
/// # Errors
/// All problems of the templates, see [`Problem`].
pub fn load(files: &[PathBuf], overrides: &Overrides) -> Result<Stack, Errors> {
    let mut stacks = Stacks::new(overrides);
    for file in files {
        let added = document::source(file).and_then(|source| stacks.add(file, &source));
        if let Err(error) = added {
            return Err(stacks.failed(error));
        }
    }
    stack(stacks, overrides)
}

/// Reads a template from `source`; `file` is for messages, and its folder is what `CodeUri` is relative to.
///
/// # Errors
/// As [`load`].
pub fn read(file: &Path, source: &str, overrides: &Overrides) -> Result<Stack, Errors> {
    let mut stacks = Stacks::new(overrides);
    match stacks.add(file, source) {
        Ok(()) => stack(stacks, overrides),
        Err(error) => Err(stacks.failed(error)),
    }
}

fn stack(stacks: Stacks<'_>, overrides: &Overrides) -> Result<Stack, Errors> {
    let Joined {
        mut document,
        files,
        mut noticed,
        outputs,
        options,
    } = stacks.join();
    let problems = &mut noticed.problems;
    let declared = document.get("Parameters");
    let parameters = parameters::read(&files, declared, overrides, options, problems);
    let declares_stage = parameters.get(STAGE_PARAMETER).is_some();
    let mappings = document.get("Mappings").cloned();
    let bare = Resolver::new(&files, parameters.clone(), &[], "").with_mappings(mappings.as_ref());
    let conditions = conditions::evaluate(&bare, document.entries_of("Conditions"));
    noticed.add(bare.collected());
    let conditions = conditions.map_err(|error| noticed.failed(error))?;
    conditions::apply(&mut document, &conditions);
    let Some(Node {
        value: Value::Mapping(resources),
        ..
    }) = document.get("Resources")
    else {
        let missing = Problem::missing("a template", "Resources");
        return Err(noticed.failed(files.error(1, missing)));
    };
    let resolver = |stage| {
        Resolver::new(&files, parameters.clone(), resources, stage)
            .with_mappings(document.get("Mappings"))
            .with_outputs(document.entries_of("Outputs"), &outputs)
    };
    let stageless = resolver("");
    let wanted = overrides.stage.as_deref().filter(|_| !declares_stage);
    let served = served_api::choose(&stageless, resources, overrides.api.as_deref())
        .and_then(|api| stage::served(&stageless, resources, api, wanted));
    let served = served.map_err(|error| noticed.failed(error))?;
    noticed.add(stageless.collected());
    let resolver = resolver(&served.name).with_served(served.resource.as_deref());
    check_types(&resolver, resources);
    let without = Without::new(&overrides.without, &resolver);
    let stack = assemble::assemble(&resolver, resources, &served, &without);
    noticed.add(resolver.collected());
    let Noticed { problems, remarks } = noticed;
    match stack {
        Some(stack) if problems.is_empty() => Ok(Stack {
            warnings: distinct(remarks),
            ..stack
        }),
        _ => Err(Errors::new(problems)),
    }
}

fn distinct(mut remarks: Vec<String>) -> Vec<String> {
    let mut known = BTreeSet::new();
    remarks.retain(|remark| known.insert(remark.clone()));
    remarks
}

/// Reports resources without a type or with a misspelt one, and those that do not run here.
fn check_types(resolver: &Resolver<'_>, resources: &[Entry]) {
    for resource in resources {
        let Some(node) = resource.node.get("Type") else {
            resolver.report(resource.line, Problem::missing(&resource.key, "Type"));
            continue;
        };
        let found = node.text().unwrap_or_default();
        if let Some(near) = resources::misspelt(found) {
            let found = format!("resource type {found}");
            resolver.report(node.line, Problem::misspelt(&resource.key, found, near));
        } else if resources::kind(found) == Kind::Other && !resources::is_part_of_rest_api(found) {
            let what = format!("{} ({found}) is not emulated", resource.key);
            resolver.left_out(node.line, &what);
        }
    }
}

#[cfg(test)]
mod tests;
