//! The gateway, as `cargo xtask dev` starts it.

use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::Stdio;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use anyhow::{Context, Result};

use crate::net;
use crate::process::Job;
use crate::workspace::Workspace;

/// The gateway's own default, which Trunk.toml and the documentation name too.
pub(super) const PORT: u16 = 3001;

/// How long the gateway may take until it answers. It has been built before.
pub(super) const LIMIT: Duration = Duration::from_mins(1);

/// The last line that the gateway prints when it is ready starts like this.
const LAST_LINE: &str = "dynamodb:";

/// Starts the gateway, with its rows in the directory `data` or in memory. The flag that is returned is set when it is
/// ready; what it prints is passed on.
///
/// # Errors
/// When it cannot be started.
pub(super) fn start(
    workspace: &Workspace,
    port: u16,
    data: Option<&Path>,
    jobs: &mut Vec<Job>,
) -> Result<Arc<AtomicBool>> {
    let programs = workspace.target().join("debug");
    let mut command = workspace.command(programs.join("gateway"));
    command.args([
        "--template",
        "lambdas/template.yaml",
        "--listen",
        &net::local(port).to_string(),
    ]);
    command.arg("--functions").arg(&programs);
    match data {
        Some(directory) => command.arg("--data").arg(directory),
        None => command.arg("--memory"),
    };
    command.stdout(Stdio::piped());
    let mut job = Job::start("the gateway", &mut command)?;
    let lines = job
        .take_stdout()
        .context("the gateway has no standard output")?;
    jobs.push(job);

    let ready = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&ready);
    // Ends with the gateway's standard output, that is with the gateway.
    std::thread::spawn(move || {
        for line in BufReader::new(lines).lines().map_while(Result::ok) {
            println!("{line}");
            if line.starts_with(LAST_LINE) {
                flag.store(true, Ordering::Release);
            }
        }
    });
    Ok(ready)
}
