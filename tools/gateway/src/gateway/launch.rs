//! Makes the functions and schedules of a stack run, and logs which parts of the template do not.

use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

use crate::{
    clock::Clock,
    functions::{
        Function,
        build::Program,
        child::Launch,
        environment::{self, Addresses},
    },
    schedule,
    template::{self, Access, Schedule},
};

/// The functions by logical id, each ready to start processes.
pub(super) fn functions(
    specs: Vec<template::Function>,
    programs: &BTreeMap<String, Program>,
    addresses: &Addresses,
    max_concurrency: usize,
    launcher: Option<&PathBuf>,
    tasks: &TaskTracker,
    ending: &CancellationToken,
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
        let (tasks, ending) = (tasks.clone(), ending.clone());
        let function = Function::new(spec, launch, max_concurrency, tasks, ending);
        Some((id, function))
    });
    functions.collect()
}

/// Fires the schedules that are enabled.
pub(super) fn schedules(
    schedules: &[Schedule],
    functions: &BTreeMap<String, Arc<Function>>,
    clock: &Clock,
    tasks: &TaskTracker,
    ending: &CancellationToken,
) {
    for schedule in schedules.iter().filter(|schedule| schedule.enabled) {
        if let Some(function) = functions.get(&schedule.function) {
            let timer = schedule::keep(schedule.clone(), Arc::clone(function), clock.clone());
            tasks.spawn(ending.clone().run_until_cancelled_owned(timer));
        }
    }
}

/// Logs which parts of the template do not run here, and which run here but may not on AWS.
pub(super) fn announce(left_out: &[String], warnings: &[String], access: &Access) {
    if !left_out.is_empty() {
        info!(
            "left out, because one machine does not need them: {}",
            left_out.join(", ")
        );
    }
    if *access == Access::Signed {
        warn!("handshakes must be signed (AWS_IAM); signatures are not verified here");
    }
    for warning in warnings {
        warn!("{warning}");
    }
}
