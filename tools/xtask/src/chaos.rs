//! `cargo xtask chaos`: builds the whole chat, and has it attacked by the package `papo-chaos`.

use std::ffi::OsString;
use std::os::unix::process::CommandExt as _;

use anyhow::{Context, Result};

use crate::process;
use crate::workspace::Workspace;

/// Attacks the whole chat on this machine, and says what became of every message; --help says how.
///
/// Builds the gateway and the functions as `cargo test` does, with all assertions; `--release`, as the first word, builds
/// what is deployed. All other arguments are those of the program.
#[derive(Debug, clap::Args)]
#[command(disable_help_flag = true)]
pub(crate) struct Arguments {
    /// Attacks what is deployed instead of what is tested
    #[arg(long)]
    release: bool,
    /// What the program is told
    #[arg(
        value_name = "ARGUMENTS",
        trailing_var_arg = true,
        allow_hyphen_values = true
    )]
    arguments: Vec<OsString>,
}

/// Returns only when something is wrong: the program takes the place of this one, so that Ctrl-C reaches it, which lets all
/// come to rest then.
///
/// # Errors
/// When the gateway, a function or the program does not compile or cannot be started.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let workspace = Workspace::find()?;
    let mut build = workspace.cargo(["build", "--bins", "-p", "papo-chaos"]);
    let asks_only = ["-h", "--help"].map(OsString::from);
    if !arguments.arguments.iter().any(|it| asks_only.contains(it)) {
        build.args(["-p", "papo-gateway", "-p", "papo-lambdas"]);
    }
    let profile = if arguments.release {
        build.arg("--release");
        "release"
    } else {
        "debug"
    };
    process::run(&mut build).context("what is to be attacked does not compile")?;
    let program = workspace.target().join(profile).join("chaos");
    let mut chaos = workspace.command(&program);
    let error = chaos.args(&arguments.arguments).exec();
    Err(error).with_context(|| format!("cannot start {}", program.display()))
}
