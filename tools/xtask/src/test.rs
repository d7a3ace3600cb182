//! `cargo xtask test`: everything that CI checks, in the order in which a mistake is found soonest.

mod steps;

use anyhow::{Result, bail};

use crate::step::{self, Step};
use crate::workspace::Workspace;

/// Checks everything that CI checks, stopping at the first step that fails.
///
/// Tools that are missing are installed first, each by the step that needs it: Chromium with its driver, and Node, with
/// apt-get when root on Debian; elsewhere the command says what to install. Java is optional: without it one of the three
/// stores of the store's contract test is left out, and said so.
///
/// Steps: fmt, clippy, clippy-wasm, docs, template, test, clients, test-wasm, dist, e2e.
#[derive(Debug, clap::Args)]
pub(crate) struct Arguments {
    /// Only what needs nothing but the Rust toolchain: fmt, clippy, clippy-wasm, test
    #[arg(long)]
    quick: bool,
    /// Only this step; may be given several times
    #[arg(long, value_name = "STEP", conflicts_with = "quick")]
    only: Vec<String>,
}

/// # Errors
/// When a step fails, or when `--only` names no step.
pub(crate) fn run(arguments: &Arguments) -> Result<()> {
    let workspace = Workspace::find()?;
    let steps = steps::all(&workspace);
    let names: Vec<&str> = steps.iter().map(|step| step.name).collect();
    for wanted in &arguments.only {
        if !names.contains(&wanted.as_str()) {
            bail!(
                "there is no step called {wanted}: choose among {}",
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
