//! The README's example, exactly as written.

use std::{
    fs,
    io::{BufRead, BufReader, Read},
    path::Path,
    process::{Child, Command, Stdio},
};

use rustix::process::{Pid, Signal, kill_process};
use tempfile::TempDir;

use crate::clients::Client;

/// Ends with the test, whether that succeeds or not.
struct Running(Child);

impl Drop for Running {
    fn drop(&mut self) {
        // It has already ended if the test succeeded.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

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

    let gateway = Command::new(env!("CARGO_BIN_EXE_gateway"))
        .args(said(console, "$ gateway ").split(' '))
        .args(["--listen", "127.0.0.1:0"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut gateway = Running(gateway);
    let mut printed = BufReader::new(gateway.0.stdout.take().unwrap()).lines();
    let first = printed.next().unwrap().unwrap();
    let endpoint = first.strip_prefix("endpoint: ").unwrap();
    let mut next = || printed.next().unwrap().unwrap();
    assert!(next().starts_with("console: http://"));
    assert_eq!(next(), "functions:");
    assert_eq!(next(), format!("  {}", said(console, "  ")));
    let mut client = Client::connect(endpoint).await.unwrap();
    assert_eq!(client.ask(said(console, "> ")).await, said(console, "< "));

    let pid = Pid::from_raw(i32::try_from(gateway.0.id()).unwrap()).unwrap();
    kill_process(pid, Signal::TERM).unwrap();
    let mut stderr = gateway.0.stderr.take().unwrap();
    let mut log = String::new();
    stderr.read_to_string(&mut log).unwrap();
    gateway.0.wait().unwrap();
    // This machine may have another version of Python.
    let warned =
        |line: &str| line.contains("WARN") && !line.contains("functions for python3.13 run on");
    assert!(!log.lines().any(warned), "{log}");
}
