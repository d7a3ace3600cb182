//! The reason why a step failed, before later arrivals are collected.

mod frame;
mod frames;
mod handshake;

use std::fmt::Write as _;
use std::time::Duration;

use tokio_tungstenite::tungstenite;

use super::{Actual, FailureKind};
use crate::diagnostic::{Label, Note};
use crate::duration;
use crate::pattern::Mismatch;
use crate::player::arrival::Arrival;
use crate::player::generated;
use crate::player::handshake::lower_first;
use crate::source::Span;
use crate::transcript::Hook;

pub(in crate::player) type StepResult = Result<(), Unmet>;

/// The reason why a step failed, before later arrivals are collected.
#[derive(Debug)]
pub(in crate::player) struct Unmet {
    pub(super) kind: FailureKind,
    pub(super) title: String,
    /// Places in the file. If there are none of either kind, the label is the whole line of the step.
    pub(super) labels: Vec<Label>,
    /// Places in the step's line.
    pub(super) mismatches: Vec<Mismatch>,
    pub(super) notes: Vec<Note>,
    pub(super) actual: Option<Box<Actual>>,
}

impl Unmet {
    fn new(title: impl Into<String>) -> Self {
        Self {
            kind: FailureKind::Different,
            title: title.into(),
            labels: Vec::new(),
            mismatches: Vec::new(),
            notes: Vec::new(),
            actual: None,
        }
    }

    /// Points at `span`, with `text` after the carets.
    fn label(mut self, span: Span, text: impl Into<String>) -> Self {
        let text = text.into();
        self.labels.push(Label { span, text });
        self
    }

    fn note(mut self, note: Note) -> Self {
        self.notes.push(note);
        self
    }

    fn help(self, help: impl Into<String>) -> Self {
        self.note(Note::Help(help.into()))
    }

    fn value(self, name: &str, value: impl Into<String>) -> Self {
        let (name, value) = (name.to_owned(), value.into());
        self.note(Note::Value { name, value })
    }

    fn because(mut self, actual: Actual) -> Self {
        self.actual = Some(Box::new(actual));
        self
    }

    fn got(self, arrival: &Arrival) -> Self {
        self.because(Actual::Arrival(arrival.clone()))
    }

    /// Shows what arrived, where no line stands beside it.
    fn shown(self, arrival: &Arrival) -> Self {
        self.value("got", arrival.to_string())
    }

    /// The transcript could not be played.
    fn unreachable(mut self) -> Self {
        self.kind = FailureKind::Unreachable;
        self
    }

    /// Something arrived after the last line of a terminal.
    pub(in crate::player) fn after_the_end(arrival: &Arrival) -> Self {
        let title = match arrival {
            Arrival::Closed { .. } => "the connection was closed after the last line",
            Arrival::ProtocolError(_) => "the server violated the protocol after the last line",
            _ => "something arrived after the last line",
        };
        Self::left_over(title, arrival)
    }

    /// A message has arrived in part, and the transcript ends.
    pub(in crate::player) fn unfinished_at_the_end() -> Self {
        Self::unfinished("a message has begun, and its end has not arrived")
    }

    /// A message arrived in part before the terminal connected again.
    pub(in crate::player) fn unfinished_before_connecting() -> Self {
        Self::unfinished("the end of a message did not arrive in the connection before this one")
    }

    fn unfinished(title: &str) -> Self {
        Self::new(title).help("expect the whole message, or end with < ... to allow anything")
    }

    /// Something arrived in a connection that no line read before the terminal connected again.
    pub(in crate::player) fn before_connecting(arrival: &Arrival) -> Self {
        let title = match arrival {
            Arrival::Closed { .. } => "the server closed the connection before this one",
            Arrival::ProtocolError(_) => "the server violated the protocol before this connection",
            _ => "something arrived in the connection before this one",
        };
        Self::left_over(title, arrival)
    }

    fn left_over(title: &str, arrival: &Arrival) -> Self {
        Self::new(title).help(if arrival.is_end() {
            format!("if this is expected, end with: {arrival}")
        } else {
            "expect it, or end with < ... to allow anything; frames that may arrive at any time are listed below ignoring:"
                .to_owned()
        })
    }

    /// A variable that has no value.
    pub(in crate::player) fn no_variable(name: &str, span: Span) -> Self {
        let name = name.trim_start_matches('$');
        Self::new(format!("the variable {name} has no value"))
            .unreachable()
            .label(span, "")
            .help(format!(
                "give it with --variable {name}=VALUE, or --secret {name} to take it from the environment and never print it; \
                 {} are predefined",
                generated::NAMES
            ))
    }

    /// A placeholder without a value: what arrived fits an alternative that does not capture it.
    pub(in crate::player) fn not_captured(name: &str, span: Span) -> Self {
        Self::new(format!("<{name}> has no value"))
            .label(span, "what arrived fits an alternative without it")
    }

    pub(in crate::player) fn hook(hook: &Hook, error: &str) -> Self {
        Self::new(format!("cannot {hook}: {error}"))
    }

    /// Points at this line, unless it points somewhere already.
    pub(in crate::player) fn at(mut self, span: &Span) -> Self {
        if self.labels.is_empty() {
            let mismatches = std::mem::take(&mut self.mismatches);
            self.labels = labels(mismatches, span.line);
        }
        if self.labels.is_empty() {
            return self.label(span.clone(), "");
        }
        self
    }

    /// Adds the number of the repetition.
    pub(in crate::player) fn in_repetition(
        mut self,
        number: u32,
        times: u32,
        lines: usize,
    ) -> Self {
        let _ = write!(self.title, ", in repetition {number} of {times}");
        if lines > 1 {
            self = self.help(format!(
                "{lines} lines are repeated; an empty line ends them"
            ));
        }
        // The arrival belongs to one repetition, the line to all of them.
        if let Some(Actual::Arrival(arrival)) = self.actual.take().as_deref() {
            return self.shown(arrival);
        }
        self
    }

    /// In how many places the frame differs, if they are known.
    pub(in crate::player) fn differences(&self) -> Option<usize> {
        Some(self.mismatches.len()).filter(|count| *count > 0)
    }

    /// Nothing arrived, or only `ignored` frames, of which one is shown.
    pub(in crate::player) fn nothing(limit: Duration, ignored: Option<&(usize, Arrival)>) -> Self {
        let limit = duration::show(limit);
        let Some((count, last)) = ignored else {
            return Self::new(format!("nothing arrived within {limit}"));
        };
        let title = format!("only frames that are listed below ignoring: arrived within {limit}");
        Self::new(title).note(Note::List {
            heading: format!("ignored {count}, the last:"),
            items: vec![last.to_string()],
        })
    }

    pub(in crate::player) fn not_closed(limit: Duration) -> Self {
        Self::new(format!(
            "the server did not close the connection within {}",
            duration::show(limit)
        ))
    }

    pub(in crate::player) fn not_sent(error: tungstenite::Error) -> Self {
        Self::new(format!(
            "this could not be sent: {}",
            lower_first(&error.to_string())
        ))
    }
}

/// Marks places in this line.
fn labels(mismatches: Vec<Mismatch>, line: usize) -> Vec<Label> {
    let label = |mismatch: Mismatch| Label {
        span: Span::new(line, mismatch.bytes),
        text: mismatch.message,
    };
    mismatches.into_iter().map(label).collect()
}
