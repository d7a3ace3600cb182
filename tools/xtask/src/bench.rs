//! `cargo xtask bench`: builds what is deployed, and has it measured by the package `papo-bench`.

use std::process::Command;

use anyhow::{Context, Result};
use clap::Subcommand;

use crate::build;
use crate::interrupt::Interrupted;
use crate::process;
use crate::tools::cache::Cache;
use crate::workspace::Workspace;

/// Measures Papo and prints tables, each with the figures of the original beside: the app over the wire against its
/// budget, the functions' zips against theirs, how long a function takes to its first answer, and a hundred clients of
/// whom one speaks.
///
/// Builds everything in release mode first, which takes some minutes. Nothing fails when a budget is exceeded.
#[derive(Debug, clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    what: Option<What>,
    /// Neither the app nor the zips are built and weighed
    #[arg(long)]
    no_weights: bool,
    /// How many messages are sent in each of the two ways
    #[arg(long, value_name = "N", default_value_t = 200)]
    messages: u32,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Measures the local gateway alone: deliveries through @connections beside a server that does nothing, memory of
    /// idle connections, and the whole way of one message
    Gateway(Gateway),
}

#[derive(Debug, clap::Args)]
struct Gateway {
    /// How many connections say nothing; each takes a file descriptor
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    idle: u32,
    /// How many messages go the whole way
    #[arg(long, value_name = "N", default_value_t = 500)]
    messages: u32,
}

/// # Errors
/// When the app, the gateway or a function does not compile, or when something does not answer while it is measured.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let workspace = Workspace::find()?;
    let packages = [
        "-p",
        "papo-gateway",
        "-p",
        "papo-lambdas",
        "-p",
        "papo-bench",
    ];
    let mut build = workspace.cargo(["build", "--release", "--bins"]);
    process::run(build.args(packages)).context("what is to be measured does not compile")?;

    let programs = workspace.target().join("release");
    let mut bench = workspace.command(programs.join("bench"));
    if let Some(What::Gateway(gateway)) = &arguments.what {
        bench.arg("gateway").arg("--programs").arg(&programs);
        bench
            .args(["--idle", &gateway.idle.to_string()])
            .args(["--messages", &gateway.messages.to_string()]);
        return process::run(&mut bench);
    }
    bench.arg("all").arg("--programs").arg(&programs);
    bench.args(["--messages", &arguments.messages.to_string()]);
    if !arguments.no_weights {
        weigh(&workspace, &mut bench)?;
    }
    process::run(&mut bench)
}

/// Builds what is weighed, and tells where it is.
fn weigh(workspace: &Workspace, bench: &mut Command) -> Result<()> {
    let cache = Cache::of_this_user()?;
    build::site(workspace, &cache)?;
    bench.arg("--site").arg(workspace.root().join("dist"));
    match build::lambdas(workspace, &cache) {
        Ok(place) => {
            bench.arg("--zips").arg(place);
        }
        Err(error) if error.is::<Interrupted>() => return Err(error),
        Err(error) => println!("the zips are not weighed: {error:#}"),
    }
    Ok(())
}
