//! What one line is, by how it begins.

use std::time::Duration;

use super::frame;
use crate::duration;
use crate::pattern::{Notation, PatternError, Template};
use crate::transcript::{Ending, Expected, Hook, Payload, suggest};

/// Most repetitions of a line. More is no test, but load.
const MOST_TIMES: u32 = 100_000;

/// The name that counts repetitions.
pub(super) const COUNTER: &str = "n";

/// A line by itself, without what stands around it.
#[derive(Debug, PartialEq)]
pub(super) enum Line<'a> {
    /// Nothing, or a comment.
    Blank,
    /// `[name]`
    Terminal(&'a str),
    /// `$ command`, or `wscat …` without the prompt.
    Command {
        /// The command.
        text: &'a str,
        /// Where it stands, in bytes.
        start: usize,
    },
    /// `Connected (press CTRL+C to quit)`
    Connected,
    /// `error: Unexpected server response: 403`
    Refused(u16),
    /// `> text`
    Send(Payload),
    /// `< text`
    Receive(Expected),
    /// `< Content-Type: text/plain`, below `wscat … --show-headers`
    Header(Header),
    /// `> /close 1000 reason`
    Close { code: u16, reason: String },
    /// `50 times > text`, with the line that is repeated.
    Repeat { times: u32, line: Box<Line<'a>> },
    /// `in frames of 1024 bytes > text`
    SendInFrames { bytes: usize, payload: Payload },
    /// `in any order:`
    AnyOrder,
    /// `< nothing for 300 ms`
    Silence(Duration),
    /// `pause 2 s`
    Pause(Duration),
    /// `fire the schedule NAME`, `restart the gateway`
    Hook(Hook),
    /// `exit`
    Exit,
    /// `drop`
    Drop,
    /// `Disconnected (code: 1001, reason: "Going away")`
    Disconnected(Ending),
}

/// A response's header that is expected.
#[derive(Debug, PartialEq)]
pub(super) struct Header {
    pub(super) name: http::HeaderName,
    /// `None` where there must be no such header.
    pub(super) value: Option<Template>,
}

/// What stands around a line, as far as it decides what the line is.
#[derive(Clone, Copy)]
pub(super) struct Context<'a> {
    /// Only names that it knows are placeholders in what is sent.
    pub(super) is_captured: &'a dyn Fn(&str) -> bool,
    /// Whether the terminal was opened with `--slash`.
    pub(super) slash: bool,
    /// Whether it was opened with `-P`.
    pub(super) shows_pings: bool,
    /// Whether the lines above are those of `wscat … --show-headers`.
    pub(super) in_headers: bool,
}

/// How lines begin, for suggestions.
const BEGINNINGS: [&str; 10] = [
    "wscat",
    "npx",
    "Connected",
    "Disconnected",
    "error:",
    "exit",
    "drop",
    "pause",
    "fire",
    "restart",
];

const FORMAT: &str = "a line begins with #, [name], $ wscat, >, <, Connected, Disconnected, error:, exit, drop, pause, \
                      in any order:, 50 times, fire or restart";

/// Reads one line.
pub(super) fn classify<'a>(line: &'a str, context: Context<'_>) -> Result<Line<'a>, PatternError> {
    // Blocks in documents are indented as a whole.
    let start = line.len() - line.trim_start().len();
    let text = &line[start..];
    let trimmed = text.trim_end();
    if trimmed.is_empty() || text.starts_with('#') {
        return Ok(Line::Blank);
    }
    if let Some(prompted) = prompt_line(line, text, context) {
        return prompted;
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
            PatternError::new(
                start..line.len(),
                "the ] after the terminal's name is missing",
            )
        })?;
        return Ok(Line::Terminal(name));
    }
    match trimmed.split_whitespace().next() {
        Some("wscat" | "npx") => Ok(Line::Command {
            text: trimmed,
            start,
        }),
        Some("Connected") => Ok(Line::Connected),
        Some("Disconnected") => disconnected(trimmed, start).map(Line::Disconnected),
        Some("error:") => refused(trimmed, start).map(Line::Refused),
        Some("exit") if trimmed == "exit" => Ok(Line::Exit),
        Some("drop") if trimmed == "drop" => Ok(Line::Drop),
        Some("pause") => pause(trimmed, start),
        Some("in") => in_what(line, trimmed, start, context),
        Some("fire" | "restart") => hook(trimmed, start),
        Some(count) if count.bytes().all(|b| b.is_ascii_digit()) => {
            times(line, trimmed, start, context)
        }
        first => Err(unknown(line, start, first.unwrap_or_default())),
    }
}

/// A line behind `>` or `<`, if it is one. `text` is what `line` ends with.
fn prompt_line<'a>(
    line: &str,
    text: &str,
    context: Context<'_>,
) -> Option<Result<Line<'a>, PatternError>> {
    if let Some(frame) = prompted(text, '>') {
        let start = line.len() - frame.len();
        if context.slash && frame.starts_with('/') {
            return Some(frame::slash(frame, start, context));
        }
        return Some(frame::sent(frame, start, context).map(Line::Send));
    }
    let frame = prompted(text, '<')?;
    let start = line.len() - frame.len();
    if context.in_headers
        && let Some(header) = frame::header(frame, start)
    {
        return Some(header.map(Line::Header));
    }
    if let Some(time) = frame.strip_prefix("nothing for ") {
        let time = duration(time, start + frame.len() - time.len());
        return Some(time.map(Line::Silence));
    }
    Some(frame::received(frame, start, context).map(Line::Receive))
}

fn duration(time: &str, at: usize) -> Result<Duration, PatternError> {
    duration::parse(time).map_err(|message| PatternError::new(at..at + time.len(), message))
}

fn pause<'a>(text: &str, start: usize) -> Result<Line<'a>, PatternError> {
    let time = text.trim_start_matches("pause");
    let at = start + text.len() - time.trim_start().len();
    duration(time.trim_start(), at).map(Line::Pause)
}

/// `in any order:` or `in frames of 1024 bytes > text`.
fn in_what<'a>(
    line: &str,
    text: &str,
    start: usize,
    context: Context<'_>,
) -> Result<Line<'a>, PatternError> {
    if text == "in any order:" {
        return Ok(Line::AnyOrder);
    }
    let shape = || {
        PatternError::new(
            start..start + text.len(),
            "this is no line that begins with in",
        )
        .help("write: in any order: above < lines, or for example: in frames of 1024 bytes > text")
    };
    let rest = text.strip_prefix("in frames of ").ok_or_else(shape)?;
    let (bytes, rest) = rest.split_once(" bytes ").ok_or_else(shape)?;
    let bytes: usize = bytes.parse().ok().filter(|n| *n > 0).ok_or_else(shape)?;
    // What is sent may end with blanks.
    let behind = start + text.len() - rest.len();
    let frame = prompted(&line[behind..], '>').ok_or_else(shape)?;
    let payload = frame::sent(frame, line.len() - frame.len(), context)?;
    Ok(Line::SendInFrames { bytes, payload })
}

/// `50 times > text`
fn times<'a>(
    line: &str,
    text: &str,
    start: usize,
    context: Context<'_>,
) -> Result<Line<'a>, PatternError> {
    let count = text.split(' ').next().unwrap_or_default();
    let shape = || {
        PatternError::new(start..start + count.len(), "a number begins a repetition")
            .help("write for example: 50 times > text")
    };
    let rest = text[count.len()..]
        .strip_prefix(" times ")
        .ok_or_else(shape)?;
    let times: u32 = count
        .parse()
        .ok()
        .filter(|times| (1..=MOST_TIMES).contains(times))
        .ok_or_else(|| {
            PatternError::new(
                start..start + count.len(),
                format!("a line can be repeated 1 to {MOST_TIMES} times"),
            )
        })?;
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
    match repeated {
        Line::Send(_) | Line::Receive(_) | Line::SendInFrames { .. } => Ok(Line::Repeat {
            times,
            line: Box::new(repeated),
        }),
        _ => Err(PatternError::new(
            behind..line.len(),
            "this cannot be repeated",
        )),
    }
}

fn hook<'a>(text: &str, start: usize) -> Result<Line<'a>, PatternError> {
    if text == "restart the gateway" {
        return Ok(Line::Hook(Hook::RestartGateway));
    }
    let name = text
        .strip_prefix("fire the schedule ")
        .map(str::trim)
        .filter(|name| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric()));
    let name = name.ok_or_else(|| {
        PatternError::new(
            start..start + text.len(),
            "this is nothing that a local stack can do",
        )
        .help("write: restart the gateway, or: fire the schedule NAME, with the function's name in the template")
    })?;
    Ok(Line::Hook(Hook::FireSchedule(name.to_owned())))
}

/// What stands behind `prompt` and one blank; the blank may be missing where nothing follows.
fn prompted(text: &str, prompt: char) -> Option<&str> {
    let frame = text.strip_prefix(prompt)?;
    if frame.is_empty() {
        return Some(frame);
    }
    frame.strip_prefix(' ')
}

fn disconnected(text: &str, start: usize) -> Result<Ending, PatternError> {
    let shape = || {
        PatternError::new(
            start..start + text.len(),
            "it should look like: Disconnected (code: 1009, reason: \"...\")",
        )
    };
    let inside = text
        .strip_prefix("Disconnected (code: ")
        .and_then(|rest| rest.strip_suffix(')'))
        .ok_or_else(shape)?;
    let (code, reason) = match inside.split_once(',') {
        None => (inside, None),
        Some((code, reason)) => {
            let reason = reason
                .trim_start()
                .strip_prefix("reason: \"")
                .and_then(|rest| rest.strip_suffix('"'))
                .ok_or_else(shape)?;
            let at = start + text.len() - 2 - reason.len();
            (code, Some(Template::expected(reason, at, Notation::Plain)?))
        }
    };
    let code = code.trim().parse().map_err(|_| shape())?;
    Ok(Ending { code, reason })
}

fn refused(text: &str, start: usize) -> Result<u16, PatternError> {
    let status = text
        .strip_prefix("error: Unexpected server response: ")
        .and_then(|status| status.parse().ok())
        .filter(|status| (100..600).contains(status));
    status.ok_or_else(|| {
        PatternError::new(start..start + text.len(), "this error cannot be expected")
            .help("a refused handshake looks like: error: Unexpected server response: 403")
    })
}

fn unknown(line: &str, start: usize, first: &str) -> PatternError {
    let place = start..start + first.len();
    for prompt in ['>', '<', '$'] {
        if first.starts_with(prompt) {
            return PatternError::new(place, format!("a blank is missing after {prompt}"))
                .help(format!("write: {prompt} {}", &line[start + 1..]));
        }
    }
    let error = PatternError::new(place, "this is nothing that wscat prints");
    match suggest::nearest(first, BEGINNINGS) {
        Some(word) if word != first => error.help(format!("did you mean {word}?")),
        _ => error.help(FORMAT),
    }
}
