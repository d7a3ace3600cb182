//! Lines with something before their prompt: `within 30 s <`, `in frames of 10 bytes >` and `50 times >`.

use super::ending::disconnected;
use super::{duration, prompt_line, prompted};
use crate::pattern::PatternError;
use crate::transcript::parse::frame;
use crate::transcript::parse::syntax::{Context, GroupKind, Line};
use crate::transcript::{COUNTER, Directive};

/// Maximum number of repetitions of a line. More would be a load test.
const MAX_TIMES: u32 = 100_000;

/// `within 30 s < text`, `within 30 s Disconnected`
pub(super) fn within<'a>(
    line: &'a str,
    text: &'a str,
    start: usize,
    context: Context<'_>,
) -> Result<Line<'a>, PatternError> {
    let shape = || {
        PatternError::new(
            start..start + text.len(),
            "expected a time and a < line or Disconnected after within",
        )
        .help("write for example: within 30 s < text")
    };
    let rest = &text["within".len()..];
    let at = [rest.find('<'), rest.find("Disconnected")];
    let at = at.into_iter().flatten().min();
    let (time, _) = rest.split_at(at.ok_or_else(shape)?);
    let time_at = start + "within".len() + time.len() - time.trim_start().len();
    let limit = duration(time.trim(), time_at)?;
    let after = start + "within".len() + time.len();
    let directive = match prompt_line(line, &line[after..], context) {
        Some(parsed) => match parsed? {
            Line::Directive(directive, None) => directive,
            _ => return Err(shape()),
        },
        None => Box::new(Directive::Disconnected(disconnected(
            line[after..].trim_end(),
            after,
        )?)),
    };
    if matches!(
        *directive,
        Directive::Receive(_) | Directive::Disconnected(_)
    ) {
        Ok(Line::Directive(directive, Some(limit)))
    } else {
        Err(shape())
    }
}

/// `in any order:` or `in frames of 1024 bytes > text`.
pub(super) fn in_what<'a>(
    line: &str,
    text: &str,
    start: usize,
    context: Context<'_>,
) -> Result<Line<'a>, PatternError> {
    if text == "in any order:" {
        return Ok(Line::Group(GroupKind::Unordered));
    }
    in_frames(line, text, start, context).map(Line::from)
}

fn in_frames(
    line: &str,
    text: &str,
    start: usize,
    context: Context<'_>,
) -> Result<Directive, PatternError> {
    let shape = || {
        PatternError::new(
            start..start + text.len(),
            "expected in any order: or in frames of … bytes",
        )
        .help("write: in any order: above < lines, or for example: in frames of 1024 bytes > text")
    };
    let rest = text.strip_prefix("in frames of ").ok_or_else(shape)?;
    let (bytes, rest) = rest.split_once(" bytes ").ok_or_else(shape)?;
    let bytes: usize = bytes.parse().ok().filter(|n| *n > 0).ok_or_else(shape)?;
    // Sent text may end with blanks.
    let after = start + text.len() - rest.len();
    let frame = prompted(&line[after..], '>').ok_or_else(shape)?;
    let payload = frame::sent(frame, line.len() - frame.len(), context)?;
    let frames = Some(bytes);
    Ok(Directive::Send { payload, frames })
}

/// `50 times > text` or `50 times:`
pub(super) fn times<'a>(
    line: &str,
    text: &str,
    start: usize,
    context: Context<'_>,
) -> Result<Line<'a>, PatternError> {
    let count = text.split(' ').next().unwrap_or_default();
    let place = start..start + count.len();
    let shape = || {
        PatternError::new(
            place.clone(),
            "a number at the start of a line is a repetition",
        )
        .help("write for example: 50 times > text, or 50 times: above several lines")
    };
    let rest = text[count.len()..]
        .strip_prefix(" times")
        .ok_or_else(shape)?;
    let times: u32 = count
        .parse()
        .ok()
        .filter(|times| (1..=MAX_TIMES).contains(times))
        .ok_or_else(|| {
            let message = format!("a line can be repeated 1 to {MAX_TIMES} times");
            PatternError::new(place.clone(), message)
        })?;
    if rest == ":" {
        return Ok(Line::Group(GroupKind::Repeat(times)));
    }
    let rest = rest.strip_prefix(' ').ok_or_else(shape)?;
    let after = start + text.len() - rest.len();
    let is_captured = |name: &str| name == COUNTER || (context.is_captured)(name);
    let context = Context {
        is_captured: &is_captured,
        in_headers: false,
        ..context
    };
    let repeated = if rest.starts_with("in ") {
        in_what(line, rest, after, context)?
    } else {
        prompt_line(line, &line[after..], context).ok_or_else(shape)??
    };
    if let Line::Directive(directive, None) = repeated
        && matches!(*directive, Directive::Send { .. } | Directive::Receive(_))
    {
        return Ok(Line::Repeat { times, directive });
    }
    let message = "only > and < lines can be repeated";
    Err(PatternError::new(after..line.len(), message))
}
