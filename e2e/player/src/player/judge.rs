//! Decides whether an arrival meets a line. Pure: waiting and sending are left to the player.

use http::HeaderMap;

use super::arrival::Arrival;
use super::failure::{StepResult, Unmet};
use super::handshake::list;
use crate::json::{Json, JsonError};
use crate::pattern::{Captures, compare};
use crate::transcript::{Ending, Expected, ExpectedHeader, JsonFrame};

/// Compares what arrived with what was expected.
pub(super) fn received(
    expected: &Expected,
    arrival: &Arrival,
    captures: &mut Captures,
    line: usize,
) -> StepResult {
    match (expected, arrival) {
        (Expected::Json(frame), Arrival::Text(text)) if !frame.binary => {
            json(frame, text, arrival, captures, line)
        }
        (Expected::Json(frame), Arrival::Binary(bytes)) if frame.binary => {
            match str::from_utf8(bytes) {
                Ok(text) => json(frame, text, arrival, captures, line),
                Err(_) => Err(Unmet::not_json("it is not UTF-8", arrival)),
            }
        }
        (Expected::Text(template), Arrival::Text(text)) => {
            if template.fits(text, captures, line) {
                Ok(())
            } else {
                let only = template.only_text(captures);
                Err(Unmet::text_differs(only.as_deref(), arrival))
            }
        }
        (Expected::Binary(bytes), Arrival::Binary(got)) => bytes
            .compare(got, captures, line)
            .map_err(|mismatch| Unmet::bytes_differ(mismatch, arrival)),
        (Expected::TextOf(size), Arrival::Text(text)) => same_size(*size, text.len(), arrival),
        (Expected::BinaryOf(size), Arrival::Binary(got)) => same_size(*size, got.len(), arrival),
        (Expected::Ping(template), Arrival::Ping(data))
        | (Expected::Pong(template), Arrival::Pong(data))
            if template.fits(data, captures, line) =>
        {
            Ok(())
        }
        _ => Err(Unmet::other_kind(expected, arrival)),
    }
}

fn json(
    frame: &JsonFrame,
    text: &str,
    arrival: &Arrival,
    captures: &mut Captures,
    line: usize,
) -> StepResult {
    let (before, after) = (frame.before.fill(captures), frame.after.fill(captures));
    let inside = text
        .strip_prefix(before.as_str())
        .and_then(|rest| rest.strip_suffix(after.as_str()));
    let Some(inside) = inside else {
        return Err(Unmet::text_differs(None, arrival));
    };
    match Json::parse(inside) {
        Ok(actual) => compare(&frame.pattern, &actual, captures, line)
            .map_err(|mismatches| Unmet::differs(mismatches, arrival)),
        Err(JsonError::Syntax(error)) => Err(Unmet::not_json(&error, arrival)),
        Err(JsonError::Unrepresentable(error)) => Err(Unmet::not_comparable(&error, arrival)),
    }
}

fn same_size(wanted: usize, got: usize, arrival: &Arrival) -> StepResult {
    if got == wanted {
        Ok(())
    } else {
        Err(Unmet::other_size(wanted, got, arrival))
    }
}

/// Compares the end of a connection with the one that was expected.
pub(super) fn ended(
    ending: &Ending,
    arrival: &Arrival,
    captures: &mut Captures,
    line: usize,
) -> StepResult {
    let fits = match (ending, arrival) {
        (Ending::Any, Arrival::Closed { .. }) => true,
        (Ending::Closed { codes, reason }, Arrival::Closed { code, reason: got }) => {
            codes.iter().any(|codes| codes.contains(code))
                && reason
                    .as_ref()
                    .is_none_or(|template| template.fits(got, captures, line))
        }
        (Ending::ProtocolError(template), Arrival::ProtocolError(error)) => {
            template.fits(error, captures, line)
        }
        _ => false,
    };
    if fits {
        Ok(())
    } else if arrival.is_end() {
        Err(Unmet::other_ending(arrival))
    } else {
        Err(Unmet::still_open(arrival))
    }
}

/// Compares the headers of a handshake's response with those that are expected.
pub(super) fn headers(
    expected: &[ExpectedHeader],
    headers: &HeaderMap,
    captures: &mut Captures,
) -> StepResult {
    for ExpectedHeader { span, name, value } in expected {
        let got = headers.contains_key(name).then(|| list(headers, name));
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
