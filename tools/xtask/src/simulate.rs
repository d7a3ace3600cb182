//! `cargo xtask simulate`: builds the simulation, and hands all arguments on to it.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::Workspace;

/// Lets sessions and handlers live in a world that does its worst, the same each time from one seed; --help says how.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// What the program is told
    #[arg(
        value_name = "ARGUMENTS",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    arguments: Vec<OsString>,
}

/// Returns only when something is wrong: the program takes the place of this one.
///
/// # Errors
/// When the program does not compile or cannot be started.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let workspace = Workspace::find()?;
    let mut build = workspace.cargo(["build", "--bins", "-p", "papo-simulation"]);
    process::run(&mut build).context("the simulation does not compile")?;
    let program = workspace.target().join("debug/simulate");
    let mut simulate = workspace.command(&program);
    let error = simulate.args(&arguments.arguments).exec();
    Err(error).with_context(|| format!("cannot start {}", program.display()))
}
