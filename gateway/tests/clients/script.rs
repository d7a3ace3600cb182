//! Programs in other languages that are run against the gateway.

use std::{io::Write, process::Stdio};

use serde_json::Value;
use tokio::{process::Command, time::timeout};

use crate::program::PATIENCE;

/// What `variable` says, or nothing and a word about it.
pub(crate) fn provided(variable: &str, what: &str) -> Option<String> {
    let value = std::env::var(variable).ok();
    if value.is_none() {
        // Past the capture of what tests print: nobody is to believe that it was tried.
        let said =
            format!("{variable} is not set, so {what} is not tried; `cargo xtask test` sets it\n");
        std::io::stderr().write_all(said.as_bytes()).unwrap();
    }
    value
}

/// What a program printed, until its end.
#[derive(Debug)]
pub(crate) struct Printed {
    pub(crate) output: String,
    pub(crate) errors: String,
    succeeded: bool,
}

/// Runs a program to its end.
pub(crate) async fn run(command: &mut Command) -> Printed {
    let pipes = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let spawned = pipes.stdin(Stdio::piped()).kill_on_drop(true).spawn();
    let mut program = spawned.unwrap();
    // Held open to the end: programs for people take the end of their input for a wish to leave.
    let _input = program.stdin.take();
    let end = timeout(PATIENCE, program.wait_with_output());
    let end = end.await.expect("the program does not end").unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Printed {
        output: said(&end.stdout),
        errors: said(&end.stderr),
        succeeded: end.status.success(),
    }
}

/// Runs a program that prints one JSON object.
pub(crate) async fn report(command: &mut Command) -> Value {
    let printed = run(command).await;
    assert!(printed.succeeded, "{printed:?}");
    serde_json::from_str(&printed.output).unwrap_or_else(|error| panic!("{error} in {printed:?}"))
}
