//! A back end that follows a script, for what a transcript cannot arrange: connections that are lost at a certain moment.

use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use papagaio::wait;
use serde_json::Value;
use tokio_tungstenite::tungstenite::{self, Message, WebSocket};

use crate::bridge::Program;

/// How long the client may take for anything.
const LIMIT: Duration = Duration::from_secs(30);

/// Follows the script from its first line to its last.
///
/// # Errors
///
/// The first line that the client does not follow.
pub(crate) fn follow(script: &str, program: &Program) -> Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    listener.set_nonblocking(true)?;
    let mut child = Command::new(&program.interpreter)
        .arg(&program.script)
        .arg(format!("ws://{}/dev", listener.local_addr()?))
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()?;
    let mut input = child.stdin.take().context("no standard input")?;
    let printed = BufReader::new(child.stdout.take().context("no standard output")?);
    let (sender, printed_lines) = channel();
    std::thread::spawn(move || {
        for line in printed.lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    let mut back_end = BackEnd {
        listener,
        socket: None,
        printed: printed_lines,
    };
    let followed = script.lines().enumerate().try_for_each(|(index, line)| {
        let (word, rest) = line.split_once(' ').unwrap_or((line, ""));
        let step = match word {
            "" | "#" => Ok(()),
            "input" => writeln!(input, "{rest}").map_err(Into::into),
            _ => back_end.step(word, rest),
        };
        step.with_context(|| format!("line {}: {line}", index + 1))
    });
    child.kill()?;
    child.wait()?;
    followed
}

struct BackEnd {
    listener: TcpListener,
    socket: Option<WebSocket<TcpStream>>,
    printed: Receiver<String>,
}

impl BackEnd {
    fn step(&mut self, word: &str, rest: &str) -> Result<()> {
        match word {
            "<" => self.socket()?.send(Message::text(rest))?,
            ">" => {
                let received = match self.socket()?.read()? {
                    Message::Text(text) => text.to_string(),
                    other => bail!("received {other:?}"),
                };
                require(&received, rest)?;
            }
            "prints" => require(&self.printed.recv_timeout(LIMIT)?, rest)?,
            "drop" => self.socket = None,
            _ => bail!("unknown word {word}"),
        }
        Ok(())
    }

    /// The current connection, or else the next one.
    fn socket(&mut self) -> Result<&mut WebSocket<TcpStream>> {
        if self.socket.is_none() {
            let accept = || self.listener.accept().map_err(|error| error.to_string());
            let (stream, _) = wait::until("the client to connect", LIMIT, accept)?;
            stream.set_nonblocking(false)?;
            stream.set_read_timeout(Some(LIMIT))?;
            self.socket = Some(tungstenite::accept(stream)?);
        }
        self.socket.as_mut().context("no connection")
    }
}

/// Whether `text` is an object that has all fields of `expected`, and possibly more.
fn require(text: &str, expected: &str) -> Result<()> {
    let actual: Value = serde_json::from_str(text)?;
    let expected: Value = serde_json::from_str(expected).context("in the script")?;
    let fields = expected.as_object().context("not an object")?;
    ensure!(
        fields.iter().all(|(name, value)| &actual[name] == value),
        "got {text}"
    );
    Ok(())
}
