//! The executable: what it prints, how it fails, and that it leaves nothing behind.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    process::{Child, Command, Output, Stdio},
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio_tungstenite::{connect_async, tungstenite::Message};

use crate::{
    services::dynamodb_call,
    stack::{eventually, is_alive, template},
};

/// How long the end may take, whatever clients and functions do. The gateway gives itself seven seconds.
const SECONDS: Duration = Duration::from_secs(12);

/// The executable at work.
struct Process {
    child: Child,
    printed: Vec<String>,
    folder: TempDir,
}

impl Process {
    /// Starts it and reads what it prints until it is ready.
    fn start(arguments: &[&str]) -> Self {
        Self::start_until(arguments, "dynamodb: ")
    }

    /// The same with `last` as the start of the last line that it prints.
    fn start_until(arguments: &[&str], last: &str) -> Self {
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
            folder,
        }
    }

    fn endpoint(&self) -> &str {
        self.printed[0].strip_prefix("endpoint: ").unwrap()
    }

    /// Host and port.
    fn address(&self) -> &str {
        let rest = self.endpoint().strip_prefix("ws://").unwrap();
        rest.split('/').next().unwrap()
    }

    fn signal(&self, signal: Signal) {
        let pid = Pid::from_raw(i32::try_from(self.child.id()).unwrap()).unwrap();
        kill_process(pid, signal).unwrap();
    }

    /// The process id of a function that was started for this, and is busy for so many seconds more.
    async fn function(&self, linger: u32) -> u64 {
        let (mut socket, _) = connect_async(self.endpoint()).await.unwrap();
        let order = format!(r#"{{"action":"talk","whoami":true,"linger":{linger}}}"#);
        futures::SinkExt::send(&mut socket, order.into())
            .await
            .unwrap();
        let answer = futures::StreamExt::next(&mut socket)
            .await
            .unwrap()
            .unwrap();
        let answer: Value = serde_json::from_str(answer.to_text().unwrap()).unwrap();
        answer["pid"].as_u64().unwrap()
    }

    fn log(&mut self) -> String {
        let mut log = String::new();
        self.child
            .stderr
            .take()
            .unwrap()
            .read_to_string(&mut log)
            .unwrap();
        log
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // It has ended already where the test went well.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The answer to a request for the socket's address.
fn plain_get(address: &str) -> std::io::Result<String> {
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
fn refusal(arguments: &[&str]) -> (Output, String) {
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

#[test]
fn it_prints_what_runs_and_where() {
    let process = Process::start(&["--stage", "mine"]);
    let mut lines = process.printed.iter().map(String::as_str);
    let endpoint = lines.next().unwrap();
    assert!(
        endpoint.starts_with("endpoint: ws://127.0.0.1:") && endpoint.ends_with("/mine"),
        "{endpoint}"
    );
    let address = process.address();
    assert_eq!(
        lines.next(),
        Some(&*format!("console: http://{address}/_gateway/"))
    );
    let middle: Vec<_> = lines.by_ref().take(7).collect();
    let wanted = [
        "functions:",
        "  door: mine-door",
        "  talk: mine-talk",
        "tables:",
        "  Table: mine-table",
        "schedules:",
        "  talk: rate(1 hour)",
    ];
    assert_eq!(middle, wanted);
    assert!(
        lines
            .next()
            .unwrap()
            .starts_with("dynamodb: http://127.0.0.1:")
    );
    assert_eq!(lines.next(), None);
}

#[tokio::test]
async fn sigint_and_sigterm_end_the_gateway_and_its_functions() {
    for signal in [Signal::INT, Signal::TERM] {
        let mut process = Process::start(&[]);
        let function = process.function(0).await;
        assert!(is_alive(function));
        process.signal(signal);
        let status = eventually("the gateway to end", || process.child.try_wait().unwrap()).await;
        assert_eq!(status.code(), Some(0));
        assert!(!is_alive(function), "the function lives on");
        let events = std::fs::read_to_string(process.folder.path().join("events")).unwrap();
        assert!(events.contains("DISCONNECT"), "{events}");
        let log = process.log();
        assert!(
            log.contains("connect ") && log.contains("talk -> talk") && log.contains("ended"),
            "{log}"
        );
    }
}

/// What `$disconnect` writes when the gateway ends is there when it starts again.
#[tokio::test]
async fn on_a_signal_clients_are_closed_with_1001_and_disconnect_runs() {
    for signal in [Signal::INT, Signal::TERM] {
        let data = TempDir::new().unwrap();
        let arguments = ["--data", data.path().to_str().unwrap()];
        let mut process = Process::start(&arguments);
        let (mut socket, _) = connect_async(process.endpoint()).await.unwrap();
        let asked = Instant::now();
        process.signal(signal);
        let close = loop {
            match futures::StreamExt::next(&mut socket)
                .await
                .unwrap()
                .unwrap()
            {
                Message::Close(frame) => break frame.unwrap(),
                other => drop(other),
            }
        };
        assert_eq!(
            (u16::from(close.code), close.reason.as_str()),
            (1001, "Going away")
        );
        let status = eventually("the gateway to end", || process.child.try_wait().unwrap()).await;
        assert_eq!(status.code(), Some(0));
        assert!(asked.elapsed() < SECONDS, "it took {:?}", asked.elapsed());
        let again = Process::start(&arguments);
        let dynamodb = again
            .printed
            .last()
            .unwrap()
            .strip_prefix("dynamodb: ")
            .unwrap();
        let rows = dynamodb_call(dynamodb, "Scan", &json!({"TableName": "test-table"})).await;
        assert_eq!(rows["Count"], 1, "{rows}");
    }
}

#[tokio::test]
async fn shutdown_does_not_wait_for_busy_functions_or_unresponsive_clients() {
    let mut process = Process::start(&["--parameter", "Timeout=60"]);
    let _deaf = connect_async(process.endpoint()).await.unwrap();
    let busy = process.function(60).await;
    let asked = Instant::now();
    process.signal(Signal::TERM);
    let status = eventually("the gateway to end", || process.child.try_wait().unwrap()).await;
    assert_eq!(status.code(), Some(0));
    assert!(asked.elapsed() < SECONDS, "it took {:?}", asked.elapsed());
    assert!(!is_alive(busy), "the function lives on");
    let log = process.log();
    assert!(log.contains("clients or messages were cut off"), "{log}");
}

#[tokio::test]
async fn a_second_interrupt_ends_it_at_once() {
    let mut process = Process::start(&["--parameter", "Timeout=60"]);
    let busy = process.function(60).await;
    process.signal(Signal::INT);
    // The first signal must have been handled.
    eventually("no client to be let in any more", || {
        let address = process
            .endpoint()
            .strip_prefix("ws://")
            .unwrap()
            .split('/')
            .next()
            .unwrap();
        let answer = plain_get(address).unwrap_or_default();
        answer.contains(" 503 ").then_some(())
    })
    .await;
    let asked = Instant::now();
    process.signal(Signal::INT);
    eventually("the gateway to end", || process.child.try_wait().unwrap()).await;
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

/// Opening a FIFO that nothing writes to blocks for ever.
#[tokio::test]
async fn a_fifo_in_the_site_is_not_served_and_does_not_delay_the_end() {
    let site = TempDir::new().unwrap();
    let pipe = site.path().join("pipe");
    rustix::fs::mkfifoat(rustix::fs::CWD, &pipe, rustix::fs::Mode::RWXU).unwrap();
    let mut process = Process::start(&["--site", site.path().to_str().unwrap()]);
    let mut client = TcpStream::connect(process.address()).unwrap();
    client.set_read_timeout(Some(SECONDS)).unwrap();
    client
        .write_all(b"GET /pipe HTTP/1.1\r\nHost: localhost\r\n\r\n")
        .unwrap();
    let mut answer = [0; 12];
    client.read_exact(&mut answer).unwrap();
    assert_eq!(&answer, b"HTTP/1.1 404");
    let asked = Instant::now();
    process.signal(Signal::TERM);
    let status = eventually("the gateway to end", || process.child.try_wait().unwrap()).await;
    assert_eq!(status.code(), Some(0));
    assert!(asked.elapsed() < SECONDS, "{:?}", asked.elapsed());
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

#[test]
fn a_port_in_use_is_one_clear_sentence() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let (_, said) = refusal(&["--listen", &address]);
    assert_eq!(said.lines().count(), 1, "{said}");
    assert!(
        said.contains(&address) && said.contains("in use") && said.contains("--listen"),
        "{said}"
    );
}

#[test]
fn mistakes_are_reported_with_the_remedy() {
    let mistakes: [(&[&str], &str); 6] = [
        (&["--template", "/nowhere.yaml"], "/nowhere.yaml"),
        (&["--parameter", "Unknown=1"], "Unknown"),
        (&["--parameter", "nonsense"], "KEY=VALUE"),
        (&["--idle-timeout", "10"], "10m"),
        (
            &["--site", "/nowhere", "--listen", "127.0.0.1:0"],
            "/nowhere",
        ),
        (&["--memory", "--data", "x"], "--data"),
    ];
    for (arguments, word) in mistakes {
        let (_, said) = refusal(arguments);
        assert!(said.contains(word), "{arguments:?}: {said}");
    }
}

#[test]
fn a_data_folder_is_used_by_one_gateway_at_a_time() {
    let folder = TempDir::new().unwrap();
    let data = folder.path().to_str().unwrap();
    let _first = Process::start(&["--data", data]);
    let (_, said) = refusal(&["--data", data, "--listen", "127.0.0.1:0"]);
    assert!(
        said.contains("another gateway") && said.contains(data),
        "{said}"
    );
}

#[test]
fn data_is_readable_by_its_owner_only_and_no_link_is_followed() {
    use std::os::unix::fs::{PermissionsExt as _, symlink};
    let parent = TempDir::new().unwrap();
    let folder = parent.path().join("data");
    drop(Process::start(&["--data", folder.to_str().unwrap()]));
    let mode = |path: &std::path::Path| path.metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&folder), 0o700);
    for entry in std::fs::read_dir(&folder).unwrap() {
        let path = entry.unwrap().path();
        assert_eq!(mode(&path), 0o600, "{}", path.display());
    }
    let precious = parent.path().join("precious");
    std::fs::write(&precious, "text").unwrap();
    std::fs::remove_file(folder.join("lock")).unwrap();
    symlink(&precious, folder.join("lock")).unwrap();
    let (_, said) = refusal(&[
        "--data",
        folder.to_str().unwrap(),
        "--listen",
        "127.0.0.1:0",
    ]);
    assert!(said.contains("--data"), "{said}");
    assert_eq!(std::fs::read_to_string(precious).unwrap(), "text");
}

#[tokio::test]
async fn an_error_status_of_a_function_is_logged_with_its_body() {
    let mut process = Process::start(&[]);
    let (mut socket, _) = connect_async(process.endpoint()).await.unwrap();
    let returned = r#"{"statusCode":502,"body":"no such host"}"#;
    let order = format!(r#"{{"action":"talk","return":{returned}}}"#);
    futures::SinkExt::send(&mut socket, order.into())
        .await
        .unwrap();
    let order = r#"{"action":"talk","return":null}"#;
    futures::SinkExt::send(&mut socket, order.into())
        .await
        .unwrap();
    // The answer to the second message says that the first was handled, unless they overtook one another.
    futures::StreamExt::next(&mut socket)
        .await
        .unwrap()
        .unwrap();
    process.function(0).await;
    process.signal(Signal::TERM);
    eventually("the gateway to end", || process.child.try_wait().unwrap()).await;
    let log = process.log();
    assert!(
        log.contains(r#"statusCode 502, body "no such host""#),
        "{log}"
    );
    assert!(log.contains("malformed proxy response"), "{log}");
}

/// Without `--template`, the usual names are looked for in the current folder.
#[test]
fn the_template_is_found_by_its_usual_names() {
    let folder = TempDir::new().unwrap();
    let said = || {
        let output = Command::new(env!("CARGO_BIN_EXE_gateway"))
            .current_dir(folder.path())
            .output()
            .unwrap();
        String::from_utf8(output.stderr).unwrap()
    };
    assert!(
        said().contains("template.yaml:1: cannot read the template"),
        "{}",
        said()
    );
    for name in ["serverless.yml", "template.yml", "template.yaml"] {
        std::fs::write(folder.path().join(name), "not a template").unwrap();
        assert!(said().contains(&format!("{name}:1: ")), "{}", said());
    }
}

#[test]
fn one_line_of_json_tells_programs_what_runs() {
    let mut process = Process::start_until(&["--ready", "json"], "{");
    let ready: papo_gateway::Ready = serde_json::from_str(&process.printed.remove(0)).unwrap();
    assert!(ready.endpoint.ends_with("/test"), "{ready:?}");
    assert_eq!(ready.functions[0].id, "door");
    assert_eq!(ready.tables[0].name, "test-table");
    assert_eq!(ready.schedules[0].expression, "rate(1 hour)");
}
