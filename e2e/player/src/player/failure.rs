//! What is said about a line that was not fulfilled.

mod unmet;

use std::fmt;
use std::time::Duration;

use super::arrival::Arrival;
use super::terminal::Terminal;
use crate::diagnostic::{Diagnostic, Label, Note, Rendered};
use crate::pattern::Captures;
use crate::transcript::{Action, Step, TerminalName, Transcript};

pub(super) use unmet::{Unmet, Verdict};

/// How long other terminals' frames may still come in after a line has failed. They often say why it did.
pub(super) const AFTERMATH: Duration = Duration::from_millis(150);

/// A line that was not fulfilled.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// Of what kind.
    pub kind: FailureKind,
    /// What came instead, for whoever wants to write the line anew.
    pub evidence: Box<Evidence>,
    message: Rendered,
}

/// What came where a line expected something else.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The line that was not fulfilled, counted from 1.
    pub line: usize,
    /// What came instead, if anything came.
    pub actual: Option<Actual>,
    /// What was captured before the line.
    pub captures: Captures,
}

/// What can come instead of what was expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actual {
    /// The connection was made.
    Accepted,
    /// The connection was refused with this HTTP status.
    Refused(u16),
    /// Something arrived.
    Arrival(Arrival),
}

/// Whose fault a [`Failure`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The other side behaves otherwise than the transcript says.
    Different,
    /// Nothing answers at the address at all: no line could be tried.
    Unreachable,
}

/// In colours as `{:#}`.
impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.message.fmt(f)
    }
}

impl std::error::Error for Failure {}

/// Lets frames that are on their way arrive, so that the message can show them.
pub(super) async fn settle(terminals: &mut [Terminal]) {
    tokio::time::sleep(AFTERMATH).await;
    terminals.iter_mut().for_each(Terminal::collect);
}

impl Failure {
    pub(super) fn new(
        transcript: &Transcript,
        step: &Step,
        unmet: Unmet,
        terminals: &[Terminal],
        captures: &Captures,
    ) -> Self {
        let mut labels = unmet.labels;
        labels.extend(unmet::labels(unmet.mismatches, step.span.line));
        if labels.is_empty() {
            labels.push(Label {
                span: step.span.clone(),
                text: String::new(),
            });
        }
        let mut notes = unmet.notes;
        if let (Action::Receive(_) | Action::Disconnected(_), Some(Actual::Arrival(arrival))) =
            (&step.action, unmet.actual.as_deref())
        {
            let line = transcript.source.line(step.span.line);
            let line = line.get(step.span.bytes.clone()).unwrap_or(line);
            notes.push(Note::Compared {
                expected: filled(line, captures),
                actual: arrival.to_string(),
            });
        }
        if unmet.kind == FailureKind::Different {
            // The terminal that failed comes first: what it got instead is what one looks for.
            let own = step.terminal.0;
            let others = (0..terminals.len()).filter(|index| *index != own);
            for index in std::iter::once(own).chain(others) {
                if terminals[index].has_been_open() {
                    let name = transcript.terminals.get(index);
                    notes.push(unread(name, &terminals[index]));
                }
            }
        }
        let message = Diagnostic {
            title: unmet.title,
            labels,
            notes,
        }
        .rendered(&transcript.source);
        Self {
            kind: unmet.kind,
            evidence: Box::new(Evidence {
                line: step.span.line,
                actual: unmet.actual.map(|actual| *actual),
                captures: captures.clone(),
            }),
            message,
        }
    }
}

/// A line with captured values in the place of placeholders.
fn filled(line: &str, captures: &Captures) -> String {
    captures
        .iter()
        .fold(line.to_owned(), |line, (name, capture)| {
            let value = capture.text();
            line.replace(&format!("<{name}>"), &value)
        })
}

fn unread(name: Option<&TerminalName>, terminal: &Terminal) -> Note {
    let items: Vec<_> = terminal.unread().map(Arrival::to_string).collect();
    match (name, items.is_empty()) {
        (None | Some(TerminalName::Only), true) => Note::Remark("nothing else arrived".to_owned()),
        (None | Some(TerminalName::Only), false) => Note::List {
            heading: "not read by any line:".to_owned(),
            items,
        },
        (Some(name), true) => Note::Remark(format!("nothing else arrived in {name}")),
        (Some(name), false) => Note::List {
            heading: format!("not read by any line in {name}:"),
            items,
        },
    }
}
