//! Whether what came is what a line expects. Pure: waiting and sending are the player's.

use http::HeaderMap;
use serde_json::Value;

use super::arrival::Arrival;
use super::failure::{Unmet, Verdict};
use crate::pattern::{Captures, compare};
use crate::transcript::{Ending, Expected, ExpectedHeader};

/// Compares what arrived with what was expected.
pub(super) fn received(
    expected: &Expected,
    arrival: Arrival,
    captures: &mut Captures,
    line: usize,
) -> Verdict {
    match (expected, arrival) {
        (Expected::Json(pattern), Arrival::Text(text)) => {
            let Ok(actual) = serde_json::from_str::<Value>(&text) else {
                return Err(Unmet::no_json(Arrival::Text(text)));
            };
            compare(pattern, &actual, captures, line)
                .map_err(|mismatches| Unmet::differs(mismatches, Arrival::Text(text)))
        }
        (Expected::Text(template), Arrival::Text(text)) => {
            if template.fits(&text, captures, line) {
                Ok(())
            } else {
                Err(Unmet::text_differs(Arrival::Text(text)))
            }
        }
        (Expected::Binary(bytes), Arrival::Binary(got)) if got == *bytes => Ok(()),
        (Expected::TextOf(size), Arrival::Text(text)) => {
            same_size(*size, text.len(), || Arrival::Text(text.clone()))
        }
        (Expected::BinaryOf(size), Arrival::Binary(got)) => {
            same_size(*size, got.len(), || Arrival::Binary(got.clone()))
        }
        (Expected::Ping(template), Arrival::Ping(data))
        | (Expected::Pong(template), Arrival::Pong(data))
            if template.fits(&data, captures, line) =>
        {
            Ok(())
        }
        (_, arrival) => Err(Unmet::other_kind(expected, arrival)),
    }
}

fn same_size(wanted: usize, got: usize, arrival: impl FnOnce() -> Arrival) -> Verdict {
    if got == wanted {
        Ok(())
    } else {
        Err(Unmet::other_size(wanted, got, arrival()))
    }
}

/// Compares the end of a connection with the one that was expected.
pub(super) fn ended(
    ending: &Ending,
    arrival: Arrival,
    captures: &mut Captures,
    line: usize,
) -> Verdict {
    match arrival {
        Arrival::Closed { code, reason } => {
            let reason_fits = ending
                .reason
                .as_ref()
                .is_none_or(|template| template.fits(&reason, captures, line));
            if code == ending.code && reason_fits {
                Ok(())
            } else {
                Err(Unmet::other_ending(Arrival::Closed { code, reason }))
            }
        }
        frame => Err(Unmet::still_open(frame)),
    }
}

/// Compares the headers of a handshake's response with those that are expected.
pub(super) fn headers(
    expected: &[ExpectedHeader],
    headers: &HeaderMap,
    captures: &mut Captures,
) -> Verdict {
    for ExpectedHeader { span, name, value } in expected {
        let got: Vec<_> = headers
            .get_all(name)
            .iter()
            .map(|value| String::from_utf8_lossy(value.as_bytes()))
            .collect();
        let got = (!got.is_empty()).then(|| got.join(", "));
        let fits = match (value, &got) {
            (None, None) => true,
            (Some(value), Some(got)) => value.fits(got, captures, span.line),
            _ => false,
        };
        if !fits {
            return Err(Unmet::header_differs(span.clone(), got.as_deref(), headers));
        }
    }
    Ok(())
}
