//! Runs typed commands, shows what arrives, and keeps the recording. [`connecting`] opens connections.

mod connecting;

use std::path::PathBuf;
use std::time::Duration;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use super::command::{self, Command};
use super::connection::{Arrivals, Connection};
use super::error::RecordError;
use super::input::Input;
use super::notation;
use super::recording::{Event, Recording};
use super::ticker;
use super::{HELP, write};
use crate::player::{Arrival, Variables};
use crate::proxy::Proxies;

/// Longest wait for a server that is never silent, in settle times.
const MAX_SETTLES: u32 = 10;

/// How often the file is written while nothing is typed. If the program is killed, arrivals of this time are lost.
const SAVED_EVERY: Duration = Duration::from_secs(1);

/// What to record, and how.
#[derive(Clone, Debug)]
pub struct Recorder {
    /// The server's address, with the notation of transcripts.
    pub url: String,
    /// The file to write.
    pub path: PathBuf,
    /// The name of the first terminal, if there are several in the end.
    pub name: String,
    /// Options of `wscat` for every connection, as typed.
    pub options: String,
    /// Proxies, where the options do not say.
    pub proxies: Proxies,
    /// Values of `<$name>`.
    pub variables: Variables,
    /// How long nothing must arrive before a piped line counts as answered.
    pub settle: Duration,
    /// How long a connection may take to open.
    pub timeout: Duration,
}

/// The result.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Recorded {
    /// How many lines the transcript has; 0 if nothing happened and no file was written.
    pub lines: usize,
    /// What will not be checked, or not pass, when they are played.
    pub remarks: Vec<String>,
    /// The names of the variables that it needs.
    pub variables: Vec<String>,
}

impl Recorder {
    /// Connects the first terminal, and runs the lines of `input` until it ends, `/quit` is typed, or the program is
    /// interrupted, which waits for nothing more. The file is written after each line.
    ///
    /// # Errors
    ///
    /// If the first terminal cannot connect, if the program is interrupted before that, or if the file cannot be written.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops all connections; the file contains everything up to the last typed line.
    pub async fn run(&self, input: &mut Input) -> Result<Recorded, RecordError> {
        let (sender, mut arrivals) = mpsc::unbounded_channel();
        let mut session = Session {
            recorder: self,
            recording: Recording::new(self.variables.values().clone()),
            links: Vec::new(),
            current: 0,
            arrivals: sender,
            is_never_silent: false,
        };
        let mut interruptions = signal(SignalKind::interrupt()).map_err(RecordError::Signals)?;
        tokio::select! {
            result = session.record(&mut arrivals, input) => result?,
            _ = interruptions.recv() => {
                if session.recording.terminals.is_empty() {
                    return Err(RecordError::Interrupted);
                }
            }
        }
        session.save()
    }
}

/// How recording continues after a line.
enum Next {
    Line,
    End,
}

struct Session<'a> {
    recorder: &'a Recorder,
    recording: Recording,
    /// The connection of each of the recording's terminals, as long as it is open.
    links: Vec<Option<Connection>>,
    current: usize,
    arrivals: Arrivals,
    /// Whether a line that was piped in did not wait for silence.
    is_never_silent: bool,
}

impl Session<'_> {
    /// Connects the first terminal, and runs lines until they end.
    async fn record(
        &mut self,
        arrivals: &mut mpsc::UnboundedReceiver<(usize, Arrival)>,
        input: &mut Input,
    ) -> Result<(), RecordError> {
        self.connect(Some(&self.recorder.name), "", input).await?;
        loop {
            if !input.is_terminal() {
                self.settle(arrivals, input).await;
            }
            self.save()?;
            input.prompt(&self.prompt());
            let Some(line) = self.next_line(arrivals, input).await? else {
                break;
            };
            match self.typed(&line, input).await {
                Ok(Next::Line) => {}
                Ok(Next::End) => break,
                Err(error) => input.print(&error.to_string()),
            }
        }
        self.settle(arrivals, input).await;
        Ok(())
    }

    fn prompt(&self) -> String {
        match self.recording.terminals.get(self.current) {
            Some(name) if self.recording.terminals.len() > 1 => format!("{name}> "),
            _ => "> ".to_owned(),
        }
    }

    /// The next line; arrivals are kept until then. `None` at the end of the input.
    async fn next_line(
        &mut self,
        arrivals: &mut mpsc::UnboundedReceiver<(usize, Arrival)>,
        input: &mut Input,
    ) -> Result<Option<String>, RecordError> {
        let mut saving = tokio::time::interval(SAVED_EVERY);
        let mut is_saved = true;
        loop {
            tokio::select! {
                line = input.line() => return Ok(line),
                Some((terminal, arrival)) = arrivals.recv() => {
                    self.arrived(terminal, arrival, input);
                    is_saved = false;
                }
                _ = saving.tick(), if !is_saved => {
                    self.save()?;
                    is_saved = true;
                }
            }
        }
    }

    /// Keeps arrivals until none come for the settle time.
    async fn settle(
        &mut self,
        arrivals: &mut mpsc::UnboundedReceiver<(usize, Arrival)>,
        input: &Input,
    ) {
        let settle = self.recorder.settle;
        let begin = Instant::now();
        let (half, end) = (
            begin + settle * MAX_SETTLES / 2,
            begin + settle * MAX_SETTLES,
        );
        let mut silent_at = begin + settle;
        let mut late = Vec::new();
        while let Ok(Some((terminal, arrival))) = timeout_at(silent_at, arrivals.recv()).await {
            let now = Instant::now();
            if !ticker::is_known(&self.recording, terminal, &arrival) {
                silent_at = now + settle;
                if now >= half {
                    late.push((terminal, arrival.clone()));
                }
            }
            self.arrived(terminal, arrival, input);
            if now >= end {
                let tickers = ticker::among(&late);
                self.is_never_silent |= tickers.is_empty();
                self.recording.tickers.extend(tickers);
                return;
            }
        }
    }

    fn arrived(&mut self, terminal: usize, arrival: Arrival, input: &Input) {
        let name = match self.recording.terminals.as_slice() {
            [_] => String::new(),
            many => format!("[{}] ", many[terminal]),
        };
        input.print(&format!("{name}{arrival}"));
        if arrival.is_end() {
            self.links[terminal] = None;
        }
        self.recording.add(terminal, Event::Arrived(arrival));
    }

    async fn typed(&mut self, line: &str, input: &Input) -> Result<Next, RecordError> {
        let command = match command::parse(line) {
            Ok(command) => command,
            Err(message) => {
                input.print(&message);
                return Ok(Next::Line);
            }
        };
        match command {
            Command::Nothing => {}
            Command::Help => input.print(HELP),
            Command::Quit => return Ok(Next::End),
            Command::Note(note) => self.add(Event::Noted(note.to_owned())),
            Command::Switch(name) => {
                match self.recording.terminals.iter().position(|n| n == name) {
                    Some(terminal) => self.current = terminal,
                    None => input.print(&format!(
                        "there is no terminal {name}; write: /connect {name}"
                    )),
                }
            }
            Command::Connect { name, options } => self.connect(name, options, input).await?,
            Command::Close => self.close(input).await,
            Command::Send(text) => self.send(text, input).await,
        }
        Ok(Next::Line)
    }

    fn add(&mut self, event: Event) {
        self.recording.add(self.current, event);
    }

    async fn close(&mut self, input: &Input) {
        match self.open() {
            Some(connection) => {
                connection.leave().await;
                self.add(Event::Left);
            }
            None => input.print("this terminal is not connected"),
        }
    }

    /// The current terminal's connection, if it has one that is not being closed.
    fn open(&mut self) -> Option<&mut Connection> {
        let link = self.links[self.current].as_mut();
        link.filter(|connection| !connection.is_leaving())
    }

    async fn send(&mut self, text: &str, input: &Input) {
        let message = match notation::sent(text, &self.recording.variables) {
            Ok(message) => message,
            Err(error) => return input.print(&error),
        };
        let Some(connection) = self.open() else {
            let name = &self.recording.terminals[self.current];
            let hint = format!("{name} is not connected; write: /connect {name}");
            return input.print(&hint);
        };
        match connection.send(message).await {
            Ok(()) => self.add(Event::Typed(text.to_owned())),
            Err(error) => input.print(&format!("this could not be sent: {error}")),
        }
    }

    fn save(&self) -> Result<Recorded, RecordError> {
        let text = write::transcript(&self.recording);
        if !text.is_empty() {
            let path = &self.recorder.path;
            std::fs::write(path, &text).map_err(|reason| RecordError::Unwritable {
                path: path.clone(),
                reason,
            })?;
        }
        let mut remarks = write::remarks(&text, &self.recording);
        if self.is_never_silent {
            let remark =
                "the server was never silent: list what it sends by itself below ignoring:";
            remarks.push(remark.to_owned());
        }
        let tickers = self.recording.tickers.iter();
        remarks.extend(tickers.map(|(_, line)| {
            format!("the server sends this by itself, and it is ignored: {line}")
        }));
        Ok(Recorded {
            lines: text.lines().count(),
            remarks,
            variables: write::variables(&text),
        })
    }
}
