//! The executable as a process.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::TcpStream,
    process::{Child, Command, ExitStatus, Output, Stdio},
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

use crate::stack::{Client, eventually, template};

/// How long the shutdown may take, whatever clients and functions do. The gateway limits it to seven seconds.
pub(crate) const SECONDS: Duration = Duration::from_secs(12);

/// The running executable.
pub(crate) struct Process {
    pub(crate) child: Child,
    pub(crate) printed: Vec<String>,
    _folder: TempDir,
}

impl Process {
    /// Starts it and reads what it prints until it is ready.
    pub(crate) fn start(arguments: &[&str]) -> Self {
        Self::start_until(arguments, "dynamodb: ")
    }

    /// The same with `last` as the start of the last line that it prints.
    pub(crate) fn start_until(arguments: &[&str], last: &str) -> Self {
        let folder = TempDir::new().unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_gateway"))
            .arg("--template")
            .arg(template())
            .args(["--listen", "127.0.0.1:0", "--parameter"])
            .arg(format!("Events={}", folder.path().join("events").display()))
            .args(arguments)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let mut printed = Vec::new();
        for line in BufReader::new(child.stdout.take().unwrap()).lines() {
            printed.push(line.unwrap());
            if printed.last().unwrap().starts_with(last) {
                break;
            }
        }
        Self {
            child,
            printed,
            _folder: folder,
        }
    }

    pub(crate) fn endpoint(&self) -> &str {
        self.printed[0].strip_prefix("endpoint: ").unwrap()
    }

    /// Host and port.
    pub(crate) fn address(&self) -> &str {
        let rest = self.endpoint().strip_prefix("ws://").unwrap();
        rest.split('/').next().unwrap()
    }

    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// The process id of a function that was started for this call, and stays busy for this many seconds.
    pub(crate) async fn function(&self, linger: u32) -> u64 {
        let mut client = self.connect().await;
        let order = format!(r#"{{"action":"talk","whoami":true,"linger":{linger}}}"#);
        let answer: Value = serde_json::from_str(&client.ask(&order).await).unwrap();
        answer["pid"].as_u64().unwrap()
    }

    pub(crate) async fn connect(&self) -> Client {
        Client::connect(self.endpoint()).await.unwrap()
    }

    /// `http://HOST:PORT` of its DynamoDB.
    pub(crate) fn dynamodb(&self) -> &str {
        let mut lines = self.printed.iter();
        let address = lines.find_map(|line| line.strip_prefix("dynamodb: "));
        address.unwrap()
    }

    /// Waits until it has ended by itself.
    pub(crate) async fn end(&mut self) -> ExitStatus {
        eventually("the gateway to end", || self.child.try_wait().unwrap()).await
    }

    /// Ends it, and returns its log.
    pub(crate) async fn log_at_the_end(&mut self) -> String {
        self.signal(Signal::TERM);
        self.end().await;
        self.log()
    }

    pub(crate) fn log(&mut self) -> String {
        let mut stderr = self.child.stderr.take().unwrap();
        let mut log = String::new();
        stderr.read_to_string(&mut log).unwrap();
        log
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has already ended if the test succeeded.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The answer to a request for the socket's address.
pub(crate) fn plain_get(address: &str) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(address)?;
    write!(
        stream,
        "GET /test HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// Runs it with arguments that it cannot start with.
pub(crate) fn refusal(arguments: &[&str]) -> (Output, String) {
    let mut command = Command::new(env!("CARGO_BIN_EXE_gateway"));
    if !arguments.contains(&"--template") {
        command.arg("--template").arg(template());
    }
    let output = command
        .args(["--parameter", "Events=/dev/null"])
        .args(arguments)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr.clone()).unwrap();
    assert!(!output.status.success(), "{said}");
    assert!(
        output.stdout.is_empty(),
        "nothing is ready, so nothing is printed"
    );
    (output, said)
}
