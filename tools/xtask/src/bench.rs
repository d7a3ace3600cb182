//! `cargo xtask bench`: builds everything in release mode and starts the benchmarks of the package `papo-bench`.

use std::path::PathBuf;
use std::process::Command;

use anyhow::{Context, Result};
use clap::Subcommand;

use crate::build::{self, LambdaTools, SiteTools};
use crate::interrupt::Interrupted;
use crate::output::say;
use crate::passthrough;
use crate::process;
use crate::tools::browser::{self, Browser};
use crate::tools::cache::Cache;
use crate::tools::node_peers::{self, NodePeers};
use crate::tools::{npm, react_page};
use crate::workspace::{self, Workspace};

/// Measures Papo and prints tables.
///
/// Without a subcommand: the size of the app's download and of the functions' zips against their budgets, the cold start of each
/// function, and how fast a message reaches a hundred clients, compared with other servers.
///
/// The other servers are Node handlers in the shape of the original under serverless-offline with DynamoDB Local, a
/// broadcast server on npm's ws, and a bare one in Rust. The first two need Node and Java.
///
/// Builds everything in release mode first, which takes some minutes. Exceeding a budget is not a failure.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
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

const EXAMPLES: &str = "\
Examples:
  cargo xtask bench
  cargo xtask bench --no-peers
  cargo xtask bench gateway --idle 1000
  cargo xtask bench load --help";

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
    if is_help {
        process::run(&mut build).context("the benchmarks do not compile")?;
        let mut bench = workspace.command(workspace.program("debug", "bench")?);
        return process::exec(bench.arg(name).args(options.as_slice()));
    }
    // Before anything is built: a tool may be missing.
    if !matches!(benchmark, Benchmark::Fanout(_) | Benchmark::Load(_)) {
        workspace::require_linux(&format!("cargo xtask bench {name}"))?;
    }
    let tools = Tools::provide(&workspace, benchmark, arguments)?;
    let _lock = workspace.lock()?;
    let measures_stack = !matches!(benchmark, Benchmark::App(_) | Benchmark::Load(_));
    if measures_stack {
        build.args(["-p", "papo-gateway", "-p", "papo-lambdas"]);
    }
    process::run(build.arg("--release"))
        .context("the gateway, the functions or the benchmarks do not compile")?;

    let program = workspace.program("release", "bench")?;
    let mut bench = workspace.command(&program);
    bench.arg(name).args(options.as_slice());
    if measures_stack {
        bench.arg("--programs").args(program.parent());
    }
    tools.prepare(&workspace, &mut bench)?;
    process::run(&mut bench)
}

/// What a benchmark measures beside the programs of this workspace, and the tools for it.
#[derive(Default)]
struct Tools {
    site: Option<SiteTools>,
    zips: Option<LambdaTools>,
    peers: Option<NodePeers>,
    browser: Option<Browser>,
    react: Option<PathBuf>,
}

impl Tools {
    /// Installs them. Says what is not measured because of a missing program.
    fn provide(
        workspace: &Workspace,
        benchmark: &Benchmark,
        arguments: &Arguments,
    ) -> Result<Self> {
        let cache = Cache::of_this_user()?;
        let mut tools = Self::default();
        match benchmark {
            Benchmark::All(_) => {
                if !arguments.no_peers {
                    tools.peers = peers(&cache)?;
                }
                if !arguments.no_sizes {
                    tools.zips = zips(workspace, &cache)?;
                    tools.site = Some(SiteTools::provide(workspace, &cache)?);
                }
            }
            Benchmark::App(_) => {
                tools.browser = Some(browser::provide()?);
                if !arguments.no_peers {
                    tools.react = react(workspace, &cache)?;
                }
                tools.site = Some(SiteTools::provide(workspace, &cache)?);
            }
            Benchmark::Fanout(_) | Benchmark::Gateway(_) | Benchmark::Load(_) => {}
        }
        Ok(tools)
    }

    /// Builds what is measured, and tells the benchmarks where it is.
    fn prepare(self, workspace: &Workspace, bench: &mut Command) -> Result<()> {
        if let Some(tools) = self.site {
            build::site(workspace, &tools)?;
            bench.arg("--site").arg(workspace.root().join("dist"));
        }
        if let Some(tools) = self.zips {
            bench.arg("--zips").arg(build::lambdas(workspace, &tools)?);
        }
        if let Some(peers) = self.peers {
            bench.arg("--node-modules").arg(peers.modules);
            bench.arg("--dynamodb-local").arg(peers.dynamodb);
        }
        if let Some(browser) = self.browser {
            bench.env("CHROMIUM", browser.chromium);
            bench.env("CHROMEDRIVER", browser.driver);
        }
        if let Some(page) = self.react {
            bench.arg("--react").arg(page);
        }
        Ok(())
    }
}

fn peers(cache: &Cache) -> Result<Option<NodePeers>> {
    if let Some(program) = node_peers::missing() {
        say!("the Node servers are not measured: {program} is not installed");
        return Ok(None);
    }
    node_peers::provide(cache).map(Some)
}

fn zips(workspace: &Workspace, cache: &Cache) -> Result<Option<LambdaTools>> {
    match LambdaTools::provide(workspace, cache) {
        Err(error) if error.is::<Interrupted>() => Err(error),
        Err(error) => {
            say!("the zips are not measured: {error:#}");
            Ok(None)
        }
        Ok(tools) => Ok(Some(tools)),
    }
}

fn react(workspace: &Workspace, cache: &Cache) -> Result<Option<PathBuf>> {
    if let Some(program) = npm::missing() {
        say!("the React page is not measured: {program} is not installed");
        return Ok(None);
    }
    react_page::provide(workspace, cache).map(Some)
}
