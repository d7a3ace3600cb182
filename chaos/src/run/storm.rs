//! Carries the plan out.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use papagaio::endpoint::Endpoint;
use papagaio::player::Hooks as _;
use papagaio::stack::RunningGateway;
use papagaio::transcript::Hook;
use tokio::sync::{Mutex, watch};
use tokio::task::JoinSet;
use tokio::time::{sleep, sleep_until};

use super::{Deeds, Options, Scene};
use crate::client::Command;
use crate::gateway::Gateway;
use crate::plan::{Deed, Fault, Plan};
use crate::progress::{Progress, Stage};

/// The clean-up's name in the template.
const CLEAN_UP: &str = "garbageCollectionWS";

/// Restarts and clean-ups that are under way.
type Tasks = JoinSet<Result<()>>;

/// Does what is planned, when it is planned, until the time is over or `interrupt` becomes true. In the end the gateway is up.
///
/// # Errors
///
/// If the gateway ends by itself, or cannot be started again.
pub(super) async fn rage(
    scene: &Scene,
    options: &Options,
    mut interrupt: watch::Receiver<bool>,
    progress: &mut Progress,
) -> Result<()> {
    let mut tasks = Tasks::new();
    let end = scene.began + options.lasts;
    let plan = Plan::new(options.seed, options.clients, &options.rates);
    // Where nothing is planned, nothing happens for as long.
    let nothing = std::iter::once((options.lasts, Deed::CleanUp));
    for (at, deed) in plan.chain(nothing) {
        let due = (scene.began + at).min(end);
        loop {
            tokio::select! {
                () = sleep_until(due) => break,
                () = sleep_until(progress.next()) => {
                    scene.tell(Stage::Storm(options.lasts), progress);
                }
                _ = interrupt.wait_for(|interrupted| *interrupted) => return finish(tasks).await,
                Some(done) = tasks.join_next() => done??,
            }
        }
        if due == end {
            break;
        }
        commit(scene, deed, &mut tasks)?;
    }
    finish(tasks).await
}

/// Waits for what is under way.
async fn finish(mut tasks: Tasks) -> Result<()> {
    while let Some(done) = tasks.join_next().await {
        done??;
    }
    Ok(())
}

/// Does one thing, or begins it.
fn commit(scene: &Scene, deed: Deed, tasks: &mut Tasks) -> Result<()> {
    let deeds = &scene.deeds;
    match deed {
        Deed::Say {
            client,
            count,
            bytes,
        } => scene.clients[client].tell(Command::Say { count, bytes }),
        Deed::Look { client } => scene.clients[client].tell(Command::Look),
        Deed::ScrollUp { client } => scene.clients[client].tell(Command::ScrollUp),
        Deed::Reload { client, leaving } => {
            scene.clients[client].tell(Command::Reload(leaving));
            count(&deeds.reloads);
        }
        Deed::Fault { victim, fault } => {
            if scene.proxy.inflict(victim, fault) {
                count(match fault {
                    Fault::Cut | Fault::Reset | Fault::CutAtOneEnd { .. } => &deeds.cuts,
                    Fault::Stall { .. } => &deeds.stalls,
                    Fault::Delay { .. } => &deeds.delays,
                });
            }
        }
        Deed::KillFunction { victim } => {
            // While it is down, it has no functions.
            if let Ok(gateway) = scene.gateway.try_lock()
                && let Some(gateway) = &*gateway
                && let Some(function) = gateway.functions()?.one(victim)
            {
                function.kill()?;
                count(&deeds.functions);
            }
        }
        Deed::KillGateway { down } => {
            let (gateway, deeds) = (Arc::clone(&scene.gateway), Arc::clone(deeds));
            tasks.spawn(kill(gateway, deeds, down));
        }
        Deed::CleanUp => {
            let endpoint: Endpoint = format!("ws://{}{}", scene.address, scene.path).parse()?;
            let gateway = RunningGateway::at(&endpoint);
            let gateway = gateway.context("the gateway is not on this machine")?;
            tasks.spawn(clean_up(gateway, Arc::clone(deeds)));
        }
    }
    Ok(())
}

/// Kills the gateway, and starts it again after a while.
async fn kill(
    gateway: Arc<Mutex<Option<Gateway>>>,
    deeds: Arc<Deeds>,
    down: Duration,
) -> Result<()> {
    // Who is down cannot be killed again.
    let Ok(mut gateway) = gateway.try_lock() else {
        return Ok(());
    };
    let Some(running) = gateway.take() else {
        bail!("the gateway could not be started again");
    };
    let (settings, left) = running.kill().await?;
    count(&deeds.gateways);
    deeds.left_behind(left);
    sleep(down).await;
    *gateway = Some(Gateway::start(settings).await?);
    Ok(())
}

async fn clean_up(gateway: RunningGateway, deeds: Arc<Deeds>) -> Result<()> {
    let hook = Hook::FireSchedule(CLEAN_UP.to_owned());
    // It fails when the gateway is down, or the function is killed meanwhile.
    if gateway.run(&hook).await.is_ok() {
        count(&deeds.clean_ups);
    }
    Ok(())
}

fn count(counter: &AtomicU64) {
    counter.fetch_add(1, Ordering::Relaxed);
}
