//! Many clients against a small room in this process, which fails in the way that a test asks for.
//!
//! `LOAD_CLIENTS=5000 cargo test --release -p papo-bench --test load a_crowd -- --nocapture` shows what 5,000 clients cost the
//! program.

#[path = "load/room.rs"]
mod room;

use std::path::Path;
use std::process::Stdio;
use std::time::Duration;

use anyhow::Result;
use papo_bench::chat_load::{Load, LoadError, Report, Schedule};
use serde_json::Value;
use tokio::process::Command;

use self::room::{Habit, Room};

/// A short run: four clients, ten messages.
fn load(url: String) -> Load {
    Load {
        address: url,
        clients: 4,
        connect_rate: 10_000.0,
        schedule: Schedule::new(50.0, Duration::from_millis(200)),
        size: 200,
        introduced: false,
        settle: Duration::ZERO,
        timeout: Duration::from_secs(20),
    }
}

async fn run(habit: Habit) -> Result<(Report, Value)> {
    let room = Room::open(habit)?;
    let report = load(room.url()).run(|_| {}).await?;
    let json = report.to_json();
    Ok((report, json))
}

/// Checks these figures: `connected`, `sent`, `deliveries`, `lost` and `duplicated`.
#[track_caller]
fn counts(json: &Value, expected: [u64; 5]) {
    let names = ["connected", "sent", "deliveries", "lost", "duplicated"];
    let found = names.map(|name| json[name].as_u64());
    assert_eq!(found, expected.map(Some), "{names:?} in {json:#}");
}

#[tokio::test]
async fn every_client_receives_every_message_once() -> Result<()> {
    let (report, json) = run(Habit::None).await?;
    counts(&json, [4, 10, 40, 0, 0]);
    assert!(report.is_flawless(), "{report}");
    assert!(json["latencyMs"]["p50"].as_f64().unwrap_or(0.0) > 0.0);
    Ok(())
}

#[tokio::test]
async fn introduced_clients_receive_several_messages_in_a_frame() -> Result<()> {
    let room = Room::open(Habit::Pairs)?;
    let mut load = load(room.url());
    load.introduced = true;
    let report = load.run(|_| {}).await?;
    counts(&report.to_json(), [4, 10, 40, 0, 0]);
    assert!(report.is_flawless(), "{report}");
    assert_eq!(report.to_json()["frames"], 20);
    Ok(())
}

#[tokio::test]
async fn measures_back_ends_that_do_not_return_client_message_ids() -> Result<()> {
    let (report, json) = run(Habit::Forgets).await?;
    counts(&json, [4, 10, 40, 0, 0]);
    assert!(report.is_flawless(), "{report}");
    Ok(())
}

#[tokio::test]
async fn an_undelivered_message_is_lost() -> Result<()> {
    let room = Room::open(Habit::Loses)?;
    let mut load = load(room.url());
    load.timeout = Duration::from_millis(300);
    let report = load.run(|_| {}).await?;
    counts(&report.to_json(), [4, 10, 39, 1, 0]);
    assert!(!report.is_flawless());
    Ok(())
}

#[tokio::test]
async fn a_repeated_delivery_is_a_duplicate() -> Result<()> {
    let (report, json) = run(Habit::Duplicates).await?;
    counts(&json, [4, 10, 40, 0, 1]);
    assert!(!report.is_flawless());
    Ok(())
}

#[tokio::test]
async fn refusals_are_counted_by_code_and_not_as_lost() -> Result<()> {
    let (_, json) = run(Habit::Refuses).await?;
    counts(&json, [4, 10, 36, 0, 0]);
    assert_eq!(json["errors"]["refused: emptyMessage"], 1, "{json:#}");
    Ok(())
}

#[tokio::test]
async fn gateway_errors_are_counted_by_message() -> Result<()> {
    let room = Room::open(Habit::Breaks)?;
    let mut load = load(room.url());
    load.timeout = Duration::from_millis(300);
    let json = load.run(|_| {}).await?.to_json();
    // The gateway does not say which message it is about, so all deliveries are missing.
    counts(&json, [4, 10, 36, 4, 0]);
    assert_eq!(json["errors"]["gateway: Internal server error"], 1);
    Ok(())
}

#[tokio::test]
async fn a_disconnected_client_is_an_error_and_loses_nothing() -> Result<()> {
    let (_, json) = run(Habit::HangsUp).await?;
    assert_eq!(json["errors"]["disconnected: 1001"], 1, "{json:#}");
    assert_eq!(json["lost"], 0, "{json:#}");
    assert_eq!(json["connected"], 4, "{json:#}");
    Ok(())
}

#[tokio::test]
async fn refused_clients_are_counted_by_status_and_the_others_continue() -> Result<()> {
    let (_, json) = run(Habit::IsFull).await?;
    counts(&json, [2, 10, 20, 0, 0]);
    assert_eq!(json["errors"]["not connected: status 429"], 2, "{json:#}");
    Ok(())
}

#[tokio::test]
async fn a_stall_shows_in_every_message_that_it_delayed() -> Result<()> {
    // The messages are 20 ms apart, and the second is held up for as long as eight of them take.
    let (_, json) = run(Habit::Stalls(Duration::from_millis(160))).await?;
    counts(&json, [4, 10, 40, 0, 0]);
    let p50 = json["latencyMs"]["p50"].as_f64().unwrap_or(0.0);
    assert!(p50 >= 40.0, "half of them had to wait: {json:#}");
    Ok(())
}

#[tokio::test]
async fn a_refused_connection_is_an_error_with_the_reason() -> Result<()> {
    // A port that was just released refuses connections.
    let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let result = load(format!("ws://{address}/dev")).run(|_| {}).await;
    let Err(LoadError::NotConnected { reason, .. }) = result else {
        panic!("no client can have connected: {result:?}");
    };
    assert_eq!(reason, "not connected: connection refused");
    Ok(())
}

#[tokio::test]
async fn progress_is_reported_from_the_start() -> Result<()> {
    let room = Room::open(Habit::None)?;
    let mut told = Vec::new();
    load(room.url()).run(|progress| told.push(progress)).await?;
    assert!(told[0].starts_with("connecting: 0 of 4"), "{told:?}");
    assert!(
        told.iter().any(|line| line.contains(" connected | ")),
        "{told:?}"
    );
    Ok(())
}

/// Runs the program with a few clients for a short time. Returns its exit code and its output.
async fn program(arguments: &[&str], certificates: Option<&Path>) -> Result<(Option<i32>, String)> {
    let mut command = Command::new(env!("CARGO_BIN_EXE_bench"));
    command
        .args([
            "load",
            "--clients",
            "3",
            "--rate",
            "20",
            "--duration",
            "200ms",
        ])
        .args(["--settle", "0s"])
        .args(arguments)
        .stdin(Stdio::null());
    if let Some(path) = certificates {
        command.env("SSL_CERT_FILE", path);
    }
    let output = command.output().await?;
    Ok((output.status.code(), String::from_utf8(output.stdout)?))
}

#[tokio::test]
async fn exits_with_0_and_prints_a_table() -> Result<()> {
    let room = Room::open(Habit::None)?;
    let (code, out) = program(&["--url", &room.url()], None).await?;
    assert_eq!(code, Some(0), "{out}");
    assert!(out.contains("\ndeliveries              12  "), "{out}");
    Ok(())
}

#[tokio::test]
async fn exits_with_1_after_a_duplicate() -> Result<()> {
    let room = Room::open(Habit::Duplicates)?;
    let (code, out) = program(&["--url", &room.url(), "--json"], None).await?;
    assert_eq!(code, Some(1), "{out}");
    let json: Value = serde_json::from_str(&out)?;
    assert_eq!(json["duplicated"], 1, "{out}");
    Ok(())
}

#[tokio::test]
async fn connections_may_be_encrypted() -> Result<()> {
    let certificate = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    let room = Room::open_encrypted(&certificate)?;
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("ca.pem");
    std::fs::write(&path, certificate.cert.pem())?;
    let arguments = ["--url", &room.url(), "--json"];
    let (code, out) = program(&arguments, Some(&path)).await?;
    let json: Value = serde_json::from_str(&out)?;
    assert_eq!((code, &json["deliveries"]), (Some(0), &12.into()), "{out}");
    Ok(())
}

#[tokio::test]
async fn exits_with_2_if_the_connection_is_refused() -> Result<()> {
    let address = std::net::TcpListener::bind("127.0.0.1:0")?.local_addr()?;
    let url = format!("ws://{address}/dev");
    let (code, out) = program(&["--url", &url], None).await?;
    assert_eq!((code, out.as_str()), (Some(2), ""));
    Ok(())
}

/// Not a test of speed: shows the figures, and checks only that nothing is lost. `LOAD_CLIENTS` asks for another crowd.
#[tokio::test(flavor = "multi_thread", worker_threads = 1)]
async fn a_crowd_receives_every_message_once() -> Result<()> {
    let clients =
        std::env::var("LOAD_CLIENTS").map_or(Ok(500), |clients| clients.parse::<usize>())?;
    papo_bench::chat_load::make_room(2 * clients + 1_000)?;
    let room = Room::open(Habit::None)?;
    let output = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(["load", "--url", &room.url()])
        .args(["--clients", &clients.to_string(), "--connect-rate", "2000"])
        .args(["--rate", "10", "--duration", "3s", "--timeout", "1min"])
        .output()
        .await?;
    println!("{}", String::from_utf8(output.stdout)?);
    println!("{}", String::from_utf8(output.stderr)?);
    assert_eq!(output.status.code(), Some(0));
    Ok(())
}
