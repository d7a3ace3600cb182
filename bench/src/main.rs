//! `bench`: what Papo weighs and how fast it is, as tables, beside the original's figures.
//!
//! Measures what `cargo xtask bench` has built in release mode; builds and installs nothing itself. No figure is a test:
//! budgets are shown beside the figures, and nothing fails when one is exceeded.
//!
//! # Layout
//! - [`weight`]: the app over the wire, and the functions' zips
//! - [`start`]: a function from the start of its process to its first answer; [`runtime_api`] is Lambda's side of that
//! - [`load`]: a hundred clients, one of which speaks; [`client`] is one of them
//! - [`stack`]: the gateway with everything it starts; [`proc`]: what the kernel knows about processes
//! - [`stats`]: medians and percentiles; [`original`]: the figures to compare with

mod weight;

mod runtime_api;
mod start;

mod client;
mod load;

mod proc;
mod stack;

mod original;
mod stats;

use std::path::PathBuf;

use anyhow::Result;
use clap::Parser;

/// Measures what `cargo xtask bench` has built.
#[derive(Debug, Parser)]
struct Arguments {
    /// The directory with the built app; without it the app is not weighed
    #[arg(long, value_name = "DIR")]
    site: Option<PathBuf>,
    /// The directory with the functions' zips; without it they are not weighed
    #[arg(long, value_name = "DIR")]
    zips: Option<PathBuf>,
    /// The directory with the executables of the gateway and the functions
    #[arg(long, value_name = "DIR")]
    programs: PathBuf,
    /// The SAM template
    #[arg(long, value_name = "FILE", default_value = "lambdas/template.yaml")]
    template: PathBuf,
    /// How many messages are sent in each of the two ways
    #[arg(long, value_name = "N", default_value_t = 200, value_parser = clap::value_parser!(u32).range(4..=100_000))]
    messages: u32,
    /// How many clients are connected, the one that speaks among them
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1000))]
    clients: u32,
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if let Some(directory) = &arguments.site {
        weight::print_site(directory)?;
    }
    if let Some(directory) = &arguments.zips {
        weight::print_zips(directory)?;
    }
    start::print(&arguments.programs, &arguments.template)?;
    load::print(
        &arguments.programs,
        &arguments.template,
        arguments.clients,
        arguments.messages,
    )?;
    println!("\n{}", original::SOURCE);
    Ok(())
}
