//! Lines about the end of a connection or a failed handshake.

use std::ops::RangeInclusive;

use crate::pattern::{Notation, PatternError, Template};
use crate::transcript::Ending;
use crate::transcript::parse::syntax::Line;

const REFUSED: &str = "error: Unexpected server response: ";

/// As wscat printed it until version 3, followed by `403)`.
const REFUSED_BEFORE: &str = "error: Error: unexpected server response (";

/// `Disconnected (code: 1000, reason: "…")`
pub(super) fn disconnected(text: &str, start: usize) -> Result<Ending, PatternError> {
    let shape = || {
        PatternError::new(
            start..start + text.len(),
            "expected Disconnected alone, or for example: Disconnected (code: 1009, reason: \"...\")",
        )
        .help("several codes are written (code: 1000 | 4000..4999), and any end is Disconnected alone")
    };
    if matches!(text, "Disconnected" | "disconnected") {
        return Ok(Ending::Any);
    }
    if let Some(error) = text
        .strip_prefix("Disconnected (protocol error: ")
        .and_then(|rest| rest.strip_suffix(')'))
    {
        let at = start + text.len() - 1 - error.len();
        let error = Template::expected(error, at, Notation::Plain)?;
        return Ok(Ending::ProtocolError(error));
    }
    let inside = text
        .strip_prefix("Disconnected (code: ")
        .or_else(|| text.strip_prefix("disconnected (code: "))
        .and_then(|rest| rest.strip_suffix(')'))
        .ok_or_else(shape)?;
    let (codes, reason) = match inside.split_once(',') {
        None => (inside, None),
        Some((codes, reason)) => {
            let reason = reason
                .trim_start()
                .strip_prefix("reason: \"")
                .and_then(|rest| rest.strip_suffix('"'))
                .ok_or_else(shape)?;
            let at = start + text.len() - 2 - reason.len();
            (codes, Some(Template::reason(reason, at)?))
        }
    };
    let codes = codes_of(codes).ok_or_else(shape)?;
    Ok(Ending::Closed { codes, reason })
}

/// Close codes or statuses: `1000 | 4000..4999` or `<any>`.
fn codes_of(text: &str) -> Option<Vec<RangeInclusive<u16>>> {
    let one = |text: &str| {
        if text == "<any>" {
            return Some(0..=u16::MAX);
        }
        let (from, to) = text.split_once("..").unwrap_or((text, text));
        Some(from.trim().parse().ok()?..=to.trim().parse().ok()?)
    };
    text.split('|').map(|text| one(text.trim())).collect()
}

/// `error: Unexpected server response: 403`, or another reason why there is no connection.
pub(super) fn failed<'a>(text: &str, start: usize) -> Result<Line<'a>, PatternError> {
    let place = start..start + text.len();
    let help = "a rejected handshake looks like: error: Unexpected server response: 403; one without a response like: \
                error: connection refused";
    let before = text.strip_prefix(REFUSED_BEFORE);
    let written = before.and_then(|written| written.strip_suffix(')'));
    if let Some(written) = written.or_else(|| text.strip_prefix(REFUSED)) {
        let is_status = |range: &RangeInclusive<u16>| {
            let is_status = |status| (100..600).contains(status);
            *range == (0..=u16::MAX) || (is_status(range.start()) && is_status(range.end()))
        };
        let statuses = codes_of(written).filter(|ranges| ranges.iter().all(is_status));
        let statuses = statuses.ok_or_else(|| {
            PatternError::new(place, "this is not an HTTP status").help(format!(
                "{help}; several statuses are written 401 | 500..599"
            ))
        })?;
        return Ok(Line::Refused(statuses));
    }
    let reason = text["error:".len()..].trim_start();
    if reason.is_empty() || reason.starts_with("Unexpected server") {
        return Err(PatternError::new(place, "this error cannot be expected").help(help));
    }
    let at = start + text.len() - reason.len();
    Template::expected(reason, at, Notation::Plain).map(Line::Failed)
}
