//! A short attack with the real programs. It has no time limit: it ends when every client is idle.

// The processes of a gateway's functions are read from /proc.
#![cfg(target_os = "linux")]

use std::process::{Command, Output};

use anyhow::Result;

/// Attacks the real stack with the real program.
fn attack(arguments: &str) -> Result<Output> {
    let programs = papo_e2e::build()?;
    let output = Command::new(env!("CARGO_BIN_EXE_chaos"))
        .args(arguments.split_whitespace())
        .arg("--programs")
        .arg(programs)
        .arg("--template")
        .arg(papo_e2e::repository().join("lambdas/template.yaml"))
        .output()?;
    Ok(output)
}

#[track_caller]
fn has_row(table: &str, name: &str, is_right: impl Fn(u64) -> bool) {
    let row = table.lines().find_map(|line| line.strip_prefix(name));
    let number = row.and_then(|rest| rest.trim().parse().ok());
    assert!(number.is_some_and(is_right), "{name} in\n{table}");
}

/// Attacks, and returns the report. Checks that nothing is lost, duplicated, reordered or unresolved.
#[track_caller]
fn causes_no_violations(arguments: &str) -> String {
    let output = attack(arguments).unwrap_or_else(|error| panic!("{error:#}"));
    let (table, log) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert_eq!(output.status.code(), Some(0), "{table}\n{log}");
    for zero in [
        "lost",
        "duplicated",
        "reordered",
        "unresolved",
        "functions orphaned",
    ] {
        has_row(&table, zero, |count| count == 0);
    }
    for some in ["sent", "acknowledged"] {
        has_row(&table, some, |count| count > 0);
    }
    table.into_owned()
}

#[track_caller]
fn faults_cause_no_violations(arguments: &str) {
    let table = causes_no_violations(arguments);
    for some in ["gateways killed", "reconnections"] {
        has_row(&table, some, |count| count > 0);
    }
}

#[test]
fn an_attack_causes_no_violations() {
    faults_cause_no_violations(
        "--duration 12s --clients 12 --seed 7 --send-every 200ms --gateway-every 3s --function-every 1s \
         --max-duration 8s",
    );
}

#[test]
fn an_attack_on_the_broadcaster_of_a_stream_causes_no_violations() {
    faults_cause_no_violations(
        "--duration 12s --clients 12 --seed 7 --send-every 200ms --gateway-every 5s --function-every 500ms \
         --max-duration 8s --parameter Fanout=stream",
    );
}

/// The slowdown of the others is not checked: other tests run at the same time.
#[test]
fn a_hostile_client_causes_no_violations() {
    let table = causes_no_violations(
        "--duration 12s --clients 12 --seed 7 --send-every 200ms --hostile 1 --slowdown-limit inf",
    );
    for some in ["hostile connections", "hostile frames"] {
        has_row(&table, some, |count| count > 0);
    }
    has_row(&table, "gateways killed", |count| count == 0);
    for phase in ["calm", "under attack"] {
        let row = table.lines().find_map(|line| line.strip_prefix(phase));
        let messages = row.and_then(|row| row.split_whitespace().next()?.parse().ok());
        assert!(messages.is_some_and(|count: u32| count > 0), "{table}");
    }
}

#[test]
fn names_the_program_that_cannot_be_started() {
    let output = Command::new(env!("CARGO_BIN_EXE_chaos"))
        .args(["--programs", "/nowhere", "--duration", "1s"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("cannot start /nowhere/gateway"), "{said}");
}
