//! A SAM template, read into the [`Stack`] that the gateway runs.
//!
//! Decides what of the template counts here, and refuses with file, line and remedy what would count and is not
//! emulated. Leaves running it to the rest of the crate: nothing in this module touches the network or a process.

mod access;
mod circles;
mod conditions;
mod error;
mod fields;
mod function;
mod parameters;
pub(crate) mod rate;
pub(crate) mod resolve;
mod resources;
mod sam;
mod stack;
mod stage;
mod table;
mod target;
mod v2;
mod yaml;

use std::{collections::BTreeMap, path::Path};

pub use error::{Error, Problem};
pub use stack::{
    Access, Api, Authorizer, Code, Function, IdentitySource, Logging, Route, Schedule, Stack,
    Table, Throttle, Throttles,
};

use self::{
    fields::Fields,
    resolve::Resolver,
    resources::{Kind, Part},
    yaml::{Entry, Node, Value},
};

/// What the command line says about a template.
#[derive(Debug, Clone, Default)]
pub struct Overrides {
    /// `--parameter Key=Value`.
    pub parameters: BTreeMap<String, String>,
    /// `--stage NAME`: value of the parameter `Stage` where the template has one, else the stage's name.
    pub stage: Option<String>,
}

/// Name of the parameter that `--stage` sets.
const STAGE_PARAMETER: &str = "Stage";

/// Reads the template at `file`.
///
/// # Errors
/// The first thing that is wrong with it, see [`Problem`].
pub fn load(file: &Path, overrides: &Overrides) -> Result<Stack, Error> {
    let source = std::fs::read_to_string(file)
        .map_err(|error| Error::new(file, 1, Problem::Unreadable(error.to_string())))?;
    read(file, &source, overrides)
}

/// Reads a template from `source`; `file` is for messages, and its folder is what `CodeUri` is relative to.
///
/// # Errors
/// As [`load`].
pub fn read(file: &Path, source: &str, overrides: &Overrides) -> Result<Stack, Error> {
    let fail = |line, problem| Error::new(file, line, problem);
    let mut document =
        yaml::read(source).map_err(|(line, message)| fail(line, Problem::Syntax(message)))?;
    let Value::Mapping(sections) = &document.value else {
        return Err(fail(
            1,
            Problem::Kind {
                of: "a template".into(),
                wanted: "a mapping",
                found: document.kind(),
            },
        ));
    };
    for section in sections {
        if !SECTIONS.contains(&section.key.as_str()) {
            let supported = SECTIONS.to_vec();
            let problem = Problem::Property {
                found: section.key.clone(),
                of: "the template".into(),
                supported,
            };
            return Err(fail(section.line, problem));
        }
    }
    let mut given = overrides.parameters.clone();
    let declared_stage = document
        .get("Parameters")
        .is_some_and(|node| node.get(STAGE_PARAMETER).is_some());
    if let Some(stage) = overrides.stage.as_ref().filter(|_| declared_stage) {
        given
            .entry(STAGE_PARAMETER.to_owned())
            .or_insert_with(|| stage.clone());
    }
    let parameters = parameters::read(file, document.get("Parameters"), &given)?;
    let bare =
        Resolver::new(file, parameters.clone(), &[], "").with_mappings(document.get("Mappings"));
    let conditions = conditions::evaluate(&bare, document.get("Conditions"))?;
    conditions::apply(&mut document, &conditions);
    let mappings = document.get("Mappings");
    let Some(Node {
        value: Value::Mapping(resources),
        ..
    }) = document.get("Resources")
    else {
        return Err(fail(
            1,
            Problem::Missing {
                missing: "Resources".into(),
                of: "a template".into(),
            },
        ));
    };
    check_types(file, resources)?;
    let forced_stage = overrides.stage.as_deref().filter(|_| !declared_stage);
    let stage = stage::name(
        &Resolver::new(file, parameters.clone(), resources, "").with_mappings(mappings),
        &document,
        resources,
    )?;
    let stage = forced_stage.map_or(stage, ToOwned::to_owned);
    let resolver = Resolver::new(file, parameters, resources, &stage).with_mappings(mappings);
    assemble(&resolver, &document, resources, &stage)
}

/// The sections of a template.
const SECTIONS: &[&str] = &[
    "AWSTemplateFormatVersion",
    "Conditions",
    "Description",
    "Globals",
    "Mappings",
    "Metadata",
    "Outputs",
    "Parameters",
    "Resources",
    "Rules",
    "Transform",
];

fn check_types(file: &Path, resources: &[Entry]) -> Result<(), Error> {
    for resource in resources {
        let Some(node) = resource.node.get("Type") else {
            let problem = Problem::Missing {
                missing: "Type".into(),
                of: resource.key.clone(),
            };
            return Err(Error::new(file, resource.line, problem));
        };
        let found = node.text().unwrap_or_default();
        if resources::kind(found).is_none() {
            let problem = Problem::ResourceType {
                found: found.to_owned(),
                supported: resources::RUN,
            };
            return Err(Error::new(file, node.line, problem));
        }
    }
    Ok(())
}

fn assemble(
    resolver: &Resolver<'_>,
    document: &Node,
    resources: &[Entry],
    stage: &str,
) -> Result<Stack, Error> {
    let globals = |section| {
        document
            .get("Globals")
            .and_then(|globals| globals.get(section))
    };
    let mut stack_parts = (Vec::new(), Vec::new(), Vec::new(), Vec::new());
    let (functions, tables, schedules, left_out) = &mut stack_parts;
    for resource in of_kind(resources, Kind::Function) {
        let (function, mut timers) = function::read(resolver, resource, globals("Function"))?;
        functions.push(function);
        schedules.append(&mut timers);
    }
    let (mut apis, mut warnings) = (Vec::new(), Vec::new());
    for resource in resources {
        let kind = resource
            .node
            .get("Type")
            .and_then(Node::text)
            .and_then(resources::kind);
        match kind {
            Some(Kind::SamApi) => {
                let globals = globals("WebSocketApi");
                let api = sam::read(resolver, resource, globals, stage, functions)?;
                sam::check_strays(resolver, resources, resource)?;
                let responses = v2::route_responses(resolver, resources, &api.id)?;
                sam::warn_of_silence(resolver, resource, &api, &responses, &mut warnings);
                apis.push(api);
            }
            Some(Kind::V2(Part::Api)) => apis.push(v2::read(
                resolver,
                resources,
                resource,
                stage,
                functions,
                &mut warnings,
            )?),
            Some(Kind::Table) => tables.push(table::read(resolver, resource)?),
            Some(Kind::SimpleTable) => tables.push(table::read_simple(
                resolver,
                resource,
                globals("SimpleTable"),
            )?),
            Some(Kind::LeftOut) => left_out.push(resource.key.clone()),
            Some(Kind::Function | Kind::V2(_)) | None => {}
        }
    }
    warnings.extend(circles::find(resolver, resources));
    let count = apis.len();
    let [api] = <[Api; 1]>::try_from(apis).map_err(|_| resolver.error(1, Problem::Apis(count)))?;
    let (functions, tables, schedules, left_out) = stack_parts;
    Ok(Stack {
        api,
        functions,
        tables,
        schedules,
        left_out,
        warnings,
    })
}

/// The resources of one kind, in the order of the template.
fn of_kind(resources: &[Entry], wanted: Kind) -> impl Iterator<Item = &Entry> {
    resources.iter().filter(move |resource| {
        resource
            .node
            .get("Type")
            .and_then(Node::text)
            .and_then(resources::kind)
            == Some(wanted)
    })
}

/// The properties of a resource, after a look at what stands beside them.
fn properties<'t>(resolver: &'t Resolver<'t>, resource: &'t Entry) -> Result<Fields<'t>, Error> {
    static NONE: Node = Node {
        line: 1,
        value: Value::Mapping(Vec::new()),
    };
    let mut beside = Fields::new(resolver, resource.key.clone(), &resource.node)?;
    beside.leave_out(&[
        "DeletionPolicy",
        "DependsOn",
        "UpdateReplacePolicy",
        "Connectors",
    ]);
    if let Some(node) = beside.node("Condition") {
        // Those that the template defines are gone by now.
        let of = format!("Condition of {}", resource.key);
        let found = node.kind();
        return Err(resolver.error(node.line, conditions::undefined(&of, &found)));
    }
    beside.node("Type");
    beside.node("Metadata");
    let properties = beside.node("Properties").unwrap_or(&NONE);
    beside.finish()?;
    Fields::new(resolver, resource.key.clone(), properties)
}

#[cfg(test)]
mod tests;
