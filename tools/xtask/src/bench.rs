//! `cargo xtask bench`: builds everything in release mode and starts the benchmarks of the package `papo-bench`.

use std::process::Command;

use anyhow::{Context, Result};
use clap::Subcommand;

use crate::build;
use crate::interrupt::Interrupted;
use crate::passthrough;
use crate::process;
use crate::tools::cache::Cache;
use crate::tools::{browser, node_peers, npm, react_page};
use crate::workspace::Workspace;

/// Measures Papo and prints tables: the size of the app's download and of the functions' zips against their budgets, the
/// cold start of each function, and how fast a message reaches a hundred clients, compared with other servers.
///
/// The other servers are Node handlers in the shape of the original under serverless-offline with DynamoDB Local, a
/// broadcast server on npm's ws, and a bare one in Rust. The first two need Node and Java.
///
/// Builds everything in release mode first, which takes some minutes. Exceeding a budget is not a failure.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Skip the sizes of the app and the zips
    #[arg(long)]
    no_sizes: bool,
    /// Skip what needs Node and Java: the other servers, and the React page
    #[arg(long)]
    no_peers: bool,
    #[command(subcommand)]
    benchmark: Option<Benchmark>,
}

/// The options of each are those of the program.
#[derive(Debug, Subcommand)]
enum Benchmark {
    /// What is measured without a subcommand; see `bench all --help` for the options
    All(passthrough::Passed),
    /// Computes the cost of a message on AWS for 10 to 10,000 people and 0.1 to 10 messages per second, with Fanout=direct, with
    /// Fanout=stream, and in the original, from the operations of the real handlers
    Fanout(passthrough::Passed),
    /// Measures only the local gateway: deliveries through @connections compared with a bare server, memory of idle
    /// connections, and the latency of one message
    Gateway(passthrough::Passed),
    /// Measures the app in headless Chromium with thousands of messages from a mock server, compared with a React page in the
    /// shape of the original: the time to paint a burst and one more message, frames per second, the latency of a key, memory
    App(passthrough::Passed),
    /// Fills a running chat with clients, and measures how long messages take to reach all of them
    Load(passthrough::Passed),
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let all = Benchmark::All(passthrough::Passed::default());
    let benchmark = arguments.benchmark.as_ref().unwrap_or(&all);
    let (name, options) = match benchmark {
        Benchmark::All(options) => ("all", options),
        Benchmark::Fanout(options) => ("fanout", options),
        Benchmark::Gateway(options) => ("gateway", options),
        Benchmark::App(options) => ("app", options),
        Benchmark::Load(options) => ("load", options),
    };
    let workspace = Workspace::find()?;
    let is_help = options.asks_for_help();
    let mut build = workspace.cargo(["build", "--bins", "-p", "papo-bench"]);
    let measures_stack = !matches!(benchmark, Benchmark::App(_) | Benchmark::Load(_));
    if measures_stack && !is_help {
        build.args(["-p", "papo-gateway", "-p", "papo-lambdas"]);
    }
    let profile = if is_help {
        "debug"
    } else {
        build.arg("--release");
        "release"
    };
    process::run(&mut build)
        .context("the gateway, the functions or the benchmarks do not compile")?;

    let programs = workspace.target().join(profile);
    let mut bench = workspace.command(programs.join("bench"));
    bench.arg(name).args(options.as_slice());
    if is_help {
        return process::exec(&mut bench);
    }
    if measures_stack {
        bench.arg("--programs").arg(&programs);
    }
    match benchmark {
        Benchmark::All(_) => {
            if !arguments.no_sizes {
                measure_sizes(&workspace, &mut bench)?;
            }
            if !arguments.no_peers {
                measure_peers(&mut bench)?;
            }
        }
        Benchmark::App(_) => prepare_app(&workspace, &mut bench, !arguments.no_peers)?,
        Benchmark::Fanout(_) | Benchmark::Gateway(_) | Benchmark::Load(_) => {}
    }
    process::run(&mut bench)
}

/// Installs the Node peers, and tells the benchmarks where they are.
fn measure_peers(bench: &mut Command) -> Result<()> {
    if let Some(program) = node_peers::missing() {
        println!("the Node servers are not measured: {program} is not installed");
        return Ok(());
    }
    let peers = node_peers::provide(&Cache::of_this_user()?)?;
    bench.arg("--node-modules").arg(peers.modules);
    bench.arg("--dynamodb-local").arg(peers.dynamodb);
    Ok(())
}

/// Builds the app and the zips, and tells the benchmarks where they are.
fn measure_sizes(workspace: &Workspace, bench: &mut Command) -> Result<()> {
    let cache = Cache::of_this_user()?;
    build::site(workspace, &cache)?;
    bench.arg("--site").arg(workspace.root().join("dist"));
    match build::lambdas(workspace, &cache) {
        Ok(place) => {
            bench.arg("--zips").arg(place);
        }
        Err(error) if error.is::<Interrupted>() => return Err(error),
        Err(error) => println!("the zips are not measured: {error:#}"),
    }
    Ok(())
}

/// Builds the app and, `with_peer`, the page to compare it with, and tells the benchmarks where they and the browser are.
fn prepare_app(workspace: &Workspace, bench: &mut Command, with_peer: bool) -> Result<()> {
    let cache = Cache::of_this_user()?;
    build::site(workspace, &cache)?;
    bench.arg("--site").arg(workspace.root().join("dist"));
    let browser = browser::provide()?;
    bench.env("CHROMIUM", browser.chromium);
    bench.env("CHROMEDRIVER", browser.driver);
    match npm::missing() {
        _ if !with_peer => {}
        None => {
            let page = react_page::provide(workspace, &cache)?;
            bench.arg("--react").arg(page);
        }
        Some(program) => println!("the React page is not measured: {program} is not installed"),
    }
    Ok(())
}
