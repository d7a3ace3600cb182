//! `cargo xtask data` and `cargo xtask simulate`: builds a program of this workspace and passes all arguments to it.

use std::ffi::OsString;
use std::process::Stdio;

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::Workspace;

/// The program's own `--help` describes them.
#[derive(Debug, Default, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Passed {
    /// Arguments of the program
    #[arg(
        value_name = "ARGUMENTS",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    arguments: Vec<OsString>,
}

impl Passed {
    pub(crate) fn as_slice(&self) -> &[OsString] {
        &self.arguments
    }

    /// Whether the program only prints its help, for which nothing else needs to be built.
    pub(crate) fn asks_for_help(&self) -> bool {
        let help = ["-h", "--help"];
        help.iter()
            .any(|help| self.arguments.iter().any(|argument| argument == help))
    }
}

/// Replaces this process by `program` of `package`, so it returns only on failure.
pub(crate) fn run(package: &str, program: &str, passed: &Passed) -> Result<()> {
    let workspace = Workspace::find()?;
    let mut build = workspace.cargo(["build", "--bins", "-p", package]);
    process::run(&mut build).with_context(|| format!("{program} does not compile"))?;
    // In the directory in which this command was called, so that paths of files are relative to it.
    let mut command = process::command(workspace.program("debug", program)?);
    // `data` asks before it changes anything.
    command.stdin(Stdio::inherit()).args(&passed.arguments);
    process::exec(&mut command)
}
