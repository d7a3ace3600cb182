//! The message about a line that was not met.

mod unmet;

use std::fmt;
use std::time::Duration;

use super::arrival::Arrival;
use super::settings::Variables;
use super::terminal::Terminal;
use crate::diagnostic::{Diagnostic, Note, Rendered};
use crate::pattern::Captures;
use crate::transcript::{Directive, Step, TerminalName, Transcript};

pub(super) use unmet::{StepResult, Unmet};

/// How long frames may still arrive after a line has failed. They often explain why.
pub(super) const AFTERMATH: Duration = Duration::from_millis(150);

/// Maximum number of unread frames that are shown for one terminal.
const MAX_UNREAD: usize = 20;

/// A line that was not met.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// The kind of failure.
    pub kind: FailureKind,
    /// What arrived instead, so that the line can be rewritten.
    pub evidence: Box<Evidence>,
    message: Rendered,
}

/// The place of a failure, and what arrived instead.
#[derive(Clone, Debug, PartialEq)]
pub struct Evidence {
    /// The line of the step that was not met, counted from 1.
    pub line: usize,
    /// What arrived instead, if anything did.
    pub actual: Option<Actual>,
    /// The values captured before the line.
    pub captures: Captures,
    /// Later arrivals in the same terminal, as far as they were collected.
    pub later: Vec<Arrival>,
}

/// An unexpected event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Actual {
    /// The connection was established.
    Accepted,
    /// The connection was refused with this HTTP status.
    Refused(u16),
    /// The connection failed without an HTTP response, for this reason.
    Failed(String),
    /// The connection was refused with the expected status, and this body.
    Body(String),
    /// A header of the handshake's response has this value, or is absent.
    Header {
        /// The line that expects something else, counted from 1.
        line: usize,
        /// The value.
        value: Option<String>,
    },
    /// Something arrived.
    Arrival(Arrival),
}

/// The kind of a [`Failure`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FailureKind {
    /// The server behaves differently from the transcript.
    Different,
    /// The transcript could not be played: nothing answers at the address, or a variable has no value.
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
        variables: &Variables,
    ) -> Self {
        let mut notes = notes(transcript, step, &unmet, captures);
        if unmet.kind == FailureKind::Different {
            notes.extend(arrived(transcript, step, &unmet, terminals));
        }
        let unmet = unmet.at(&step.span);
        let message = Diagnostic {
            title: unmet.title,
            labels: unmet.labels,
            notes,
        }
        .mapped(|text| variables.mask(text))
        .render(&transcript.source);
        Self {
            kind: unmet.kind,
            evidence: Box::new(Evidence {
                line: step.span.line,
                actual: unmet.actual.map(|actual| *actual),
                captures: captures.clone(),
                later: terminals[step.terminal.0]
                    .unread()
                    .take(MAX_UNREAD)
                    .cloned()
                    .collect(),
            }),
            message,
        }
    }
}

/// What the message says besides its places.
fn notes(transcript: &Transcript, step: &Step, unmet: &Unmet, captures: &Captures) -> Vec<Note> {
    let mut notes = unmet.notes.clone();
    let Some(Actual::Arrival(arrival)) = unmet.actual.as_deref() else {
        return notes;
    };
    if let Arrival::ProtocolError(error) = arrival
        && error.starts_with("reserved bits")
    {
        let hint = "a compressed frame has a reserved bit; the handshake agreed on no compression, or not of this frame";
        notes.push(Note::Help(hint.to_owned()));
    }
    if let Directive::Receive(_) | Directive::Disconnected(_) = step.directive {
        let line = transcript.source.joined(step.span.line);
        let line = line.get(step.span.bytes.clone()).unwrap_or(&line);
        let compared = Note::Compared {
            expected: filled(line, captures),
            actual: arrival.to_string(),
        };
        notes.insert(0, compared);
    }
    notes
}

/// What arrived in each terminal and was not read. The terminal that failed comes first: its frames matter most.
fn arrived<'a>(
    transcript: &'a Transcript,
    step: &Step,
    unmet: &Unmet,
    terminals: &'a [Terminal],
) -> impl Iterator<Item = Note> + use<'a> {
    let is_refused = matches!(
        unmet.actual.as_deref(),
        Some(Actual::Refused(_) | Actual::Failed(_) | Actual::Body(_))
    );
    let own = step.terminal.0;
    let others = (0..terminals.len()).filter(move |index| *index != own);
    let order = std::iter::once(own).chain(others);
    order.filter_map(move |index| {
        let terminal = &terminals[index];
        let has_unread = terminal.unread().next().is_some();
        (terminal.has_been_open() && (has_unread || !is_refused))
            .then(|| unread(transcript.terminals.get(index), terminal))
    })
}

/// A line with its placeholders replaced by captured values.
fn filled(line: &str, captures: &Captures) -> String {
    captures
        .iter()
        .fold(line.to_owned(), |line, (name, capture)| {
            let value = capture.text();
            line.replace(&format!("<{name}>"), &value)
        })
}

fn unread(name: Option<&TerminalName>, terminal: &Terminal) -> Note {
    let mut items: Vec<_> = terminal
        .unread()
        .take(MAX_UNREAD)
        .map(Arrival::to_string)
        .collect();
    let more = terminal.unread().count() - items.len();
    if more > 0 {
        items.push(format!("… and {more} more"));
    }
    if terminal.has_unfinished_message() {
        items.push("a message that is not complete".to_owned());
    }
    let place = match name {
        None | Some(TerminalName::Only) => String::new(),
        Some(name) => format!(" in {name}"),
    };
    if items.is_empty() {
        return Note::Remark(format!("nothing else arrived{place}"));
    }
    let heading = format!("not read by any line{place}:");
    Note::List { heading, items }
}
