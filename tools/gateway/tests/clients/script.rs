//! Programs in other languages that are run against the gateway.

use std::{io::Write, process::Stdio};

use serde_json::{Value, json};
use tokio::{
    io::AsyncReadExt,
    process::{Child, Command},
    time::timeout,
};

use crate::program::{Program, TIMEOUT};

/// The value of an environment variable; without it, prints that `what` is not tested.
pub(crate) fn provided(variable: &str, what: &str) -> Option<String> {
    let value = std::env::var(variable).ok();
    if value.is_none() {
        // Not with `eprintln!`, which the test harness captures.
        let notice =
            format!("{variable} is not set, so {what} is not tested; `cargo xtask test` sets it\n");
        std::io::stderr().write_all(notice.as_bytes()).unwrap();
    }
    value
}

/// The output of a program that has ended.
#[derive(Debug)]
pub(crate) struct Printed {
    pub(crate) output: String,
    pub(crate) errors: String,
    succeeded: bool,
}

/// Starts a program that does not outlive its handle.
fn spawn(command: &mut Command) -> Child {
    let pipes = command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let spawned = pipes.stdin(Stdio::piped()).kill_on_drop(true).spawn();
    spawned.unwrap()
}

/// Runs a program to its end.
pub(crate) async fn run(command: &mut Command) -> Printed {
    let mut program = spawn(command);
    // Kept open, because interactive programs exit at the end of their input.
    let _input = program.stdin.take();
    let end = timeout(TIMEOUT, program.wait_with_output());
    let end = end.await.expect("the program does not end").unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    Printed {
        output: said(&end.stdout),
        errors: said(&end.stderr),
        succeeded: end.status.success(),
    }
}

/// Runs a program until it prints `wanted`.
pub(crate) async fn run_until(command: &mut Command, wanted: &str) {
    let mut program = spawn(command);
    let mut output = program.stdout.take().unwrap();
    let mut printed = Vec::new();
    let reading = async {
        while !String::from_utf8_lossy(&printed).contains(wanted) {
            let more = output.read_buf(&mut printed).await.unwrap();
            let so_far = String::from_utf8_lossy(&printed);
            assert!(more > 0, "it ended without {wanted:?}: {so_far}");
        }
    };
    let found = timeout(TIMEOUT, reading).await;
    found.unwrap_or_else(|_| panic!("it never prints {wanted:?}"));
}

/// Runs a program that prints one JSON object.
pub(crate) async fn report(command: &mut Command) -> Value {
    let printed = run(command).await;
    assert!(printed.succeeded, "{printed:?}");
    serde_json::from_str(&printed.output).unwrap_or_else(|error| panic!("{error} in {printed:?}"))
}

/// Runs a client of `@connections` that posts `text`, reads and closes a connection, and makes mistakes. Checks its answers,
/// to which `more` adds those of this client alone.
pub(crate) async fn takes_every_answer(mut script: Command, text: &str, more: Value) {
    let gateway = Program::with_obedient_stack();
    let mut client = gateway.connect().await;
    let id = client.id().await;
    let answers = report(script.arg(gateway.management()).arg(&id)).await;
    let mut expected = json!({
        "post": 200,
        "get": { "status": 200, "sourceIp": "127.0.0.1", "activeSinceConnected": true },
        "too large": "PayloadTooLargeException",
        "other stage": "ForbiddenException",
        "delete": 204,
        "post when gone": "GoneException",
        "get when gone": "GoneException",
        "delete when gone": "GoneException",
    });
    if let (Value::Object(expected), Value::Object(more)) = (&mut expected, more) {
        expected.extend(more);
    }
    assert_eq!(answers, expected);
    assert_eq!(client.hear().await, text);
    assert_eq!(client.closed().await, (1000, String::new()));
}
