//! A transcript: what happened in one or more terminals, line by line, as a list of steps. Knows nothing of the network.
//!
//! # Layout
//!
//! - [`mod@step`]: what a line does or expects
//! - [`connect`], [`frames`], [`bytes`]: its parts
//! - [`parse`]: reads the lines; [`command`]: wscat's command line, split into [`words`]
//! - [`suggest`]: "did you mean …?"

mod bytes;
pub(crate) mod command;
mod connect;
mod frames;
mod parse;
mod step;
pub(crate) mod suggest;
pub(crate) mod words;

use std::collections::VecDeque;
use std::fmt;

pub use bytes::Bytes;
pub(crate) use bytes::{written, written_open};
pub(crate) use command::basic;
pub use connect::{Connect, ExpectedHeader, Outcome, TlsOptions};
pub use frames::{Ending, Expected, JsonFrame, Payload};
pub(crate) use step::COUNTER;
pub use step::{Candidate, Directive, Hook, Step, TerminalId};

use crate::diagnostic::Rendered;
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
    /// Reads `text`. `name` identifies it in messages, and is usually its path.
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
            Err(fault) => Err(SyntaxError(fault.render(&source))),
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
