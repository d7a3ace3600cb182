//! A transcript: what a person saw in one or more terminals, line by line, as a list of steps. Knows nothing of the network.

mod command;
mod parse;
mod suggest;
pub(crate) mod words;

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

use crate::diagnostic::{Diagnostic, Rendered};
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
    /// `in any order:`, with the `< …` lines below it: the next things that arrive are these frames, in whatever order.
    Unordered(Vec<OneOf>),
    /// `exit`: closes the connection, and waits until the other side has closed it too.
    Exit,
    /// `> /close 1000 reason`: the same, with a code.
    Close {
        /// The close code.
        code: u16,
        /// The reason, mostly empty.
        reason: String,
    },
    /// `drop`: ends the TCP connection without a close frame.
    Drop,
    /// `pause 2 s`: does nothing for so long. What arrives meanwhile can be read afterwards.
    Pause(Duration),
    /// `50 times > …`: the same action again and again; `<n>` counts, from 1 on.
    Repeat {
        /// How often.
        times: u32,
        /// A [`Action::Send`], [`Action::SendInFrames`] or [`Action::Receive`].
        action: Box<Action>,
    },
    /// `in frames of 16384 bytes > …`: sends a message that is cut into frames.
    SendInFrames {
        /// The longest frame.
        bytes: usize,
        /// A text or binary payload.
        payload: Payload,
    },
    /// `fire the schedule NAME` or `restart the gateway`.
    Hook(Hook),
    /// `Disconnected (code: 1009, reason: "…")`: the next thing that arrives is this end of the connection.
    Disconnected(Ending),
}

/// One line of [`Action::Unordered`].
#[derive(Clone, Debug, PartialEq)]
pub struct OneOf {
    /// Where it stands.
    pub span: Span,
    /// What one of the frames has to be.
    pub expected: Expected,
}

/// What only whoever runs the other side can do. The player is handed somebody who can, or leaves such transcripts out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hook {
    /// Runs a scheduled function at once, and waits until it is done.
    FireSchedule(String),
    /// Ends the gateway, and starts it again at the same address with the same tables.
    RestartGateway,
}

impl fmt::Display for Hook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::FireSchedule(name) => write!(f, "fire the schedule {name}"),
            Self::RestartGateway => f.write_str("restart the gateway"),
        }
    }
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
    /// `-x text`, in order: sent as soon as the connection is open.
    pub execute: Vec<Template>,
    /// `-w seconds`, with `-x`: how long after that the connection is closed. `None` without `-x`, and for `-w -1`.
    pub wait: Option<Duration>,
    /// `--slash`: `> /ping`, `> /pong` and `> /close` are commands.
    pub slash: bool,
    /// `-P`: pings and pongs that arrive are shown, so lines have to read them.
    pub shows_pings: bool,
    /// `--show-headers`: lines below may say what the response's headers have to be.
    pub shows_headers: bool,
    /// These lines.
    pub headers_expected: Vec<ExpectedHeader>,
    /// How it has to end.
    pub outcome: Outcome,
}

/// `< Sec-WebSocket-Protocol: chat.v1` below `wscat … --show-headers`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExpectedHeader {
    /// Where the line stands.
    pub span: Span,
    /// The header.
    pub name: http::HeaderName,
    /// Its value; `None` where the line says `<none>`: there must be no such header.
    pub value: Option<Template>,
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
    /// `/ping data`, with `--slash`.
    Ping(Template),
    /// `/pong data`, with `--slash`.
    Pong(Template),
}

impl Payload {
    /// Calls `found` with the name and place of every captured value in it.
    pub fn captures<'a>(&'a self, found: &mut impl FnMut(&'a str, std::ops::Range<usize>)) {
        match self {
            Self::Text(text) | Self::Ping(text) | Self::Pong(text) => text.captures(found),
            Self::Binary(_) => {}
        }
    }
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
    /// `<text of 8192 bytes>`: a text frame of this size.
    TextOf(usize),
    /// `<binary of 8192 bytes>`: a binary frame of this size.
    BinaryOf(usize),
    /// `Received ping (data: "…")`, with `-P`.
    Ping(Template),
    /// `Received pong (data: "…")`, with `-P`.
    Pong(Template),
}

impl Expected {
    /// Calls `found` with the name and place of every capture in it.
    pub fn captures<'a>(&'a self, found: &mut impl FnMut(&'a str, std::ops::Range<usize>)) {
        match self {
            Self::Json(pattern) => pattern.captures(found),
            Self::Text(template) | Self::Ping(template) | Self::Pong(template) => {
                template.captures(found);
            }
            Self::Binary(_) | Self::TextOf(_) | Self::BinaryOf(_) => {}
        }
    }
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
pub struct SyntaxError(Rendered);

/// In colours as `{:#}`.
impl fmt::Display for SyntaxError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
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

    /// The same, but the terminals take turns, each up to and including its next `<` line: as they do for a person who has them
    /// beside each other. The order inside each terminal stays.
    pub fn side_by_side(mut self) -> Self {
        let mut queues: Vec<VecDeque<Step>> = vec![VecDeque::new(); self.terminals.len().max(1)];
        for step in self.steps {
            queues[step.terminal.0].push_back(step);
        }
        self.steps = Vec::new();
        while queues.iter().any(|queue| !queue.is_empty()) {
            for queue in &mut queues {
                while let Some(step) = queue.pop_front() {
                    let reads = matches!(step.action, Action::Receive(_) | Action::Unordered(_));
                    self.steps.push(step);
                    if reads {
                        break;
                    }
                }
            }
        }
        self
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
        Self(fault.rendered(source))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn terminals_side_by_side_take_turns_after_each_line_that_reads() {
        let text = "[a]\n$ wscat -c ws://a\n< 1\n> 2\n[b]\n$ wscat -c ws://a\n< 3\n< 4\nexit\n";
        let transcript = Transcript::parse("a", text).unwrap().side_by_side();
        let lines: Vec<_> = transcript.steps.iter().map(|step| step.span.line).collect();
        assert_eq!(lines, [2, 3, 6, 7, 4, 8, 9]);
    }
}
