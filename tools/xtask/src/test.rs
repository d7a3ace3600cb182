//! `cargo xtask test`: everything that CI checks, fastest checks first.

mod checks;
mod mock_stack;
mod prose;
mod run;
mod steps;

use anyhow::Result;
use clap::builder::{PossibleValue, PossibleValuesParser};

use crate::workspace::Workspace;

/// Runs everything that CI checks and stops at the first step that fails.
///
/// Each step installs the tools it needs, except Python, Node, and Chromium with its driver; the last two are installed with
/// apt-get when root on Debian. What is missing is reported before the first step. Java and Firefox are optional: without them,
/// the store is not tested against DynamoDB Local and the app is not tested in Firefox.
#[derive(Debug, clap::Args)]
#[command(after_help = EXAMPLES)]
pub(crate) struct Arguments {
    /// Only the steps that need nothing but the Rust toolchain: fmt, prose, clippy, clippy-wasm, test
    #[arg(long)]
    quick: bool,
    /// Only this step; may be repeated
    #[arg(long, value_name = "STEP", conflicts_with = "quick", value_parser = names())]
    only: Vec<String>,
    /// Not this step; may be repeated
    #[arg(long, value_name = "STEP", value_parser = names(), hide_possible_values = true)]
    skip: Vec<String>,
}

const EXAMPLES: &str = "\
Examples:
  cargo xtask test --quick                       before each commit
  cargo xtask test --skip test-wasm --skip e2e   without Chromium
  cargo xtask test --only dist --only e2e        the app in a browser";

fn names() -> PossibleValuesParser {
    let names = steps::ALL.iter();
    PossibleValuesParser::new(names.map(|step| PossibleValue::new(step.name).help(step.title)))
}

/// Runs the selected steps.
///
/// # Errors
/// When a step fails.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let names = |names: &[String], name| names.iter().any(|it| it == name);
    let is_chosen = |name| {
        let is_wanted = if arguments.quick {
            steps::QUICK.contains(&name)
        } else {
            arguments.only.is_empty() || names(&arguments.only, name)
        };
        is_wanted && !names(&arguments.skip, name)
    };
    let chosen = steps::ALL.into_iter().filter(|step| is_chosen(step.name));
    let chosen: Vec<_> = chosen.collect();
    let workspace = Workspace::find()?;
    checks::run(&chosen, &workspace)?;
    let _lock = workspace.lock()?;
    run::run(&chosen, &workspace)
}
