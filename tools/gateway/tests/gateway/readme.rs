//! The README's example, exactly as written.

use std::{fs, path::Path, process::Command, time::Duration};

use papagaio::process::Process;
use tempfile::TempDir;

use crate::clients::Client;

/// How long the gateway may take to become ready or to end.
const LIMIT: Duration = Duration::from_mins(1);

/// The first block of code in this language.
fn block<'r>(readme: &'r str, language: &str) -> &'r str {
    let (_, rest) = readme.split_once(&format!("\n```{language}\n")).unwrap();
    rest.split_once("\n```").unwrap().0
}

/// The text after `sign` in the README's console.
fn said<'r>(console: &'r str, sign: &str) -> &'r str {
    console
        .lines()
        .find_map(|line| line.strip_prefix(sign))
        .unwrap()
}

#[tokio::test]
async fn the_example_of_the_readme_answers_as_it_says() {
    let readme = Path::new(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let readme = fs::read_to_string(readme).unwrap();
    let console = block(&readme, "console");
    let folder = TempDir::new().unwrap();
    fs::create_dir(folder.path().join("echo")).unwrap();
    fs::write(folder.path().join("template.yaml"), block(&readme, "yaml")).unwrap();
    fs::write(folder.path().join("echo/app.py"), block(&readme, "python")).unwrap();

    let mut gateway = Command::new(env!("CARGO_BIN_EXE_gateway"));
    gateway
        .args(said(console, "$ gateway ").split(' '))
        .args(["--listen", "127.0.0.1:0"])
        .current_dir(folder.path());
    let mut printed = Vec::new();
    let (mut gateway, ()) = Process::spawn_until(gateway, LIMIT, |line| {
        printed.push(line.to_owned());
        (printed.len() == 4).then_some(())
    })
    .unwrap();
    let endpoint = printed[0].strip_prefix("endpoint: ").unwrap();
    assert!(printed[1].starts_with("console: http://"));
    assert_eq!(printed[2], "functions:");
    assert_eq!(printed[3], format!("  {}", said(console, "  ")));
    let mut client = Client::connect(endpoint).await.unwrap();
    assert_eq!(client.ask(said(console, "> ")).await, said(console, "< "));

    gateway.terminate(LIMIT).unwrap();
    let log = gateway.log();
    // This machine may have another version of Python.
    let warned =
        |line: &str| line.contains("WARN") && !line.contains("functions for python3.13 run on");
    assert!(!log.lines().any(warned), "{log}");
}
