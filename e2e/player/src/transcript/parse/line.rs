//! Decides what one line is, by how it begins.

use std::ops::RangeInclusive;
use std::time::Duration;

use super::frame;
use super::syntax::{Context, GroupKind, Line};
use super::usage::COUNTER;
use crate::duration;
use crate::pattern::{Notation, PatternError, Template};
use crate::transcript::{Directive, Ending, Hook, suggest};

/// Most repetitions of a line. More would be a load test.
const MOST_TIMES: u32 = 100_000;

/// How lines begin, for suggestions.
const BEGINNINGS: [&str; 13] = [
    "wscat",
    "npx",
    "Connected",
    "Disconnected",
    "error:",
    "exit",
    "drop",
    "pause",
    "within",
    "ignoring:",
    "one",
    "fire",
    "restart",
];

const FORMAT: &str = "a line begins with #, [name], $ wscat, >, <, |, Connected, Disconnected, error:, exit, drop, pause, within, \
                      in any order:, one of:, ignoring:, 50 times, fire or restart; papagaio help format explains them";

const REFUSED: &str = "error: Unexpected server response: ";

/// Reads one line, joined with those that continue it.
pub(super) fn classify<'a>(line: &'a str, context: Context<'_>) -> Result<Line<'a>, PatternError> {
    // Blocks in documents are indented as a whole.
    let start = line.len() - line.trim_start().len();
    let text = &line[start..];
    let trimmed = text.trim_end();
    let place = start..start + trimmed.len();
    if trimmed.is_empty() || text.starts_with('#') {
        return Ok(Line::Blank);
    }
    if let Some(prompted) = prompt_line(line, text, context) {
        return prompted;
    }
    if trimmed.contains('\n') {
        let message = "only > and < lines can be continued with |";
        return Err(PatternError::new(place, message));
    }
    if let Some(command) = prompted(trimmed, '$') {
        let start = start + trimmed.len() - command.len();
        return Ok(Line::Command {
            text: command,
            start,
        });
    }
    if let Some(name) = text.strip_prefix('[') {
        let name = name.trim_end().strip_suffix(']').ok_or_else(|| {
            PatternError::new(start..line.len(), "the terminal's name is not closed by ]")
        })?;
        return Ok(Line::Terminal(name));
    }
    let directive = |directive| Ok(Line::Directive(Box::new(directive), None));
    match trimmed.split_whitespace().next() {
        Some("wscat" | "npx") => Ok(Line::Command {
            text: trimmed,
            start,
        }),
        Some("Connected") => Ok(Line::Connected),
        Some("Disconnected") => directive(Directive::Disconnected(disconnected(trimmed, start)?)),
        Some("error:") => failed(trimmed, start),
        Some("exit") if trimmed == "exit" => directive(Directive::Exit),
        Some("drop") if trimmed == "drop" => directive(Directive::Drop),
        Some("pause") => directive(pause(trimmed, start)?),
        Some("in") => in_what(line, trimmed, start, context),
        Some("one") if trimmed == "one of:" => Ok(Line::Group(GroupKind::OneOf)),
        Some("ignoring:") if trimmed == "ignoring:" => Ok(Line::Group(GroupKind::Ignore)),
        Some("within") => within(line, trimmed, start, context),
        Some("fire" | "restart") => directive(hook(trimmed, start)?),
        Some(first) if first.bytes().all(|b| b.is_ascii_digit()) => {
            times(line, trimmed, start, context)
        }
        Some("|") => Err(
            PatternError::new(place, "this line continues nothing").help(
                "a line | … continues the > or < line above it; no empty line or comment may stand between",
            ),
        ),
        first => Err(unknown(line, start, first.unwrap_or_default())),
    }
}

/// A line with a prompt: `> text` or `< text`.
fn prompt_line<'a>(
    line: &str,
    text: &str,
    context: Context<'_>,
) -> Option<Result<Line<'a>, PatternError>> {
    let directive = |directive: Result<Directive, _>| {
        Some(directive.map(|directive| Line::Directive(Box::new(directive), None)))
    };
    if let Some(frame) = prompted(text, '>') {
        let start = line.len() - frame.len();
        if context.slash && frame.starts_with('/') {
            return directive(frame::slash(frame, start, context));
        }
        let send = |payload| Directive::Send {
            payload,
            frames: None,
        };
        return directive(frame::sent(frame, start, context).map(send));
    }
    let frame = prompted(text, '<')?;
    let start = line.len() - frame.len();
    if frame.trim_end() == "..." {
        return directive(Ok(Directive::Skip));
    }
    if context.in_headers
        && let Some(header) = frame::header(frame, start)
    {
        return Some(header.map(Line::Header));
    }
    if let Some(time) = frame.strip_prefix("nothing for ") {
        let time = duration(time, start + frame.len() - time.len());
        return directive(time.map(Directive::Silence));
    }
    directive(frame::received(frame, start, context).map(Directive::Receive))
}

fn duration(time: &str, at: usize) -> Result<Duration, PatternError> {
    duration::parse(time).map_err(|message| PatternError::new(at..at + time.len(), message))
}

fn pause(text: &str, start: usize) -> Result<Directive, PatternError> {
    let time = text.trim_start_matches("pause").trim_start();
    duration(time, start + text.len() - time.len()).map(Directive::Pause)
}

/// `within 30 s < text`, `within 30 s Disconnected`
fn within<'a>(
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
    let behind = start + "within".len() + time.len();
    let directive = match prompt_line(line, &line[behind..], context) {
        Some(parsed) => match parsed? {
            Line::Directive(directive, None) => directive,
            _ => return Err(shape()),
        },
        None => Box::new(Directive::Disconnected(disconnected(
            line[behind..].trim_end(),
            behind,
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
fn in_what<'a>(
    line: &str,
    text: &str,
    start: usize,
    context: Context<'_>,
) -> Result<Line<'a>, PatternError> {
    if text == "in any order:" {
        return Ok(Line::Group(GroupKind::Unordered));
    }
    in_frames(line, text, start, context)
        .map(|directive| Line::Directive(Box::new(directive), None))
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
    let behind = start + text.len() - rest.len();
    let frame = prompted(&line[behind..], '>').ok_or_else(shape)?;
    let payload = frame::sent(frame, line.len() - frame.len(), context)?;
    let frames = Some(bytes);
    Ok(Directive::Send { payload, frames })
}

/// `50 times > text` or `50 times:`
fn times<'a>(
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
        .filter(|times| (1..=MOST_TIMES).contains(times))
        .ok_or_else(|| {
            let message = format!("a line can be repeated 1 to {MOST_TIMES} times");
            PatternError::new(place.clone(), message)
        })?;
    if rest == ":" {
        return Ok(Line::Group(GroupKind::Repeat(times)));
    }
    let rest = rest.strip_prefix(' ').ok_or_else(shape)?;
    let behind = start + text.len() - rest.len();
    let is_captured = |name: &str| name == COUNTER || (context.is_captured)(name);
    let context = Context {
        is_captured: &is_captured,
        in_headers: false,
        ..context
    };
    let repeated = if rest.starts_with("in ") {
        in_what(line, rest, behind, context)?
    } else {
        prompt_line(line, &line[behind..], context).ok_or_else(shape)??
    };
    if let Line::Directive(directive, None) = repeated
        && matches!(*directive, Directive::Send { .. } | Directive::Receive(_))
    {
        return Ok(Line::Repeat { times, directive });
    }
    let message = "only > and < lines can be repeated";
    Err(PatternError::new(behind..line.len(), message))
}

fn hook(text: &str, start: usize) -> Result<Directive, PatternError> {
    if text == "restart the gateway" {
        return Ok(Directive::Hook(Hook::RestartGateway));
    }
    let name = text
        .strip_prefix("fire the schedule ")
        .map(str::trim)
        .filter(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()));
    let name = name.ok_or_else(|| {
        PatternError::new(
            start..start + text.len(),
            "a local stack cannot do this",
        )
        .help("write: restart the gateway, or: fire the schedule NAME, with the function's name in the template")
    })?;
    Ok(Directive::Hook(Hook::FireSchedule(name.to_owned())))
}

/// The text after `prompt` and one blank; the blank may be missing where nothing follows.
fn prompted(text: &str, prompt: char) -> Option<&str> {
    let frame = text.strip_prefix(prompt)?;
    if frame.is_empty() {
        return Some(frame);
    }
    if frame.starts_with('\n') {
        return Some(frame);
    }
    frame.strip_prefix(' ')
}

fn disconnected(text: &str, start: usize) -> Result<Ending, PatternError> {
    let shape = || {
        PatternError::new(
            start..start + text.len(),
            "expected Disconnected alone, or for example: Disconnected (code: 1009, reason: \"...\")",
        )
        .help("several codes are written (code: 1000 | 4000..4999), and any end is Disconnected alone")
    };
    if text == "Disconnected" {
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
    let codes = codes.split('|').map(|codes| close_codes(codes.trim()));
    let codes = codes.collect::<Option<_>>().ok_or_else(shape)?;
    Ok(Ending::Closed { codes, reason })
}

/// `1000`, `4000..4999` or `<any>`
fn close_codes(text: &str) -> Option<RangeInclusive<u16>> {
    if text == "<any>" {
        return Some(0..=u16::MAX);
    }
    let (from, to) = text.split_once("..").unwrap_or((text, text));
    Some(from.trim().parse().ok()?..=to.trim().parse().ok()?)
}

/// `error: Unexpected server response: 403`, or another reason why there is no connection.
fn failed<'a>(text: &str, start: usize) -> Result<Line<'a>, PatternError> {
    let place = start..start + text.len();
    let help = "a rejected handshake looks like: error: Unexpected server response: 403; one without a response like: \
                error: connection refused";
    if let Some(status) = text.strip_prefix(REFUSED) {
        let status = status
            .parse()
            .ok()
            .filter(|status| (100..600).contains(status));
        let status = status
            .ok_or_else(|| PatternError::new(place, "this is not an HTTP status").help(help))?;
        return Ok(Line::Refused(status));
    }
    let reason = text["error:".len()..].trim_start();
    if reason.is_empty() || reason.starts_with("Unexpected server") {
        return Err(PatternError::new(place, "this error cannot be expected").help(help));
    }
    let at = start + text.len() - reason.len();
    Template::expected(reason, at, Notation::Plain).map(Line::Failed)
}

fn unknown(line: &str, start: usize, first: &str) -> PatternError {
    let place = start..start + first.len();
    for prompt in ['>', '<', '$'] {
        if first.starts_with(prompt) {
            return PatternError::new(place, format!("a blank is missing after {prompt}"))
                .help(format!("write: {prompt} {}", &line[start + 1..]));
        }
    }
    let error = PatternError::new(place, "unknown line");
    match suggest::nearest(first, BEGINNINGS) {
        Some(word) if word != first => error.help(format!("did you mean {word}?")),
        _ => error.help(FORMAT),
    }
}
