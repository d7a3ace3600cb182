//! A transcript: what happened in one or more terminals, line by line, as a list of steps. Knows nothing of the network.

mod bytes;
mod command;
mod connect;
mod frames;
mod parse;
mod suggest;
pub(crate) mod words;

use std::collections::VecDeque;
use std::fmt;
use std::time::Duration;

pub use bytes::Bytes;
pub(crate) use bytes::written;
pub(crate) use command::basic;
pub use connect::{Connect, ExpectedHeader, Outcome, TlsOptions};
pub use frames::{Ending, Expected, JsonFrame, Payload};

use crate::diagnostic::{Diagnostic, Rendered};
use crate::source::{Source, Span};

/// How `wscat` announces a connection.
pub(crate) const CONNECTED: &str = "Connected (press CTRL+C to quit)";

/// A valid transcript: terminals that send or expect are connected, and every captured value is used.
#[derive(Clone, Debug, PartialEq)]
pub struct Transcript {
    /// The text, for messages that point into it.
    pub source: Source,
    /// The terminals' names, in the order of their first use; [`TerminalId`] is an index into them.
    pub terminals: Vec<TerminalName>,
    /// What is done and expected, in the order of the file.
    pub steps: Vec<Step>,
    /// Whether it is an excerpt of documentation: frames after the last line of a terminal are ignored.
    pub is_excerpt: bool,
    /// Whether the terminals take turns, instead of one after the other as in the file.
    pub is_side_by_side: bool,
}

/// The name of a terminal.
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
    /// Its place.
    pub span: Span,
    /// The terminal that it belongs to.
    pub terminal: TerminalId,
    /// `within 30 s …`: how long it may wait, if the line says so.
    pub limit: Option<Duration>,
    /// What it does or expects.
    pub directive: Directive,
}

/// What a line does or expects.
#[derive(Clone, Debug, PartialEq)]
pub enum Directive {
    /// `$ wscat -c ws://…`, with the line below it that says how it ended, if there is one.
    Connect(Connect),
    /// `> text`, or `in frames of 16384 bytes > text`.
    Send {
        /// The message.
        payload: Payload,
        /// The longest frame, if the message is split.
        frames: Option<usize>,
    },
    /// `< text`: the next thing that arrives is this frame.
    Receive(Expected),
    /// `< ...`: anything may arrive before what the next line expects.
    Skip,
    /// `< nothing for 300 ms`: nothing arrives, counted from here; frames that no line has read count as well.
    Silence(Duration),
    /// `in any order:`, with the `< …` lines below it: the next things that arrive are these frames, in whatever order.
    Unordered(Vec<Candidate>),
    /// `one of:`, with the `< …` lines below it: the next thing that arrives is one of these frames.
    OneOf(Vec<Candidate>),
    /// `ignoring:`, with the `< …` lines below it: from here on, such frames are ignored in this terminal.
    Ignore(Vec<Candidate>),
    /// `exit`: closes the connection, and waits until the other side has closed it too.
    Exit,
    /// `> /close 1000 reason`: the same, with a code.
    Close {
        /// The close code.
        code: u16,
        /// The reason, usually empty.
        reason: String,
    },
    /// `drop`: ends the TCP connection without a close frame.
    Drop,
    /// `pause 2 s`: does nothing for this time. What arrives during it can be read afterwards.
    Pause(Duration),
    /// `50 times > …`, or `50 times:` with the lines below it; `<n>` counts from 1.
    Repeat {
        /// How many times.
        times: u32,
        /// What is repeated: sending and receiving in one terminal.
        steps: Vec<Step>,
    },
    /// `fire the schedule NAME` or `restart the gateway`.
    Hook(Hook),
    /// `Disconnected (code: 1009, reason: "…")`: the next thing that arrives is this end of the connection.
    Disconnected(Ending),
}

/// A frame among several that are expected together.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Its place.
    pub span: Span,
    /// What one of the frames must be.
    pub expected: Expected,
}

/// What only the operator of the server can do. The player is given [`crate::player::Hooks`] that can, or skips such transcripts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Hook {
    /// Invokes a scheduled function now, and waits until it is done.
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

/// Why a text is not a transcript, as a message that points into it.
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
    /// The first invalid line.
    pub fn parse(name: impl Into<String>, text: &str) -> Result<Self, SyntaxError> {
        Self::read(name, text, true)
    }

    /// As [`Self::parse`], for a part of a transcript: captures may be unused.
    pub(crate) fn fragment(name: impl Into<String>, text: &str) -> Result<Self, SyntaxError> {
        Self::read(name, text, false)
    }

    fn read(name: impl Into<String>, text: &str, is_whole: bool) -> Result<Self, SyntaxError> {
        let source = Source::new(name, text);
        match parse::steps(&source, is_whole) {
            Ok((terminals, steps)) => Ok(Self {
                source,
                terminals,
                steps,
                is_excerpt: false,
                is_side_by_side: false,
            }),
            Err(fault) => Err(SyntaxError::new(&source, &fault)),
        }
    }

    /// Reads `text`, a changed version of this transcript.
    pub(crate) fn reread(&self, text: &str) -> Result<Self, SyntaxError> {
        let mut transcript = Self::parse(self.source.name(), text)?;
        transcript.is_excerpt = self.is_excerpt;
        Ok(if self.is_side_by_side {
            transcript.side_by_side()
        } else {
            transcript
        })
    }

    /// The same, as an excerpt of documentation.
    pub fn excerpt(mut self) -> Self {
        self.is_excerpt = true;
        self
    }

    /// The same, but the terminals take turns, each up to and including its next `<` line, as they do for a reader who has them side
    /// by side. The order inside each terminal stays.
    pub fn side_by_side(mut self) -> Self {
        self.is_side_by_side = true;
        let mut queues: Vec<VecDeque<Step>> = vec![VecDeque::new(); self.terminals.len().max(1)];
        for step in self.steps {
            queues[step.terminal.0].push_back(step);
        }
        self.steps = Vec::new();
        while queues.iter().any(|queue| !queue.is_empty()) {
            for queue in &mut queues {
                while let Some(step) = queue.pop_front() {
                    let reads = matches!(
                        step.directive,
                        Directive::Receive(_) | Directive::Unordered(_) | Directive::OneOf(_)
                    );
                    self.steps.push(step);
                    if reads {
                        break;
                    }
                }
            }
        }
        self
    }

    /// Its name: its file, and in a document also the line that it begins in.
    pub fn name(&self) -> String {
        let file = self.source.name();
        let begins = self.source.lines().find(|(_, line)| !line.is_empty());
        match begins {
            Some((line, _)) if line > 1 => format!("{file}:{line}"),
            _ => file.to_owned(),
        }
    }

    /// The variables that it uses, and where: `<$name>`.
    pub fn variables(&self) -> Vec<(String, Span)> {
        let mut found = Vec::new();
        for step in &self.steps {
            step.captures(&mut |name, span| {
                if name.starts_with('$') {
                    found.push((name.to_owned(), span));
                }
            });
        }
        found
    }

    /// The name of a terminal.
    pub fn terminal(&self, id: TerminalId) -> &TerminalName {
        self.terminals.get(id.0).unwrap_or(&TerminalName::Only)
    }
}

impl Step {
    /// Calls `found` with the name and place of every capture and variable in it.
    pub(crate) fn captures(&self, found: &mut dyn FnMut(&str, Span)) {
        let line = self.span.line;
        let mut own = |name: &str, bytes| found(name, Span::new(line, bytes));
        match &self.directive {
            Directive::Connect(connect) => {
                connect.url.captures(&mut own);
                for (_, value) in &connect.headers {
                    value.captures(&mut own);
                }
                let texts = connect.subprotocols.iter().chain(&connect.execute);
                for text in texts.chain(&connect.auth).chain(&connect.proxy) {
                    text.captures(&mut own);
                }
                for header in &connect.headers_expected {
                    if let Some(value) = &header.value {
                        value.captures(&mut |name, bytes| {
                            found(name, Span::new(header.span.line, bytes));
                        });
                    }
                }
                match &connect.outcome {
                    Outcome::Refused {
                        body: Some(body), ..
                    } => body.captures(found),
                    Outcome::Failed { reason, span } => {
                        reason
                            .captures(&mut |name, bytes| found(name, Span::new(span.line, bytes)));
                    }
                    _ => {}
                }
            }
            Directive::Send { payload, .. } => payload.captures(&mut own),
            Directive::Receive(expected) => expected.captures(&mut own),
            Directive::Unordered(lines) | Directive::OneOf(lines) | Directive::Ignore(lines) => {
                for line in lines {
                    line.captures(found);
                }
            }
            Directive::Repeat { steps, .. } => {
                for step in steps {
                    step.captures(found);
                }
            }
            Directive::Disconnected(
                Ending::Closed {
                    reason: Some(text), ..
                }
                | Ending::ProtocolError(text),
            ) => text.captures(&mut own),
            _ => {}
        }
    }
}

impl Candidate {
    fn captures(&self, found: &mut dyn FnMut(&str, Span)) {
        let line = self.span.line;
        self.expected
            .captures(&mut |name, bytes| found(name, Span::new(line, bytes)));
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
    fn terminals_side_by_side_take_turns_after_each_received_line() {
        let text = "[a]\n$ wscat -c ws://a\n< 1\n> 2\n[b]\n$ wscat -c ws://a\n< 3\n< 4\nexit\n";
        let transcript = Transcript::parse("a", text).unwrap().side_by_side();
        let lines: Vec<_> = transcript.steps.iter().map(|step| step.span.line).collect();
        assert_eq!(lines, [2, 3, 6, 7, 4, 8, 9]);
    }
}
