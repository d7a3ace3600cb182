//! `gateway`: parses the command line, starts the gateway of [`papo_gateway`], and ends it on SIGINT or SIGTERM.

mod cli;

use std::{io::Write as _, process::ExitCode, time::Duration};

use anyhow::Context as _;
use clap::Parser as _;
use papo_gateway::{EXEC_ARGUMENT, Gateway};
use tokio::signal::unix::{SignalKind, signal};

use crate::cli::Cli;

/// How long blocking file operations may take to finish at the end. An operation on a FIFO or a dead network mount never finishes.
const BLOCKING_ENDS: Duration = Duration::from_millis(500);

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1).peekable();
    if arguments
        .next_if(|argument| argument == EXEC_ARGUMENT)
        .is_some()
    {
        eprintln!(
            "cannot run the function: {}",
            papo_gateway::become_function(arguments)
        );
        return ExitCode::from(127);
    }
    match start(&Cli::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {}", whole(&error));
            ExitCode::FAILURE
        }
    }
}

/// The error with its causes, each once: some errors contain the text of their cause, because it stands before the remedy.
fn whole(error: &anyhow::Error) -> String {
    let mut text = String::new();
    for cause in error.chain().map(ToString::to_string) {
        if !text.contains(&cause) {
            let separator = if text.is_empty() { "" } else { ": " };
            text.push_str(separator);
            text.push_str(&cause);
        }
    }
    text
}

fn start(cli: &Cli) -> anyhow::Result<()> {
    let runtime = tokio::runtime::Runtime::new().context("cannot start the async runtime")?;
    let result = runtime.block_on(run(cli));
    runtime.shutdown_timeout(BLOCKING_ENDS);
    result
}

async fn run(cli: &Cli) -> anyhow::Result<()> {
    cli.start_log();
    raise_file_limit();
    let config = cli.config()?;
    let listener = cli.listen().await?;
    let (mut interrupt, mut terminate) = (
        signal(SignalKind::interrupt())?,
        signal(SignalKind::terminate())?,
    );
    let gateway = tokio::select! {
        gateway = Gateway::start(config, listener) => gateway?,
        _ = interrupt.recv() => return Ok(()),
        _ = terminate.recv() => return Ok(()),
    };
    if cli.watches() {
        gateway.watch()?;
    }
    writeln!(std::io::stdout(), "{}", cli.ready(gateway.ready()))
        .context("cannot write to stdout")?;
    let shutdown = async {
        tokio::select! {
            _ = interrupt.recv() => {}
            _ = terminate.recv() => {}
        }
    };
    tokio::select! {
        () = gateway.run(shutdown) => {}
        // Functions die with the runtime, whatever they are doing.
        () = second_interrupt() => tracing::warn!("stopped immediately on the second Ctrl-C"),
    }
    Ok(())
}

/// Completes on the second Ctrl-C, while the gateway is shutting down.
async fn second_interrupt() {
    let Ok(mut interrupt) = signal(SignalKind::interrupt()) else {
        return std::future::pending().await;
    };
    interrupt.recv().await;
    interrupt.recv().await;
}

/// Raises the soft limit of file descriptors, often 1,024, because every client needs one.
fn raise_file_limit() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let Rlimit { maximum, .. } = getrlimit(Resource::Nofile);
    if let Err(error) = setrlimit(
        Resource::Nofile,
        Rlimit {
            current: maximum,
            maximum,
        },
    ) {
        tracing::debug!("cannot raise the limit of open files: {error}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cause_is_stated_once() {
        let error = anyhow::anyhow!("no space").context("cannot use x: no space; choose another");
        let error = error.context("cannot start");
        let wanted = "cannot start: cannot use x: no space; choose another";
        assert_eq!(whole(&error), wanted);
    }
}
