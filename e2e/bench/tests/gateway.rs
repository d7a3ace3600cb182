//! The measurements of the gateway with small numbers: they must run to their end.

use std::process::Command;

use anyhow::Result;
use papo_e2e::build;

#[test]
fn every_table_is_printed() -> Result<()> {
    let output = Command::new(env!("CARGO_BIN_EXE_bench"))
        .args(["gateway", "--posts", "2", "--idle", "10", "--messages", "4"])
        .arg("--programs")
        .arg(build::build()?)
        .arg("--template")
        .arg(build::repository().join("lambdas/template.yaml"))
        .output()?;
    let (printed, error) = (
        String::from_utf8(output.stdout)?,
        String::from_utf8(output.stderr)?,
    );
    assert!(output.status.success(), "{printed}\n{error}");
    for row in [
        "bare server that answers 200",
        "gateway, delivered to the client",
        "idle connections",
        "frame to function to table to post to frame",
    ] {
        assert!(printed.contains(row), "no row {row:?} in:\n{printed}");
    }
    Ok(())
}
