//! `cargo xtask simulate`: builds the simulation and passes all arguments to it.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::Workspace;

/// Runs the real sessions and handlers in seeded, reproducible simulations of faults; see --help for the options.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// Arguments of the simulation
    #[arg(
        value_name = "ARGUMENTS",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    arguments: Vec<OsString>,
}

/// Replaces this process by the simulation, so it returns only on failure.
///
/// # Errors
/// When the simulation does not compile or cannot be started.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let workspace = Workspace::find()?;
    let mut build = workspace.cargo(["build", "--bins", "-p", "papo-reliability"]);
    process::run(&mut build).context("the simulation does not compile")?;
    let program = workspace.target().join("debug/simulate");
    let mut simulate = workspace.command(&program);
    let error = simulate.args(&arguments.arguments).exec();
    Err(error).with_context(|| format!("cannot start {}", program.display()))
}
