//! `cargo xtask chaos`: builds the whole chat and starts the chaos test.

use anyhow::{Context, Result};

use crate::workspace::{self, Workspace};
use crate::{passthrough, process};

/// Injects faults into the whole chat on this machine and accounts for every message.
///
/// Builds the gateway and the functions with debug assertions; `--release`, as the first argument, builds them in release mode,
/// as they are deployed. All other arguments are passed on.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// Builds in release mode, as deployed
    #[arg(long)]
    release: bool,
    #[command(flatten)]
    passed: passthrough::Passed,
}

/// Replaces this process by the chaos test, so it returns only on failure. Ctrl-C then reaches the test, which stops
/// injecting faults and lets the system settle.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let workspace = Workspace::find()?;
    let mut build = workspace.cargo(["build", "--bins", "-p", "papo-reliability"]);
    if !arguments.passed.asks_for_help() {
        workspace::require_linux("cargo xtask chaos")?;
        build.args(["-p", "papo-gateway", "-p", "papo-lambdas"]);
    }
    let profile = if arguments.release {
        build.arg("--release");
        "release"
    } else {
        "debug"
    };
    process::run(&mut build).context("the chat or the chaos test does not compile")?;
    let mut chaos = workspace.command(workspace.program(profile, "chaos")?);
    process::exec(chaos.args(arguments.passed.as_slice()))
}
