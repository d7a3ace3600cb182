//! A SAM or CloudFormation template, read into the [`Stack`] that the gateway runs.
//!
//! Decides which parts of the template matter here. What would matter and is not emulated is reported with file, line and
//! remedy; the rest is left out with a remark. `assemble` puts the stack together from what the other modules read.
//! Running the stack is left to the rest of the crate: nothing in this
//! module uses the network, and only `program` runs a process.

mod access;
mod assemble;
mod conditions;
mod cycles;
mod error;
mod event_sources;
mod fields;
mod files;
mod filter;
mod function;
mod http_only;
mod nested;
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
mod source;
mod stack;
mod stage;
mod table;
mod target;
mod topics;
mod transforms;
mod v2;
mod yaml;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::Path,
};

pub use error::{Error, Errors, Problem};
pub use filter::Pattern;
pub use schedule_expression::ScheduleExpression;
pub use stack::{
    Access, Action, Api, Authorizer, Bundle, Code, EventSource, Function, HttpRequest,
    IdentitySource, Integration, IntegrationResponse, Language, Logging, Mock, Origin, Queue,
    RecordSource, Redrive, Route, Runtime, Schedule, Service, Source, Stack, StreamSource,
    Subscriber, Subscription, Table, Target, Throttle, Throttles, Topic,
};

use self::{
    error::nearest,
    files::Files,
    parameters::Parameters,
    resolve::Resolver,
    resources::Kind,
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
        source::read(file)
    };
    let source = source.map_err(|why| Error::new(file, 1, Problem::Unreadable(why)))?;
    read(file, &source, overrides)
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
    let files = Files::of(file);
    let resolver = Resolver::new(&files, Parameters::default(), &[], "");
    let stage = overrides.stage.as_deref();
    let template = serverless::convert(&resolver, document, stage, &overrides.parameters)?;
    let (problems, remarks) = resolver.collected();
    // Its own variables have been resolved.
    let mut outside = overrides.parameters.clone();
    outside.retain(|name, _| parameters::is_outside(name));
    let overrides = Overrides {
        parameters: outside,
        stage: None,
    };
    read_document(file, template, &overrides, problems, remarks)
}

fn read_document(
    file: &Path,
    mut document: Node,
    overrides: &Overrides,
    mut problems: Vec<Error>,
    mut remarks: Vec<String>,
) -> Result<Stack, Errors> {
    let mut files = Files::of(file);
    let mut nested = nested::Reader::new(&mut files);
    let inserted = nested.read(&mut document);
    let (found, made) = nested.collected();
    problems.extend(found);
    remarks.extend(made);
    if let Err(error) = inserted {
        return Err(Errors::new(with(problems, error)));
    }
    let files = files;
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
    let bare = Resolver::new(&files, parameters.clone(), &[], "").with_mappings(mappings.as_ref());
    let conditions = transforms::expand(&bare, &mut document)
        .and_then(|()| conditions::evaluate(&bare, document.get("Conditions")));
    let (found, made) = bare.collected();
    problems.extend(found);
    remarks.extend(made);
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
    let stageless =
        Resolver::new(&files, parameters.clone(), resources, "").with_mappings(mappings);
    let wanted = overrides.stage.as_deref().filter(|_| !declares_stage);
    let served = match stage::served(&stageless, &document, resources, wanted) {
        Ok(served) => served,
        Err(error) => return Err(Errors::new(with(problems, error))),
    };
    let (found, made) = stageless.collected();
    problems.extend(found);
    remarks.extend(made);
    let resolver = Resolver::new(&files, parameters, resources, &served.name)
        .with_mappings(mappings)
        .with_served(served.resource.as_deref());
    check_types(&resolver, resources);
    let stack = assemble::assemble(&resolver, &document, resources, &served);
    let collected = resolver.collected();
    problems.extend(collected.0);
    remarks.extend(collected.1);
    let mut known = BTreeSet::new();
    remarks.retain(|remark| known.insert(remark.clone()));
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

#[cfg(test)]
mod tests;
