//! Carries out the fault plan.

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use indicatif::ProgressBar;
use papagaio::endpoint::Endpoint;
use papagaio::player::Hooks as _;
use papagaio::stack::RunningGateway;
use papagaio::transcript::Hook;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;
use tokio::time::{MissedTickBehavior, interval, sleep, sleep_until};

use super::client::Command;
use super::fault_plan::{FaultPlan, NetworkFault, PlannedEvent};
use super::gateway::Gateway;
use super::{Options, Stack};
use crate::counters::{FaultCounters, FaultEvent};

/// The name of the clean-up function in the template.
const CLEAN_UP: &str = "garbageCollectionWS";

/// How often progress is shown.
const PERIOD: Duration = Duration::from_secs(1);

/// Restarts and clean-ups in progress.
type Tasks = JoinSet<Result<()>>;

/// Carries out each planned event at its time, until the time is over or `interrupt` becomes true. The gateway is up in the
/// end.
pub(super) async fn run(
    stack: &Stack,
    options: &Options,
    mut interrupt: watch::Receiver<bool>,
    progress: &ProgressBar,
) -> Result<()> {
    let mut tasks = Tasks::new();
    let end = stack.began + options.duration;
    let mut ticks = interval(PERIOD);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
    let plan = FaultPlan::new(options.seed, options.clients, &options.rates);
    // An empty plan must still last as long.
    let last = std::iter::once((options.duration, PlannedEvent::CleanUp));
    for (at, event) in plan.chain(last) {
        let due = (stack.began + at).min(end);
        loop {
            tokio::select! {
                () = sleep_until(due) => break,
                _ = ticks.tick() => {
                    progress.set_position(stack.began.elapsed().as_secs());
                    stack.show("inject", progress);
                }
                _ = interrupt.wait_for(|interrupted| *interrupted) => return finish(tasks).await,
                Some(done) = tasks.join_next() => done??,
            }
        }
        if due == end {
            break;
        }
        carry_out(stack, event, &mut tasks)?;
    }
    finish(tasks).await
}

/// Waits for restarts and clean-ups in progress.
async fn finish(mut tasks: Tasks) -> Result<()> {
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

/// Carries out one event, or begins it.
fn carry_out(stack: &Stack, event: PlannedEvent, tasks: &mut Tasks) -> Result<()> {
    let counters = &stack.counters;
    match event {
        PlannedEvent::Client(client, command) => {
            stack.clients[client].tell(command);
            if matches!(command, Command::Reload(_)) {
                counters.count(FaultEvent::PageReloaded);
            }
        }
        PlannedEvent::Network { victim, fault } => {
            if stack.proxy.inject(victim, fault) {
                counters.count(match fault {
                    NetworkFault::Cut | NetworkFault::Reset | NetworkFault::CutAtOneEnd { .. } => {
                        FaultEvent::ConnectionBroken
                    }
                    NetworkFault::Stall { .. } => FaultEvent::ConnectionStalled,
                    NetworkFault::Delay { .. } => FaultEvent::ConnectionDelayed,
                });
            }
        }
        PlannedEvent::KillFunction { victim } => {
            // A gateway that is down has no functions.
            if let Ok(gateway) = stack.gateway.try_lock()
                && let Some(gateway) = &*gateway
                && let Some(function) = gateway.functions()?.one(victim)
            {
                function.kill()?;
                counters.count(FaultEvent::FunctionKilled);
            }
        }
        PlannedEvent::KillGateway { down } => {
            let (gateway, counters) = (Arc::clone(&stack.gateway), Arc::clone(counters));
            tasks.spawn(restart(gateway, counters, down));
        }
        PlannedEvent::CleanUp => {
            let endpoint: Endpoint = format!("ws://{}{}", stack.address, stack.path).parse()?;
            let gateway = RunningGateway::at(&endpoint);
            let gateway = gateway.context("the gateway is not on this machine")?;
            tasks.spawn(clean_up(gateway, Arc::clone(counters)));
        }
    }
    Ok(())
}

/// Kills the gateway, and restarts it after `down`.
async fn restart(
    gateway: Arc<Mutex<Option<Gateway>>>,
    counters: Arc<FaultCounters>,
    down: Duration,
) -> Result<()> {
    // It is down already.
    let Ok(mut gateway) = gateway.try_lock() else {
        return Ok(());
    };
    let Some(running) = gateway.take() else {
        bail!("the gateway could not be restarted");
    };
    let (launch, orphaned) = running.kill().await?;
    counters.count(FaultEvent::GatewayKilled);
    counters.add(FaultEvent::FunctionOrphaned, orphaned);
    sleep(down).await;
    *gateway = Some(launch.start().await?);
    Ok(())
}

async fn clean_up(gateway: RunningGateway, counters: Arc<FaultCounters>) -> Result<()> {
    let hook = Hook::FireSchedule(CLEAN_UP.to_owned());
    // It fails if the gateway is down, or if the function is killed meanwhile.
    if gateway.run(&hook).await.is_ok() {
        counters.count(FaultEvent::CleanUpRun);
    }
    Ok(())
}
