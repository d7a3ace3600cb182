//! A short attack, as a whole. Not timed: it ends when everybody is quiet, and is held to nothing but the zeros.

// Which functions belong to a gateway is read from /proc.
#![cfg(target_os = "linux")]

use std::process::{Command, Output};

use anyhow::Result;

/// An attack by the real program on the real stack.
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

#[test]
fn after_an_attack_nothing_is_lost_doubled_out_of_order_or_unresolved() {
    let output = attack(
        "--seconds 12 --clients 12 --seed 7 --say-every 200ms --gateway-every 3s --function-every 1s \
         --max-duration 8s",
    )
    .unwrap();
    let (table, log) = (
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr),
    );
    assert_eq!(output.status.code(), Some(0), "{table}\n{log}");
    for zero in [
        "lost",
        "doubled",
        "out of order",
        "unresolved",
        "functions left behind",
    ] {
        has_row(&table, zero, |count| count == 0);
    }
    for some in ["sent", "acknowledged", "gateway killed", "reconnections"] {
        has_row(&table, some, |count| count > 0);
    }
    has_row(&table, "logs begun", |count| count == 1);
}

#[test]
fn a_run_that_cannot_be_carried_out_says_why() {
    let output = Command::new(env!("CARGO_BIN_EXE_chaos"))
        .args(["--programs", "/nowhere", "--seconds", "1"])
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{said}");
    assert!(said.contains("cannot start /nowhere/gateway"), "{said}");
}
