//! Classifies a line by its beginning.

mod ending;
mod prefixed;

use std::time::Duration;

use self::ending::{disconnected, failed};
use self::prefixed::{in_what, times, within};
use super::frame;
use super::syntax::{Context, GroupKind, Line};
use crate::duration;
use crate::pattern::{self, PatternError};
use crate::transcript::command::prompt;
use crate::transcript::{Directive, Hook, suggest};

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

const FORMAT: &str = "a line begins with # (a comment), [name], $ wscat, >, <, |, Connected, Disconnected, error:, exit, drop, pause, within, \
                      in any order:, one of:, ignoring:, 50 times, fire or restart; papagaio help format explains them";

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
    let mut lines = trimmed.lines().rev().skip(1);
    if !text.starts_with(['>', '<']) && !lines.all(|line| line.ends_with('\\')) {
        let message = "only > and < lines can be continued with |";
        return Err(PatternError::new(place, message));
    }
    let after_left = prompt::command_after_left(trimmed);
    if after_left.is_none()
        && let Some(prompted) = prompt_line(line, text, context)
    {
        return prompted;
    }
    let command = |text, start| Ok(Line::Command { text, start });
    if let Some((text, at)) = after_left.or_else(|| prompt::command(trimmed)) {
        return command(text, start + at);
    }
    if prompt::is_shell(trimmed) || prompt::installs(trimmed) {
        return Ok(Line::Blank);
    }
    if let Some(text) = prompted(trimmed, '$') {
        return command(text, start + trimmed.len() - text.len());
    }
    let is_name = |text: &str| text.strip_suffix(']').is_some_and(pattern::is_name);
    match trimmed.strip_prefix('[') {
        Some(name) if !context.options.executes || is_name(name) => {
            let name = name.strip_suffix(']');
            let name = name.ok_or_else(|| not_a_name(line, start, context));
            Ok(Line::Terminal(name?))
        }
        _ => without_prompt(line, start, context),
    }
}

/// A line whose first word says what it is, or a frame without a prompt.
fn without_prompt<'a>(
    line: &'a str,
    start: usize,
    context: Context<'_>,
) -> Result<Line<'a>, PatternError> {
    let text = &line[start..];
    let trimmed = text.trim_end();
    match trimmed.split_whitespace().next() {
        Some("npx") => {
            let text = trimmed;
            Ok(Line::Command { text, start })
        }
        // Before version 4, wscat did not capitalise these lines.
        Some("Connected" | "connected") => Ok(Line::Connected),
        Some("Disconnected" | "disconnected") => {
            Ok(Directive::Disconnected(disconnected(trimmed, start)?).into())
        }
        Some("error:") => failed(trimmed, start),
        Some("exit") if trimmed == "exit" => Ok(Directive::Exit.into()),
        Some("drop") if trimmed == "drop" => Ok(Directive::Drop.into()),
        Some("pause") => Ok(pause(trimmed, start)?.into()),
        Some("in") => in_what(line, trimmed, start, context),
        Some("one") if trimmed == "one of:" => Ok(Line::Group(GroupKind::OneOf)),
        Some("ignoring:") if trimmed == "ignoring:" => Ok(Line::Group(GroupKind::Ignore)),
        Some("within") => within(line, trimmed, start, context),
        Some("fire" | "restart") => Ok(hook(trimmed, start)?.into()),
        // A number alone may also be a frame after `-x`.
        Some(first)
            if first.bytes().all(|b| b.is_ascii_digit())
                && (first != trimmed || !context.options.executes) =>
        {
            times(line, trimmed, start, context)
        }
        Some("|") => {
            let place = start..start + trimmed.len();
            let error = PatternError::new(place, "there is no line above to continue");
            let help = "a line | … continues the > or < line above it; no empty line or comment may stand between";
            Err(error.help(help))
        }
        // wscat prints what arrives without a prompt after `-x`.
        _ if context.options.executes && !line.contains('\x1b') => {
            let expected = frame::received(text, start, context)?;
            Ok(Directive::Receive(expected).into())
        }
        first => Err(unknown(line, start, first.unwrap_or_default(), context)),
    }
}

/// A line with a prompt: `> text` or `< text`.
fn prompt_line<'a>(
    line: &str,
    text: &str,
    context: Context<'_>,
) -> Option<Result<Line<'a>, PatternError>> {
    let directive = |directive: Result<Directive, _>| Some(directive.map(Line::from));
    if let Some(frame) = prompted(text, '>') {
        let start = line.len() - frame.len();
        if context.options.slash && frame.starts_with('/') {
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
    if frame.is_empty() || frame.starts_with('\n') {
        return Some(frame);
    }
    frame.strip_prefix(' ')
}

/// A line that begins with a bracket and is not `[name]`.
fn not_a_name(line: &str, start: usize, context: Context<'_>) -> PatternError {
    let text = line[start..].trim_end();
    let place = start..start + text.len();
    if !text.contains(']') {
        return PatternError::new(place, "the terminal's name is not closed by ]");
    }
    let error = PatternError::new(place, "nothing may follow the name of a terminal");
    error.help(if context.below_frame {
        continues(text)
    } else {
        format!("to expect this text, write: < \\{text}")
    })
}

/// The remedy if a line continues the frame above.
fn continues(text: &str) -> String {
    format!("if the frame above continues here, write: | {text}")
}

/// The arrows before frames in the developer tools of browsers.
const SENT_IN_BROWSERS: [char; 3] = ['⬆', '↑', '▲'];
const RECEIVED_IN_BROWSERS: [char; 3] = ['⬇', '↓', '▼'];

fn unknown(line: &str, start: usize, first: &str, context: Context<'_>) -> PatternError {
    let place = start..start + first.len();
    for prompt in ['>', '<', '$'] {
        if first.starts_with(prompt) {
            return PatternError::new(place, format!("a blank is missing after {prompt}"))
                .help(format!("write: {prompt} {}", &line[start + 1..]));
        }
    }
    let error = PatternError::new(place, "unknown line");
    if line.contains('\x1b') {
        return error.help(
            "the line contains control characters of a terminal: copy the text from the terminal's window, or record with: \
             papagaio record",
        );
    }
    if let Some(at) = line.find("ws://").or_else(|| line.find("wss://")) {
        let address = line[at..].split_whitespace().next().unwrap_or_default();
        return error.help(format!("to connect, write: $ wscat -c {address}"));
    }
    if first.starts_with(SENT_IN_BROWSERS) {
        return error.help("to send this text, write > in place of the arrow");
    }
    if first.starts_with(RECEIVED_IN_BROWSERS) {
        return error.help("to expect this text, write < in place of the arrow");
    }
    match suggest::nearest(first, BEGINNINGS) {
        Some(word) if word != first => error.help(format!("did you mean {word}?")),
        _ if context.below_frame => error.help(continues(line[start..].trim_end())),
        _ => error.help(FORMAT),
    }
}
