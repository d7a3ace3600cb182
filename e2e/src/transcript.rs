//! A transcript: what a person saw in one or more terminals, line by line, as a list of steps. Knows nothing of the network.

mod command;
mod parse;
mod suggest;
pub(crate) mod words;

use std::fmt;
use std::time::Duration;

use crate::diagnostic::Diagnostic;
use crate::pattern::{Pattern, Template};
use crate::source::{Source, Span};

/// A transcript that makes sense: whoever sends or expects is connected, and what is used was captured before.
#[derive(Clone, Debug, PartialEq)]
pub struct Transcript {
    /// The text, for messages that point into it.
    pub source: Source,
    /// The terminals' names, in the order of their first use; [`TerminalId`] counts them.
    pub terminals: Vec<TerminalName>,
    /// What happens, in the order of the file.
    pub steps: Vec<Step>,
}

/// What a terminal is called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TerminalName {
    /// The only one of a file that names none.
    Only,
    /// Named by a line `[name]`.
    Named(String),
}

impl fmt::Display for TerminalName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Only => f.write_str("the terminal"),
            Self::Named(name) => write!(f, "[{name}]"),
        }
    }
}

/// One of [`Transcript::terminals`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TerminalId(pub usize);

/// One line that does or expects something.
#[derive(Clone, Debug, PartialEq)]
pub struct Step {
    /// Where it stands.
    pub span: Span,
    /// The terminal that it happens in.
    pub terminal: TerminalId,
    /// What happens.
    pub action: Action,
}

/// What a line does or expects.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// `$ wscat -c ws://…`, with the line below it that says how it ended, if there is one.
    Connect(Connect),
    /// `> text`
    Send(Payload),
    /// `< text`: the next thing that arrives is this frame.
    Receive(Expected),
    /// `< nothing for 300 ms`: nothing arrives, counted from here on; frames that no line has read count as well.
    Silence(Duration),
    /// `exit`: closes the connection, and waits until the other side has closed it too.
    Exit,
    /// `Disconnected (code: 1009, reason: "…")`: the next thing that arrives is this end of the connection.
    Disconnected(Ending),
}

/// How to connect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Connect {
    /// The address as it is written; [`crate::endpoint::Endpoint`] makes the real one of it.
    pub url: String,
    /// `-H name:value`, `-o origin`, `--auth user:password`, in order.
    pub headers: Vec<(http::HeaderName, http::HeaderValue)>,
    /// `-s protocol`, in order.
    pub subprotocols: Vec<http::HeaderValue>,
    /// How it has to end.
    pub outcome: Outcome,
}

/// How a handshake has to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// `Connected (press CTRL+C to quit)`, or no line at all.
    Accepted,
    /// `error: Unexpected server response: 403`
    Refused {
        /// The HTTP status.
        status: u16,
        /// Where the line stands.
        span: Span,
    },
}

/// What is sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// A text frame.
    Text(Template),
    /// `<bytes 00 ff>`: a binary frame.
    Binary(Vec<u8>),
}

/// What a frame has to be.
#[derive(Clone, Debug, PartialEq)]
pub enum Expected {
    /// A text frame with JSON.
    Json(Pattern),
    /// A text frame, compared as text.
    Text(Template),
    /// `<bytes 00 ff>`: a binary frame.
    Binary(Vec<u8>),
}

/// How a connection has to end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The close code; 1005 if the other side gave none, 1006 if it vanished.
    pub code: u16,
    /// The reason, if the line says one.
    pub reason: Option<Template>,
}

/// A text that is no transcript, with the message that points into it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SyntaxError(String);

impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for SyntaxError {}

impl Transcript {
    /// Reads `text`. `name` is what messages call it, usually its path.
    ///
    /// # Errors
    ///
    /// The first line that makes no sense, as a message for a person.
    pub fn parse(name: impl Into<String>, text: &str) -> Result<Self, SyntaxError> {
        let source = Source::new(name, text);
        match parse::steps(&source) {
            Ok((terminals, steps)) => Ok(Self {
                source,
                terminals,
                steps,
            }),
            Err(fault) => Err(SyntaxError::new(&source, &fault)),
        }
    }

    /// What it is called: its file, and in a document also the line that it begins in.
    pub fn name(&self) -> String {
        let file = self.source.name();
        let begins = self.source.lines().find(|(_, line)| !line.is_empty());
        match begins {
            Some((line, _)) if line > 1 => format!("{file}:{line}"),
            _ => file.to_owned(),
        }
    }

    /// What a terminal is called.
    pub fn terminal(&self, id: TerminalId) -> &TerminalName {
        self.terminals.get(id.0).unwrap_or(&TerminalName::Only)
    }
}

impl SyntaxError {
    fn new(source: &Source, fault: &Diagnostic) -> Self {
        Self(fault.render(source))
    }
}
