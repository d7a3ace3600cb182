//! `chaos`: attacks the whole chat on this machine and accounts for every message.
//!
//! Handles output, the exit code and Ctrl-C; the attack itself is in the library.

mod cli;

mod report;

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser as _;
use papo_reliability::chaos::{self, Outcome};
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;
use xtask_lib::bar;

use cli::Arguments;

/// The exit code that shells report for a program terminated by SIGINT.
const INTERRUPTED: u8 = 130;

#[tokio::main]
async fn main() -> ExitCode {
    match run(&Arguments::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

async fn run(arguments: &Arguments) -> Result<ExitCode> {
    let folder = tempfile::Builder::new()
        .prefix("papo-chaos-")
        .tempdir()
        .context("could not create a temporary directory")?;
    let options = arguments.options(folder.path())?;
    println!("seed {}", options.seed);
    let progress = bar::show(options.duration.as_secs());
    let (interrupt, interrupted) = watch::channel(false);
    let outcome = tokio::select! {
        outcome = chaos::run(&options, interrupted, &progress) => outcome,
        code = signals(interrupt) => return code,
    };
    progress.finish_and_clear();
    let limit = arguments.slowdown_limit();
    let is_slowed_down = |outcome: &Outcome| {
        let slowdown = outcome.slowdown.as_ref();
        slowdown.is_some_and(|slowdown| slowdown.factor() > limit)
    };
    let is_good = outcome
        .as_ref()
        .is_ok_and(|outcome| outcome.is_good() && !is_slowed_down(outcome));
    let was_started = std::fs::metadata(options.log()).is_ok_and(|log| log.len() > 0);
    if !is_good && was_started {
        let kept = folder.keep();
        eprintln!("the gateway's log and data are in {}", kept.display());
    }
    let outcome = outcome?;
    print!("\n{}", report::summary(&outcome, &options));
    if !is_good {
        if is_slowed_down(&outcome) {
            println!("\nthe attack slows the other clients down by more than {limit}");
        }
        print!("\n{}", report::failures(&outcome, options.seed));
    }
    Ok(ExitCode::from(u8::from(!is_good)))
}

/// Reports the first Ctrl-C to `interrupt`. Completes at the second, and when the program must stop at once.
async fn signals(interrupt: watch::Sender<bool>) -> Result<ExitCode> {
    let mut ctrl_c = signal(SignalKind::interrupt())?;
    let mut terminate = signal(SignalKind::terminate())?;
    let mut hang_up = signal(SignalKind::hangup())?;
    let second = async {
        ctrl_c.recv().await;
        eprintln!("\nthe attack ends; draining (press Ctrl-C again to stop at once)");
        interrupt.send_replace(true);
        ctrl_c.recv().await;
    };
    tokio::select! {
        () = second => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
    Ok(ExitCode::from(INTERRUPTED))
}
