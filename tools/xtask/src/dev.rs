//! `cargo xtask dev`: the whole chat on this machine.

mod gateway;
mod site;

use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result, bail};

use crate::interrupt::{self, Interrupted};
use crate::net;
use crate::process::{self, Job};
use crate::tools::cache::Cache;
use crate::tools::{rust_target, trunk};
use crate::workspace::Workspace;

/// Runs the whole chat on this machine: the gateway with the real functions and a real database, and Trunk, which builds
/// the app anew whenever it changes.
///
/// What is missing is installed first, once, into ~/.cache/papo/tools. Open the address that the last line names in two
/// tabs, and chat. Ctrl-C ends everything.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Port of the app
    #[arg(long, default_value_t = 8080)]
    port: u16,
    /// Port of the gateway, to which the app's port forwards /dev; `wscat -c ws://127.0.0.1:3001/dev` reaches it too
    #[arg(long, value_name = "PORT", default_value_t = gateway::PORT)]
    gateway_port: u16,
    /// Keeps the database in memory: it is empty each time
    #[arg(long, conflicts_with = "data")]
    memory: bool,
    /// Where the database is kept
    #[arg(long, value_name = "DIR", default_value = ".papo/data")]
    data: PathBuf,
}

/// # Errors
/// When something is missing and cannot be installed, does not compile, does not start, or ends by itself.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    net::require_free(arguments.port, "--port")?;
    net::require_free(arguments.gateway_port, "--gateway-port")?;

    let workspace = Workspace::find()?;
    rust_target::require(&workspace, rust_target::WASM)?;
    let trunk = trunk::provide(&workspace, &Cache::of_this_user()?)?;
    compile(&workspace)?;

    let mut jobs = Vec::new();
    let outcome = start(arguments, &workspace, &trunk, &mut jobs).and_then(|()| watch(&mut jobs));
    process::end_all(jobs);
    match outcome {
        // Ctrl-C is how one ends this command, and so no failure.
        Err(error) if error.is::<Interrupted>() => Ok(()),
        other => other,
    }
}

/// Builds before anything is started, so that a mistake in the code is said by the compiler and ends the command.
fn compile(workspace: &Workspace) -> Result<()> {
    process::run(&mut workspace.cargo([
        "build",
        "-p",
        "papo-gateway",
        "-p",
        "papo-lambdas",
        "--bins",
    ]))
    .context("the gateway or a function does not compile")?;
    // What Trunk will run, so that it finds everything built.
    process::run(&mut workspace.cargo([
        "build",
        "-p",
        "papo-app",
        "--bin",
        "papo-app",
        "--target",
        rust_target::WASM,
    ]))
    .context("the app does not compile")
}

fn start(
    arguments: &Arguments,
    workspace: &Workspace,
    trunk: &trunk::Trunk,
    jobs: &mut Vec<Job>,
) -> Result<()> {
    let data = (!arguments.memory).then_some(arguments.data.as_path());
    let ready = gateway::start(workspace, arguments.gateway_port, data, jobs)?;
    wait_for("the gateway", gateway::LIMIT, jobs, || {
        ready.load(std::sync::atomic::Ordering::Acquire)
    })?;
    site::start(
        workspace,
        trunk,
        arguments.port,
        arguments.gateway_port,
        jobs,
    )?;
    wait_for("the app", site::LIMIT, jobs, || {
        net::answers(arguments.port)
    })?;
    println!("open http://{}", net::local(arguments.port));
    Ok(())
}

fn wait_for(
    what: &str,
    limit: Duration,
    jobs: &mut [Job],
    mut done: impl FnMut() -> bool,
) -> Result<()> {
    process::wait_until(&format!("starting {what}"), limit, || {
        require_running(jobs)?;
        Ok(done())
    })
}

/// Returns when a job has ended or we were asked to stop, always with an error.
fn watch(jobs: &mut [Job]) -> Result<()> {
    loop {
        interrupt::check()?;
        require_running(jobs)?;
        std::thread::sleep(Duration::from_millis(100));
    }
}

fn require_running(jobs: &mut [Job]) -> Result<()> {
    for job in jobs {
        if let Some(status) = job.ended()? {
            bail!(
                "{} ended by itself ({status}), so everything was ended; its own words stand above",
                job.name()
            );
        }
    }
    Ok(())
}
