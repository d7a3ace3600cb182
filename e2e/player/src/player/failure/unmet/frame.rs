//! What arrived differs from what the line expects.

use super::Unmet;
use crate::diagnostic::Note;
use crate::difference;
use crate::pattern::Mismatch;
use crate::player::arrival::Arrival;
use crate::player::handshake::lower_first;
use crate::transcript::Expected;

impl Unmet {
    pub(in crate::player) fn differs(mismatches: Vec<Mismatch>, arrival: &Arrival) -> Self {
        let title = match mismatches.as_slice() {
            [_] => "the frame differs".to_owned(),
            many => format!("the frame differs in {} places", many.len()),
        };
        let mut unmet = Self::new(title).got(arrival);
        unmet.mismatches = mismatches;
        unmet
    }

    pub(in crate::player) fn bytes_differ(mismatch: Mismatch, arrival: &Arrival) -> Self {
        let mut unmet = Self::new("the bytes differ").got(arrival);
        unmet.mismatches = vec![mismatch];
        unmet
    }

    /// `expected` is the text that would have fitted, if there is exactly one.
    pub(in crate::player) fn text_differs(expected: Option<&str>, arrival: &Arrival) -> Self {
        let mut unmet = Self::new("the text differs");
        if let (Some(expected), Arrival::Text(text)) = (expected, arrival)
            && let Some(hidden) = difference::explain(expected, text)
        {
            unmet = unmet.note(Note::Remark(hidden));
        }
        unmet.got(arrival)
    }

    pub(in crate::player) fn not_json(error: &str, arrival: &Arrival) -> Self {
        Self::new(format!("the frame is not JSON: {}", lower_first(error))).got(arrival)
    }

    pub(in crate::player) fn not_comparable(error: &str, arrival: &Arrival) -> Self {
        let title = format!("the frame is JSON that cannot be compared: {error}");
        Self::new(title).got(arrival)
    }

    pub(in crate::player) fn other_kind(expected: &Expected, arrival: &Arrival) -> Self {
        let wanted = match expected {
            Expected::Json(frame) if frame.binary => "a binary frame",
            Expected::Json(_) | Expected::Text(_) | Expected::TextOf(_) => "a text frame",
            Expected::Binary(_) | Expected::BinaryOf(_) => "a binary frame",
            Expected::Ping(_) => "a ping",
            Expected::Pong(_) => "a pong",
        };
        let title = match (arrival, expected) {
            (Arrival::Closed { .. }, _) => "the connection was closed instead".to_owned(),
            (Arrival::ProtocolError(_), _) => "the server violated the protocol instead".to_owned(),
            (Arrival::Ping(_), Expected::Ping(_)) | (Arrival::Pong(_), Expected::Pong(_)) => {
                "the data differ".to_owned()
            }
            (Arrival::Ping(_), _) => format!("expected {wanted}, got a ping"),
            (Arrival::Pong(_), _) => format!("expected {wanted}, got a pong"),
            (Arrival::Binary(_), _) => format!("expected {wanted}, got a binary frame"),
            (Arrival::Text(_), _) => format!("expected {wanted}, got a text frame"),
        };
        Self::new(title).got(arrival)
    }

    pub(in crate::player) fn other_size(wanted: usize, got: usize, arrival: &Arrival) -> Self {
        Self::new(format!("expected {wanted} bytes, got {got}")).got(arrival)
    }

    pub(in crate::player) fn noise(arrival: &Arrival) -> Self {
        Self::new("something arrived").shown(arrival).got(arrival)
    }

    pub(in crate::player) fn still_open(arrival: &Arrival) -> Self {
        Self::new("a frame arrived before the end of the connection").got(arrival)
    }

    pub(in crate::player) fn other_ending(arrival: &Arrival) -> Self {
        Self::new("the connection ended differently").got(arrival)
    }
}
