//! Makes the functions, schedules and stored parameters of a stack available, and logs which parts of the template do not.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use tracing::{info, warn};

use crate::{
    clock::Clock,
    functions::{
        Function,
        build::Program,
        child::Launch,
        environment::{self, Addresses},
    },
    schedule, ssm,
    tasks::Tasks,
    template::{self, Access, Schedule, Stack, StoredParameter},
};

/// The functions by logical id, each ready to start processes.
pub(super) fn functions(
    specs: Vec<template::Function>,
    programs: &BTreeMap<String, Program>,
    addresses: &Addresses,
    max_concurrency: usize,
    launcher: Option<&PathBuf>,
    tasks: &Tasks,
) -> BTreeMap<String, Arc<Function>> {
    let functions = specs.into_iter().filter_map(|spec| {
        let program = programs.get(&spec.logical_id)?.clone();
        let launch = Launch {
            name: spec.logical_id.clone(),
            environment: environment::of(&spec, &program.folder, addresses, |name| {
                std::env::var(name).ok()
            }),
            program: program.path,
            arguments: program.arguments,
            folder: program.folder,
            launcher: launcher.cloned(),
        };
        let id = spec.logical_id.clone();
        let function = Function::new(spec, launch, max_concurrency, tasks.clone());
        Some((id, function))
    });
    functions.collect()
}

/// The stored parameters, in which public addresses of the API are those of this gateway.
pub(super) fn parameters(
    stored: Vec<StoredParameter>,
    addresses: &Addresses,
    clock: &Clock,
) -> ssm::Store {
    let localised = stored.into_iter().map(|parameter| StoredParameter {
        value: environment::localise(&parameter.value, addresses),
        ..parameter
    });
    ssm::Store::new(localised.collect(), clock.now())
}

/// Fires the schedules that are enabled.
pub(super) fn schedules(
    schedules: &[Schedule],
    functions: &BTreeMap<String, Arc<Function>>,
    clock: &Clock,
    tasks: &Tasks,
) {
    for schedule in schedules.iter().filter(|schedule| schedule.enabled) {
        if let Some(function) = functions.get(&schedule.function) {
            let function = Arc::clone(function);
            tasks.spawn(schedule::run(schedule.clone(), function, clock.clone()));
        }
    }
}

/// Logs which parts of the template do not run here, and which run here but may not on AWS.
pub(super) fn announce(stack: &Stack) {
    if !stack.left_out.is_empty() {
        info!(
            "left out, because one machine does not need them: {}",
            stack.left_out.join(", ")
        );
    }
    if stack.api.access == Access::Signed {
        warn!("handshakes must be signed (AWS_IAM); signatures are not verified here");
    }
    for warning in &stack.warnings {
        warn!("{warning}");
    }
}
