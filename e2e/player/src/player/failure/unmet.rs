//! What was wrong with a step, in words, before the terminals are asked what else arrived.

use std::fmt::Write as _;
use std::time::Duration;

use http::header::{CONNECTION, SEC_WEBSOCKET_ACCEPT, UPGRADE};
use http::{HeaderMap, HeaderName};
use serde_json::Value;
use tokio_tungstenite::tungstenite;

use super::{Actual, FailureKind};
use crate::diagnostic::{Label, Note, clip_value};
use crate::duration;
use crate::pattern::{Captures, Mismatch};
use crate::player::arrival::Arrival;
use crate::player::handshake::HandshakeError;
use crate::player::judge::received;
use crate::player::unordered::Rest;
use crate::source::Span;
use crate::transcript::{Expected, Hook, OneOf, Outcome};

/// Headers that say nothing, because no handshake works without them.
const OF_EVERY_HANDSHAKE: [HeaderName; 3] = [CONNECTION, UPGRADE, SEC_WEBSOCKET_ACCEPT];

pub(in crate::player) type Verdict = Result<(), Unmet>;

/// What was wrong with a step, before the terminals were asked what else arrived.
#[derive(Debug)]
pub(in crate::player) struct Unmet {
    pub(super) kind: FailureKind,
    pub(super) title: String,
    /// Places in the file. If there are none of either kind, the whole line of the step is meant.
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

    fn got(mut self, arrival: &Arrival) -> Self {
        self.actual = Some(Box::new(Actual::Arrival(arrival.clone())));
        self
    }

    /// Shows what arrived, where no line stands beside it.
    fn shown(mut self, arrival: &Arrival) -> Self {
        self.notes.push(Note::Value {
            name: "got".into(),
            value: arrival.to_string(),
        });
        self
    }

    pub(in crate::player) fn differs(mismatches: Vec<Mismatch>, arrival: Arrival) -> Self {
        let title = match mismatches.as_slice() {
            [_] => "the frame differs".to_owned(),
            many => format!("the frame differs in {} places", many.len()),
        };
        let mut unmet = Self::new(title).got(&arrival);
        unmet.mismatches = mismatches;
        unmet
    }

    pub(in crate::player) fn text_differs(arrival: Arrival) -> Self {
        Self::new("the text differs").got(&arrival)
    }

    pub(in crate::player) fn no_json(arrival: Arrival) -> Self {
        Self::new("the frame is no JSON").got(&arrival)
    }

    pub(in crate::player) fn other_kind(expected: &Expected, arrival: Arrival) -> Self {
        let wanted = match expected {
            Expected::Json(_) | Expected::Text(_) | Expected::TextOf(_) => "a text frame",
            Expected::Binary(_) | Expected::BinaryOf(_) => "a binary frame",
            Expected::Ping(_) => "a ping",
            Expected::Pong(_) => "a pong",
        };
        let title = match (&arrival, expected) {
            (Arrival::Closed { .. }, _) => "the connection was closed instead".to_owned(),
            (Arrival::Binary(_), Expected::Binary(_)) => "the bytes differ".to_owned(),
            (Arrival::Ping(_), Expected::Ping(_)) | (Arrival::Pong(_), Expected::Pong(_)) => {
                "the data differ".to_owned()
            }
            (Arrival::Ping(_), _) => format!("expected {wanted}, got a ping"),
            (Arrival::Pong(_), _) => format!("expected {wanted}, got a pong"),
            (Arrival::Binary(_), _) => format!("expected {wanted}, got a binary frame"),
            (Arrival::Text(_), _) => format!("expected {wanted}, got a text frame"),
        };
        Self::new(title).got(&arrival)
    }

    pub(in crate::player) fn other_size(wanted: usize, got: usize, arrival: Arrival) -> Self {
        Self::new(format!("expected {wanted} bytes, got {got}")).got(&arrival)
    }

    pub(in crate::player) fn header_differs(
        span: Span,
        got: Option<&str>,
        headers: &HeaderMap,
    ) -> Self {
        let mut unmet = Self::new("the response's headers differ");
        let text = match got {
            Some(got) => format!("got {}", clip_value(&Value::from(got).to_string())),
            None => "there is no such header".to_owned(),
        };
        unmet.labels.push(Label { span, text });
        unmet.notes.push(Note::List {
            heading: "the response has:".to_owned(),
            items: headers
                .iter()
                .filter(|(name, _)| !OF_EVERY_HANDSHAKE.contains(name))
                .map(|(name, value)| {
                    format!("< {name}: {}", String::from_utf8_lossy(value.as_bytes()))
                })
                .collect(),
        });
        unmet
    }

    /// `limit` is set if nothing more came.
    pub(in crate::player) fn unordered(
        lines: &[OneOf],
        arrivals: &[Arrival],
        rest: &Rest,
        limit: Option<Duration>,
        known: &Captures,
    ) -> Self {
        let mut unmet = Self::new(match limit {
            Some(limit) => format!(
                "only {} of {} frames arrived within {}",
                arrivals.len(),
                lines.len(),
                duration::show(limit)
            ),
            None => "a frame fits none of the lines".to_owned(),
        });
        if let (&[line], &[arrival]) = (&rest.lines[..], &rest.arrivals[..]) {
            // There is one pair left: what differs in it is worth carets.
            let OneOf { span, expected } = &lines[line];
            let arrival = &arrivals[arrival];
            let verdict = received(expected, arrival.clone(), &mut known.clone(), span.line);
            if let Err(pair) = verdict
                && !pair.mismatches.is_empty()
            {
                unmet.labels = labels(pair.mismatches, span.line);
                // Which line it should stand in is a guess, so it is shown, and no evidence.
                return unmet.shown(arrival);
            }
        }
        unmet.labels = rest
            .lines
            .iter()
            .map(|line| Label {
                span: lines[*line].span.clone(),
                text: "no frame fits this line".to_owned(),
            })
            .collect();
        let items: Vec<_> = rest
            .arrivals
            .iter()
            .map(|arrival| arrivals[*arrival].to_string())
            .collect();
        if !items.is_empty() {
            let heading = "got, and fits none of the lines left:".to_owned();
            unmet.notes.push(Note::List { heading, items });
        }
        unmet
    }

    pub(in crate::player) fn hook(hook: &Hook, error: &str) -> Self {
        Self::new(format!("cannot {hook}: {error}"))
    }

    /// Says which repetition of its line it was.
    pub(in crate::player) fn in_repetition(mut self, number: u32, times: u32) -> Self {
        let _ = write!(self.title, ", in repetition {number} of {times}");
        // It stands for one repetition, and the line for all.
        if let Some(Actual::Arrival(arrival)) = self.actual.take().as_deref() {
            return self.shown(arrival);
        }
        self
    }

    pub(in crate::player) fn nothing(limit: Duration) -> Self {
        Self::new(format!("nothing arrived within {}", duration::show(limit)))
    }

    pub(in crate::player) fn noise(arrival: Arrival) -> Self {
        Self::new("something arrived").shown(&arrival).got(&arrival)
    }

    pub(in crate::player) fn still_open(arrival: Arrival) -> Self {
        Self::new("a frame arrived before the end of the connection").got(&arrival)
    }

    pub(in crate::player) fn other_ending(arrival: Arrival) -> Self {
        Self::new("the connection ended otherwise").got(&arrival)
    }

    pub(in crate::player) fn not_closed(limit: Duration) -> Self {
        Self::new(format!(
            "the other side did not close the connection within {}",
            duration::show(limit)
        ))
    }

    pub(in crate::player) fn not_sent(error: tungstenite::Error) -> Self {
        Self::new(format!(
            "this could not be sent: {}",
            lower_first(&error.to_string())
        ))
    }

    pub(in crate::player) fn accepted(address: &str, status: u16, span: Span) -> Self {
        let mut unmet = Self::new(format!("{address} accepted the connection"));
        unmet.labels.push(Label {
            span,
            text: format!("expected status {status}"),
        });
        unmet.actual = Some(Box::new(Actual::Accepted));
        unmet
    }

    pub(in crate::player) fn refused(address: &str, got: u16, outcome: &Outcome) -> Self {
        let mut unmet = Self::new(format!("{address} refused the connection"));
        if let Outcome::Refused { status, span } = outcome {
            unmet.labels.push(Label {
                span: span.clone(),
                text: format!("expected status {status}, got {got}"),
            });
        }
        unmet.notes.push(Note::Value {
            name: "got".into(),
            value: format!("error: Unexpected server response: {got}"),
        });
        unmet.actual = Some(Box::new(Actual::Refused(got)));
        unmet
    }

    pub(in crate::player) fn unreachable(address: &str, error: &HandshakeError) -> Self {
        let mut unmet = Self::new(format!(
            "cannot connect to {address}: {}",
            lower_first(&error.to_string())
        ));
        unmet.kind = FailureKind::Unreachable;
        unmet
    }
}

/// Marks places in this line.
pub(super) fn labels(mismatches: Vec<Mismatch>, line: usize) -> Vec<Label> {
    let label = |mismatch: Mismatch| Label {
        span: Span::new(line, mismatch.bytes),
        text: mismatch.message,
    };
    mismatches.into_iter().map(label).collect()
}

/// Errors of libraries begin with a capital letter.
fn lower_first(message: &str) -> String {
    let mut chars = message.chars();
    match (chars.next(), chars.next()) {
        // An abbreviation stays as it is.
        (Some(first), Some(second)) if !second.is_uppercase() => first
            .to_lowercase()
            .chain(message.chars().skip(1))
            .collect(),
        _ => message.to_owned(),
    }
}
