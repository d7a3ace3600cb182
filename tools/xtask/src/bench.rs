//! `cargo xtask bench`: builds everything in release mode and starts the benchmarks of the package `papo-bench`.

use std::process::Command;

use anyhow::{Context, Result};
use clap::Subcommand;

use crate::build;
use crate::interrupt::Interrupted;
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
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Arguments {
    #[command(subcommand)]
    benchmark: Option<Benchmark>,
    /// Skip the sizes of the app and the zips
    #[arg(long)]
    no_weights: bool,
    /// Skip the servers that need Node and Java
    #[arg(long)]
    no_peers: bool,
    /// Number of messages sent in each run
    #[arg(long, value_name = "N", default_value_t = 200)]
    messages: u32,
}

#[derive(Debug, Subcommand)]
enum Benchmark {
    /// Computes the cost of a message on AWS for 10 to 10,000 people and 0.1 to 10 messages per second, with Fanout=direct, with
    /// Fanout=stream, and in the original, from the operations of the real handlers
    Fanout,
    /// Measures only the local gateway: deliveries through @connections compared with a bare server, memory of idle
    /// connections, and the latency of one message
    Gateway(Gateway),
    /// Measures the app in headless Chromium with thousands of messages from a mock server, compared with a React page in the
    /// shape of the original: the time to paint a burst and one more message, frames per second, the latency of a key, memory
    App(App),
}

#[derive(Debug, clap::Args)]
struct Gateway {
    /// Number of idle connections; each takes a file descriptor
    #[arg(long, value_name = "N", default_value_t = 10_000)]
    idle: u32,
    /// Number of messages whose latency is measured
    #[arg(long, value_name = "N", default_value_t = 500)]
    messages: u32,
}

#[derive(Debug, clap::Args)]
struct App {
    /// Address of another page to measure; its WebSocket is redirected to the mock server, which speaks the original's
    /// protocol to it
    #[arg(long, value_name = "URL", requires = "list")]
    peer: Option<String>,
    /// CSS selector of the element in that page whose children are the messages
    #[arg(long, value_name = "CSS", requires = "peer")]
    list: Option<String>,
    /// CSS selector of the field for a message in that page
    #[arg(
        long,
        value_name = "CSS",
        default_value = "textarea, input",
        requires = "peer"
    )]
    field: String,
    /// Number of messages that arrive at once; may be repeated
    #[arg(long, value_name = "N", default_values_t = [2_000, 10_000])]
    messages: Vec<u32>,
    /// Number of times that everything is measured
    #[arg(long, value_name = "N", default_value_t = 3)]
    runs: u32,
    /// Skip the React page, which needs Node
    #[arg(long)]
    no_peers: bool,
}

pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let workspace = Workspace::find()?;
    if let Some(Benchmark::App(app)) = &arguments.benchmark {
        return measure_app(&workspace, app);
    }
    let packages = [
        "-p",
        "papo-gateway",
        "-p",
        "papo-lambdas",
        "-p",
        "papo-bench",
    ];
    let mut build = workspace.cargo(["build", "--release", "--bins"]);
    process::run(build.args(packages))
        .context("the gateway, the functions or the benchmarks do not compile")?;

    let programs = workspace.target().join("release");
    let mut bench = workspace.command(programs.join("bench"));
    if let Some(Benchmark::Fanout) = &arguments.benchmark {
        bench.arg("fanout").arg("--programs").arg(&programs);
        return process::run(&mut bench);
    }
    if let Some(Benchmark::Gateway(gateway)) = &arguments.benchmark {
        bench.arg("gateway").arg("--programs").arg(&programs);
        bench
            .args(["--idle", &gateway.idle.to_string()])
            .args(["--messages", &gateway.messages.to_string()]);
        return process::run(&mut bench);
    }
    bench.arg("all").arg("--programs").arg(&programs);
    bench.args(["--messages", &arguments.messages.to_string()]);
    if !arguments.no_weights {
        measure_sizes(&workspace, &mut bench)?;
    }
    if !arguments.no_peers {
        measure_peers(&mut bench)?;
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

/// Builds the app and the page to compare it with, and measures both.
fn measure_app(workspace: &Workspace, app: &App) -> Result<()> {
    let cache = Cache::of_this_user()?;
    build::site(workspace, &cache)?;
    let mut build = workspace.cargo(["build", "--release", "--bins", "-p", "papo-bench"]);
    process::run(&mut build).context("the benchmarks do not compile")?;
    let browser = browser::provide()?;
    let mut bench = workspace.command(workspace.target().join("release/bench"));
    bench
        .env("CHROMIUM", &browser.chromium)
        .env("CHROMEDRIVER", &browser.driver);
    bench
        .arg("app")
        .arg("--site")
        .arg(workspace.root().join("dist"));
    if !app.no_peers {
        match npm::missing() {
            None => {
                bench
                    .arg("--react")
                    .arg(react_page::provide(workspace, &cache)?);
            }
            Some(program) => {
                println!("the React page is not measured: {program} is not installed");
            }
        }
    }
    if let (Some(peer), Some(list)) = (&app.peer, &app.list) {
        bench.args(["--peer", peer, "--list", list, "--field", &app.field]);
    }
    for count in &app.messages {
        bench.args(["--messages", &count.to_string()]);
    }
    bench.args(["--runs", &app.runs.to_string()]);
    process::run(&mut bench)
}
