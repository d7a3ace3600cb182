//! `chaos`: the whole chat under attack, and a ledger of what became of every message.
//!
//! Starts what is deployed, as far as it runs on one machine, with the session of the app as its clients, and does to it what
//! happens in the world and worse. Nothing is measured here: a run is a proof or a counter-example, and its seed gives the
//! same attack again.
//!
//! # Layout
//!
//! - [`plan`]: what happens when, from one seed; pure
//! - [`run`]: carries the plan out, waits until all are quiet, and closes the account
//! - [`gateway`]: the gateway, killed and started again
//! - [`proxy`]: a network that does its worst
//! - [`client`]: one person, with the session of the app
//! - [`record`]: what that person did and saw; pure
//! - [`reader`]: somebody new who reads the log in the end
//! - [`ledger`]: what became of every message; pure
//! - [`report`], [`progress`]: what is printed
//! - [`cli`]: the command line

mod cli;

mod plan;
mod run;

mod client;
mod gateway;
mod proxy;
mod reader;

mod ledger;
mod record;

mod progress;
mod report;

use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::Parser as _;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

use cli::Arguments;
use progress::Progress;
use run::Options;

/// What a shell reports for a program that SIGINT has ended.
const INTERRUPTED: u8 = 130;

#[tokio::main]
async fn main() -> ExitCode {
    match start(&Arguments::parse()).await {
        Ok(code) => code,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

async fn start(arguments: &Arguments) -> Result<ExitCode> {
    let folder = tempfile::Builder::new()
        .prefix("papo-chaos-")
        .tempdir()
        .context("there is no temporary folder")?;
    let options = Options {
        programs: arguments.programs()?,
        template: arguments.template(),
        folder: folder.path().to_owned(),
        clients: arguments.clients(),
        lasts: arguments.lasts()?,
        seed: arguments.seed(),
        rates: arguments.rates(),
        max_duration: arguments.max_duration(),
        idle_timeout: arguments.idle_timeout(),
        patience: arguments.patience(),
    };
    println!("seed {}", options.seed);
    let mut progress = Progress::new();
    let (interrupt, interrupted) = watch::channel(false);
    let outcome = tokio::select! {
        outcome = run::run(&options, interrupted, &mut progress) => outcome,
        code = signals(interrupt) => return code,
    };
    let is_good = outcome.as_ref().is_ok_and(run::Outcome::is_good);
    let has_begun = std::fs::metadata(options.log()).is_ok_and(|log| log.len() > 0);
    if !is_good && has_begun {
        let kept = folder.keep();
        eprintln!("the gateway's log and data are kept in {}", kept.display());
    }
    let outcome = outcome?;
    print!(
        "\n{}",
        report::tables(&outcome, options.clients, options.patience)
    );
    if !is_good {
        print!(
            "\n{}the seed was {}\n",
            report::findings(&outcome),
            options.seed
        );
    }
    Ok(ExitCode::from(u8::from(!is_good)))
}

/// Passes the first Ctrl-C on; completes at the second, and when the program is to end at once.
async fn signals(interrupt: watch::Sender<bool>) -> Result<ExitCode> {
    let mut ctrl_c = signal(SignalKind::interrupt())?;
    let (mut terminate, mut hang_up) = (
        signal(SignalKind::terminate())?,
        signal(SignalKind::hangup())?,
    );
    let first = async {
        ctrl_c.recv().await;
        eprintln!("\nthe attack ends; all come to rest (Ctrl-C again ends everything at once)");
        interrupt.send_replace(true);
        ctrl_c.recv().await;
    };
    tokio::select! {
        () = first => {}
        _ = terminate.recv() => {}
        _ = hang_up.recv() => {}
    }
    Ok(ExitCode::from(INTERRUPTED))
}
