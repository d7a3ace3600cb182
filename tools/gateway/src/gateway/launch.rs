//! Makes the functions and schedules of a stack run, with what stands in for AWS, and logs which parts of the template do not.

use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Once},
};

use tokio_util::{sync::CancellationToken, task::TaskTracker};
use tracing::{info, warn};

use crate::{
    aws_hosts::StandIn,
    clock::Clock,
    functions::{
        Function,
        build::Program,
        child::Launch,
        environment::{self, Addresses},
        runtime::RuntimeFiles,
    },
    schedule,
    template::{self, Access, Schedule},
    tls::Acceptor,
};

/// What runs beside the clients, until the gateway ends.
#[derive(Default)]
pub(super) struct Tasks {
    /// The tasks of functions and DynamoDB.
    pub(super) services: TaskTracker,
    /// Cancelled to end them.
    pub(super) ending: CancellationToken,
}

impl Tasks {
    /// Runs a task until the gateway ends.
    pub(super) fn spawn(&self, task: impl Future<Output = ()> + Send + 'static) {
        let task = self.ending.clone().run_until_cancelled_owned(task);
        self.services.spawn(task);
    }
}

/// Starts what stands in for AWS. Returns the addresses of all services.
pub(super) async fn start_aws_stand_in(
    api: &template::Api,
    gateway: SocketAddr,
    dynamodb: SocketAddr,
    allow_aws: bool,
    acceptor: &Acceptor,
    files: &RuntimeFiles,
    tasks: &Tasks,
) -> io::Result<Addresses> {
    let stand_in = StandIn {
        domain: api.domain.clone(),
        gateway,
        dynamodb,
        named: Arc::new(Once::new()),
    };
    let redirected = allow_aws.then(|| stand_in.services());
    let Tasks { services, ending } = tasks;
    let aws = stand_in.start(acceptor.clone(), services, ending).await?;
    Ok(Addresses {
        gateway: gateway.to_string(),
        public_domain: api.domain.clone(),
        stage: api.stage.clone(),
        dynamodb: format!("http://{dynamodb}"),
        aws: aws.to_string(),
        redirected,
        files: files.folder().to_owned(),
    })
}

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
        let (services, ending) = (tasks.services.clone(), tasks.ending.clone());
        let function = Function::new(spec, launch, max_concurrency, services, ending);
        Some((id, function))
    });
    functions.collect()
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
            tasks.spawn(schedule::keep(schedule.clone(), function, clock.clone()));
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
