//! `cargo xtask data`: builds the operator's tool and passes all arguments to it.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::Workspace;

/// Exports rooms, erases a person's messages, restores a backup; see --help for the options.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// Arguments of the tool
    #[arg(
        value_name = "ARGUMENTS",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    arguments: Vec<OsString>,
}

/// Replaces this process by the tool, so it returns only on failure.
///
/// # Errors
/// When the tool does not compile or cannot be started.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let workspace = Workspace::find()?;
    let mut build = workspace.cargo(["build", "--quiet", "--bins", "-p", "papo-data"]);
    process::run(&mut build).context("the tool does not compile")?;
    let program = workspace.target().join("debug/data");
    let mut data = workspace.command(&program);
    // It asks before it changes anything.
    data.stdin(std::process::Stdio::inherit());
    let error = data.args(&arguments.arguments).exec();
    Err(error).with_context(|| format!("cannot start {}", program.display()))
}
