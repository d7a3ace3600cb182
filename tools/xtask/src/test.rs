//! `cargo xtask test`: everything that CI checks, fastest checks first.

mod mock_stack;
mod prose;
mod steps;

use anyhow::{Result, bail};

use crate::step::{self, Step};
use crate::workspace::Workspace;

/// Runs everything that CI checks and stops at the first step that fails.
///
/// Each step installs the tools it needs. Chromium with its driver, and Node, are installed with apt-get when root on
/// Debian; elsewhere the error says what to install. Java and Firefox are optional: without them, the store is not tested
/// against DynamoDB Local and the app is not tested in Firefox, and the summary says so.
///
/// Steps: fmt, prose, deny, clippy, clippy-wasm, docs, template, mock-stack, test, clients, test-wasm, dist, e2e, firefox.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only the steps that need nothing but the Rust toolchain: fmt, prose, clippy, clippy-wasm, test
    #[arg(long)]
    quick: bool,
    /// Only this step; may be repeated
    #[arg(long, value_name = "STEP", conflicts_with = "quick")]
    only: Vec<String>,
}

/// Runs the selected steps.
///
/// # Errors
/// When a step fails, or `--only` names an unknown step.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let workspace = Workspace::find()?;
    let steps = steps::all(&workspace);
    let names: Vec<&str> = steps.iter().map(|step| step.name).collect();
    for wanted in &arguments.only {
        if !names.contains(&wanted.as_str()) {
            bail!(
                "unknown step {wanted}: expected one of {}",
                names.join(", ")
            );
        }
    }
    let chosen = steps
        .into_iter()
        .filter(|step| is_chosen(arguments, step))
        .collect();
    step::run(chosen)
}

fn is_chosen(arguments: &Arguments, step: &Step<'_>) -> bool {
    if arguments.quick {
        steps::QUICK.contains(&step.name)
    } else {
        is_named(&arguments.only, step.name)
    }
}

fn is_named(only: &[String], name: &str) -> bool {
    only.is_empty() || only.iter().any(|wanted| wanted == name)
}
