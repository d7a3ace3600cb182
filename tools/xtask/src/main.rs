//! `cargo xtask`: the commands that run, test, build and measure Papo.
//!
//! The only place that knows where tools come from; the rest of the repository takes them from PATH or an environment
//! variable.
//!
//! # Layout
//! - `dev`, `test`, `build`, `deploy`, `bench`, `chaos`: one module for each command; [`passthrough`] for `data` and `simulate`
//! - [`output`], [`progress`]: results and progress on the terminal; tables are in the library, [`xtask_lib::table`]
//! - [`tools`]: every tool, how it is found and installed
//! - [`process`], [`interrupt`], [`net`], [`lock`], [`disk`]: programs, signals, ports, locks and disks
//! - [`workspace`]: this repository

#[cfg(not(unix))]
compile_error!("cargo xtask needs the process groups and signals of Unix: on Windows, use WSL 2");

mod deploy;
mod dev;
mod test;

mod bench;
mod build;
mod chaos;
mod passthrough;

mod output;
mod progress;

mod tools;

mod disk;
mod interrupt;
mod lock;
mod net;
mod process;

mod workspace;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::workspace::Workspace;

/// Runs, tests, builds, deploys and measures Papo.
///
/// Missing tools are installed into a per-user cache, ~/.cache/papo/tools, which can be deleted at any time. Python, Node.js, Java
/// and browsers are not installed, except on Debian for root; what a command needs of them is reported before it starts its work.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask", disable_help_subcommand = true, after_help = EXAMPLES)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask dev            the whole chat on http://127.0.0.1:8080
  cargo xtask test --quick   the checks that need only Rust
  cargo xtask test           everything that CI checks
  cargo xtask deploy --plan  what a deployment would change on AWS";

#[derive(Debug, Subcommand)]
enum Command {
    Dev(dev::Arguments),
    Test(test::Arguments),
    Build(build::Arguments),
    Deploy(deploy::Arguments),
    /// Exports rooms, erases a person's messages, restores a backup
    Data(passthrough::Passed),
    Bench(bench::Arguments),
    /// Runs the real sessions and handlers in seeded simulations of faults
    Simulate(passthrough::Passed),
    Chaos(chaos::Arguments),
    /// For Trunk, which `dev --auth` tells to run it
    #[command(hide = true)]
    Page(dev::page::Arguments),
    #[command(hide = true)]
    Supervise(process::Supervised),
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let result = interrupt::listen().and_then(|()| run(arguments.command));
    match (result, interrupt::check()) {
        (Ok(()), _) => match output::failure() {
            None => ExitCode::SUCCESS,
            Some(error) => {
                output::error_line(format_args!(
                    "error: cannot write to standard output: {error}"
                ));
                ExitCode::FAILURE
            }
        },
        // After a signal, any error may be a consequence of it.
        (Err(_), Err(interrupted)) => ExitCode::from(interrupted.exit_code()),
        (Err(error), Ok(())) => {
            for remark in full_disks() {
                output::error_line(format_args!("note: {remark}"));
            }
            output::error_line(format_args!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// What to say about the disks to which everything is written, after something has failed.
fn full_disks() -> Vec<String> {
    let target = Workspace::find().map(|workspace| workspace.target().to_owned());
    let directories = [target.ok(), Some(std::env::temp_dir())];
    let directories = directories.into_iter().flatten();
    directories.filter_map(|it| disk::remark(&it)).collect()
}

fn run(command: Command) -> Result<()> {
    match command {
        Command::Dev(arguments) => dev::run(&arguments),
        Command::Test(arguments) => test::run(&arguments),
        Command::Build(arguments) => build::run(&arguments),
        Command::Deploy(arguments) => deploy::run(&arguments),
        Command::Data(arguments) => passthrough::run("papo-data", "data", &arguments),
        Command::Bench(arguments) => bench::run(&arguments),
        Command::Simulate(arguments) => {
            passthrough::run("papo-reliability", "simulate", &arguments)
        }
        Command::Chaos(arguments) => chaos::run(&arguments),
        Command::Page(arguments) => dev::page::run(&arguments),
        Command::Supervise(arguments) => arguments.run(),
    }
}
