//! The attack on the local stack: real processes, real sockets, and clients with the app's session.
//!
//! A run starts the stack and its clients, injects faults, drains, and collects the history. It is a proof or a
//! counter-example rather than a benchmark. Its seed reproduces the fault plan, though not the exact timing.
//!
//! # Layout
//!
//! - [`fault_plan`]: which faults happen when, from one seed; pure
//! - [`inject`]: carries the plan out; [`drain`]: waits until every client is idle
//! - [`gateway`]: the gateway, killed and restarted
//! - [`proxy`]: a TCP proxy that injects network faults
//! - [`client`]: one client, with the app's session
//! - [`hostile`]: clients that attack the others; [`latency`]: how much that slows the others down
//! - [`source`]: the addresses that clients connect from
//! - [`log_reader`]: reads the whole message log in the end

mod client;
mod drain;
pub mod fault_plan;
mod gateway;
mod hostile;
mod inject;
pub mod latency;
mod log_reader;
mod proxy;
mod source;

use std::collections::BTreeSet;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result};
use indicatif::ProgressBar;
use papo_protocol::Position;
use tokio::sync::{Mutex, watch};
use tokio::time::Instant;

use crate::checker;
use crate::counters::{FaultCounters, FaultEvent};
use crate::history::{History, Losses, WrittenLog};
use crate::verdict::HistoryVerdict;
use client::{Client, ClientOptions, Status};
use drain::Drained;
use fault_plan::Rates;
use gateway::{Gateway, Launch, stable_address};
use hostile::{Attack, Attackers};
use latency::{Slowdown, Stopwatch};
use proxy::Proxy;

/// What to run.
#[derive(Clone, Debug)]
pub struct Options {
    /// The directory with the executables of the gateway and the functions.
    pub programs: PathBuf,
    /// The SAM template.
    pub template: PathBuf,
    /// Parameters of the template, as `KEY=VALUE`.
    pub parameters: Vec<String>,
    /// Where data and the log of the gateway are kept.
    pub folder: PathBuf,
    /// How many clients there are.
    pub clients: usize,
    /// How many hostile clients attack during the second half of the run.
    pub hostile: usize,
    /// For how long faults are injected.
    pub duration: Duration,
    /// The seed of the fault plan.
    pub seed: u64,
    /// How often each kind of event happens.
    pub rates: Rates,
    /// The gateway's limit on the life of a connection.
    pub max_duration: Duration,
    /// The gateway's limit on the silence of a connection.
    pub idle_timeout: Duration,
    /// The drain gives up after this long without progress.
    pub patience: Duration,
}

impl Options {
    /// The file with the gateway's log.
    pub fn log(&self) -> PathBuf {
        self.folder.join("gateway.log")
    }
}

/// The result of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The checker's verdict.
    pub verdict: HistoryVerdict,
    /// The injected faults that had an effect.
    pub counters: Arc<FaultCounters>,
    /// How long messages took before and during the attack of hostile clients. `None` without any.
    pub slowdown: Option<Slowdown>,
    /// For how long faults were injected.
    pub injected: Duration,
    /// How long it took until every client was idle. `None` if progress stopped before.
    pub drained: Option<Duration>,
    /// The end of the log.
    pub head: Position,
    /// The epochs of all logs that any client followed. More than one means that the log was replaced.
    pub epochs: Vec<String>,
}

impl Outcome {
    /// Whether nothing is wrong: no violation, one log, and no orphaned function.
    pub fn is_good(&self) -> bool {
        let orphaned = self.counters.get(FaultEvent::FunctionOrphaned);
        self.verdict.is_clean() && self.epochs.len() <= 1 && orphaned == 0
    }
}

/// Runs an attack. When `interrupt` becomes true, the injection ends early, and the drain begins.
///
/// # Errors
///
/// If the stack cannot be started, or exits by itself.
pub async fn run(
    options: &Options,
    interrupt: watch::Receiver<bool>,
    progress: &ProgressBar,
) -> Result<Outcome> {
    let stack = Stack::start(options).await?;
    let start = stack.began + options.duration / 2;
    let attackers = Attackers::new(options.hostile, stack.address, &stack.path, start);
    inject::run(&stack, options, interrupt, progress).await?;
    let injected = stack.began.elapsed();
    let attack = attackers.stop().await?;
    let drained = drain::wait(&stack, options.patience, progress).await?;
    stack.finish(injected, drained, attack).await
}

/// The stack, its clients and the proxy between them.
struct Stack {
    /// Where the gateway listens, however often it is restarted.
    address: SocketAddr,
    /// The path of its endpoint.
    path: String,
    /// `None` while it is down.
    gateway: Arc<Mutex<Option<Gateway>>>,
    proxy: Proxy,
    clients: Vec<Client>,
    stopwatch: Arc<Stopwatch>,
    counters: Arc<FaultCounters>,
    began: Instant,
}

impl Stack {
    async fn start(options: &Options) -> Result<Self> {
        let address = stable_address()?;
        let gateway = Launch::new(options, address).start().await?;
        // Fail now, rather than in the middle, on systems that do not list child processes.
        gateway.functions()?;
        let path = gateway.path().to_owned();
        let proxy = Proxy::start(address).await?;
        let stopwatch = Arc::<Stopwatch>::default();
        let clients = (0..options.clients).map(|number| ClientOptions {
            number,
            address: proxy.address(),
            path: path.clone(),
            seed: options.seed.wrapping_add(number as u64 + 1),
            stopwatch: Arc::clone(&stopwatch),
        });
        Ok(Self {
            clients: clients.map(Client::start).collect(),
            address,
            path,
            gateway: Arc::new(Mutex::new(Some(gateway))),
            proxy,
            stopwatch,
            counters: Arc::default(),
            began: Instant::now(),
        })
    }

    /// The status of every client.
    fn statuses(&self) -> Vec<Status> {
        self.clients.iter().map(Client::status).collect()
    }

    /// Shows the progress of the run after the name of the phase.
    fn show(&self, phase: &str, progress: &ProgressBar) {
        let statuses = self.statuses();
        let sum = |of: fn(&Status) -> usize| statuses.iter().map(of).sum::<usize>();
        let times = |events: &[FaultEvent]| {
            let times = events.iter().map(|event| self.counters.get(*event));
            times.sum::<u64>()
        };
        let faults = times(&[
            FaultEvent::ConnectionBroken,
            FaultEvent::ConnectionStalled,
            FaultEvent::ConnectionDelayed,
        ]);
        let kills = times(&[FaultEvent::FunctionKilled, FaultEvent::GatewayKilled]);
        progress.set_message(format!(
            "{phase}: {} online, {} sent, {} acknowledged, {faults} faults, {kills} kills",
            sum(|status| usize::from(status.online)),
            sum(|status| status.sent),
            sum(|status| status.acknowledged),
        ));
    }

    /// Stops everything, and checks the history.
    async fn finish(self, injected: Duration, drained: Drained, attack: Attack) -> Result<Outcome> {
        for status in self.statuses() {
            let reconnections = status.reconnections;
            self.counters.add(FaultEvent::Reconnected, reconnections);
        }
        let mut clients = Vec::new();
        for client in self.clients {
            let history = client.finish().await;
            clients.push(history.context("a client task panicked")?);
        }
        let gateway = self.gateway.lock().await.take();
        let gateway = gateway.context("the gateway is not running")?;
        let orphaned = gateway.stop().await?;
        self.counters.add(FaultEvent::FunctionOrphaned, orphaned);
        self.counters.add(FaultEvent::HostileFrame, attack.frames);
        self.counters
            .add(FaultEvent::HostileConnection, attack.connections);
        let Drained { after, head, log } = drained;
        let followed = clients.iter().flat_map(|client| client.epochs.clone());
        let mut epochs: Vec<String> = followed.collect();
        epochs.push(head.epoch.as_str().to_owned());
        epochs.sort();
        epochs.dedup();
        let mut written = WrittenLog::default();
        for entry in &log {
            written.insert(&head.epoch, entry.clone());
        }
        let history = History {
            log,
            written,
            losses: Losses::default(),
            forged: BTreeSet::new(),
            unkept: BTreeSet::new(),
            hostile: attack.messages,
            clients,
        };
        Ok(Outcome {
            verdict: checker::check(&history),
            counters: self.counters,
            slowdown: attack.began.map(|at| self.stopwatch.report(at)),
            injected,
            drained: after,
            head,
            epochs,
        })
    }
}
