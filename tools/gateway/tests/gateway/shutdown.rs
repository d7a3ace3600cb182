//! How the executable ends: on signals, with busy functions and clients, and when it is killed.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::json;
use tempfile::TempDir;

use crate::{
    process::{Process, SECONDS, plain_get},
    services::dynamodb_call,
    stack::{eventually, is_alive},
};

/// A row that `$disconnect` writes during the shutdown exists after the next start.
#[tokio::test]
async fn on_a_signal_clients_are_closed_with_1001_disconnect_runs_and_functions_end() {
    for signal in [Signal::INT, Signal::TERM] {
        let data = TempDir::new().unwrap();
        let arguments = ["--data", data.path().to_str().unwrap()];
        let mut process = Process::start(&arguments);
        let function = process.function(0).await;
        assert!(is_alive(function));
        let mut client = process.connect().await;
        let asked = Instant::now();
        process.signal(signal);
        assert_eq!(client.closed().await, (1001, "Going away".to_owned()));
        let status = process.end().await;
        assert_eq!(status.code(), Some(0));
        assert!(asked.elapsed() < SECONDS, "it took {:?}", asked.elapsed());
        assert!(!is_alive(function), "the function lives on");
        let log = process.log();
        for line in ["connect ", "talk -> talk", "disconnect ", "stopped"] {
            assert!(log.contains(line), "{log}");
        }
        let again = Process::start(&arguments);
        let table = json!({"TableName": "test-table"});
        let rows = dynamodb_call(again.dynamodb(), "Scan", &table).await;
        assert_eq!(rows["Count"], 2, "{rows}");
    }
}

#[tokio::test]
async fn shutdown_does_not_wait_for_busy_functions_or_unresponsive_clients() {
    let mut process = Process::start(&["--parameter", "Timeout=60"]);
    let _deaf = process.connect().await;
    let busy = process.function(60).await;
    let asked = Instant::now();
    process.signal(Signal::TERM);
    let status = process.end().await;
    assert_eq!(status.code(), Some(0));
    assert!(asked.elapsed() < SECONDS, "it took {:?}", asked.elapsed());
    assert!(!is_alive(busy), "the function lives on");
    let log = process.log();
    assert!(log.contains("clients or messages were aborted"), "{log}");
}

#[tokio::test]
async fn a_second_interrupt_ends_it_at_once() {
    let mut process = Process::start(&["--parameter", "Timeout=60"]);
    let busy = process.function(60).await;
    process.signal(Signal::INT);
    // The first signal must have been handled.
    eventually("no client to be let in any more", || {
        let answer = plain_get(process.address()).unwrap_or_default();
        answer.contains(" 503 ").then_some(())
    })
    .await;
    let asked = Instant::now();
    process.signal(Signal::INT);
    process.end().await;
    assert!(
        asked.elapsed() < Duration::from_secs(3),
        "it took {:?}",
        asked.elapsed()
    );
    eventually("the function to be gone", || {
        (!is_alive(busy)).then_some(())
    })
    .await;
}

#[tokio::test]
async fn functions_end_when_the_gateway_is_killed() {
    let process = Process::start(&[]);
    let function = process.function(60).await;
    process.signal(Signal::KILL);
    eventually("the function to die with the gateway", || {
        (!is_alive(function)).then_some(())
    })
    .await;
}
