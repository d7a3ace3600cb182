//! `bench`: the size and speed of the chat and of its peers, measured in the same run.
//!
//! Measures the programs that `cargo xtask bench` has built and installed. Figures are not tests: budgets are shown next to
//! them, and exceeding one is not a failure.
//!
//! # Layout
//! - [`sizes`]: the app's files, compressed, and the functions' zips
//! - [`start`]: the functions, from the start of a process to its first answer
//! - [`load`]: a hundred clients, one of which sends
//! - [`fanout`]: the cost of a message on AWS, by people and rate
//! - [`gateway`]: the cost of the local gateway itself, compared with a bare server
//! - [`app`]: a chat page with thousands of messages, in a browser
//! - [`peers`]: the systems that the chat is compared with; [`original`]: the figures to compare with
//! - [`stack`]: the gateway with everything it starts; [`proc`]: processor time and memory of processes
//! - [`units`]: formats numbers for tables

mod app;
mod fanout;
mod gateway;
mod load;
mod sizes;
mod start;

mod original;
mod peers;
mod proc;
mod stack;
mod units;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use app::subject::{Protocol, Subject};
use peers::NodePeers;

/// Heading of the options that `cargo xtask bench` sets.
const SET_BY_XTASK: &str = "Set by cargo xtask bench";

/// Measures the programs that `cargo xtask bench` has built.
#[derive(Debug, Parser)]
#[command(bin_name = "cargo xtask bench")]
struct Arguments {
    #[command(subcommand)]
    benchmark: Benchmark,
}

#[derive(Debug, Subcommand)]
enum Benchmark {
    /// Measures the app, the functions and a hundred clients
    All(All),
    /// Computes the cost of a message on AWS by the number of people and the rate of messages
    Fanout(Built),
    /// Measures the local gateway alone
    Gateway(Gateway),
    /// Measures the app in Chromium with thousands of messages
    App(App),
    Load(papo_bench::chat_load::cli::Arguments),
    /// Runs the bare HTTP server that the gateway is compared with
    #[command(hide = true)]
    BareServer,
    /// Runs the bare broadcast server that the chat is compared with
    #[command(hide = true)]
    BareChat,
}

/// Options of `all`.
#[derive(Debug, clap::Args)]
struct All {
    /// The directory with the built app; without it the app is not measured
    #[arg(long, value_name = "DIR", help_heading = SET_BY_XTASK)]
    site: Option<PathBuf>,
    /// The directory with the functions' zips; without it they are not measured
    #[arg(long, value_name = "DIR", help_heading = SET_BY_XTASK)]
    zips: Option<PathBuf>,
    #[command(flatten)]
    built: Built,
    /// The directory `node_modules` of the Node peers; without it they are not measured
    #[arg(long, value_name = "DIR", requires = "dynamodb_local", help_heading = SET_BY_XTASK)]
    node_modules: Option<PathBuf>,
    /// The directory of DynamoDBLocal.jar, for the Node peers
    #[arg(long, value_name = "DIR", help_heading = SET_BY_XTASK)]
    dynamodb_local: Option<PathBuf>,
    /// How many messages are sent in each run
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(4..=100_000))]
    messages: u32,
    /// How many clients are connected, including the one that sends
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    clients: u32,
}

/// Options of `gateway`.
#[derive(Debug, clap::Args)]
struct Gateway {
    #[command(flatten)]
    built: Built,
    /// Number of posts to each client in one turn
    #[arg(long, value_name = "N", default_value_t = 2_000, value_parser = clap::value_parser!(u32).range(1..=100_000))]
    posts: u32,
    /// Number of idle connections; each takes a file descriptor
    #[arg(long, value_name = "N", default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    idle: u32,
    /// Number of messages whose latency is measured
    #[arg(long, value_name = "N", default_value_t = 500, value_parser = clap::value_parser!(u32).range(4..=100_000))]
    messages: u32,
}

/// Options of `app`.
#[derive(Debug, clap::Args)]
struct App {
    /// The directory with the built app
    #[arg(long, value_name = "DIR", help_heading = SET_BY_XTASK)]
    site: PathBuf,
    /// The directory with the built React page; without it the page is not measured
    #[arg(long, value_name = "DIR", help_heading = SET_BY_XTASK)]
    react: Option<PathBuf>,
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
    /// How many messages arrive at once; may be repeated
    #[arg(long = "messages", value_name = "N", default_values_t = [2_000, 10_000], value_parser = clap::value_parser!(u32).range(1..=100_000))]
    counts: Vec<u32>,
    /// How many times everything is measured
    #[arg(long, value_name = "N", default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=100))]
    runs: u32,
}

/// Where the executables and the template are.
#[derive(Debug, clap::Args)]
struct Built {
    /// The directory with the executables of the gateway and the functions
    #[arg(long, value_name = "DIR", help_heading = SET_BY_XTASK)]
    programs: PathBuf,
    /// The SAM template
    #[arg(long, value_name = "FILE", default_value = "lambdas/template.yaml")]
    template: PathBuf,
}

fn main() -> Result<ExitCode> {
    match Arguments::parse().benchmark {
        Benchmark::Load(arguments) => return Ok(arguments.exit(&mut std::io::stdout())),
        Benchmark::All(all) => measure_all(&all),
        Benchmark::App(app) => measure_app(&app),
        Benchmark::Fanout(Built { programs, template }) => fanout::print(&programs, &template),
        Benchmark::Gateway(gateway) => {
            let Built { programs, template } = &gateway.built;
            let (posts, idle) = (gateway.posts.try_into()?, gateway.idle.try_into()?);
            gateway::print(programs, template, posts, idle, gateway.messages)
        }
        Benchmark::BareServer => gateway::bare::serve(),
        Benchmark::BareChat => peers::serve_bare(),
    }?;
    Ok(ExitCode::SUCCESS)
}

fn measure_all(all: &All) -> Result<()> {
    if let Some(directory) = &all.site {
        sizes::print_site(directory)?;
    }
    let Built { programs, template } = &all.built;
    start::print(programs, template, all.zips.as_deref())?;
    let node = all.node_modules.clone().zip(all.dynamodb_local.clone());
    let node = node.map(|(modules, dynamodb)| NodePeers { modules, dynamodb });
    load::print(programs, template, node.as_ref(), all.clients, all.messages)?;
    println!("\n{}", original::SOURCE);
    Ok(())
}

fn measure_app(app: &App) -> Result<()> {
    let mut subjects = vec![
        Subject::papo(app.site.clone(), Protocol::Chat),
        Subject::papo(app.site.clone(), Protocol::Original),
        Subject::bare(),
    ];
    subjects.extend(app.react.clone().map(Subject::react));
    if let (Some(url), Some(list)) = (&app.peer, &app.list) {
        subjects.push(Subject::peer(url, list, &app.field)?);
    }
    app::print(&subjects, &app.counts, app.runs)
}
