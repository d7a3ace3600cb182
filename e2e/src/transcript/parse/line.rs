//! What one line is, by how it begins.

use std::time::Duration;

use crate::duration;
use crate::pattern::{self, Notation, PatternError, Template};
use crate::transcript::{Ending, Expected, Payload, suggest};

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
    /// `< nothing for 300 ms`
    Silence(Duration),
    /// `exit`
    Exit,
    /// `Disconnected (code: 1001, reason: "Going away")`
    Disconnected(Ending),
}

/// How lines begin, for suggestions.
const BEGINNINGS: [&str; 6] = [
    "wscat",
    "npx",
    "Connected",
    "Disconnected",
    "error:",
    "exit",
];

const FORMAT: &str =
    "a line begins with #, [name], $ wscat, >, <, Connected, Disconnected, error: or exit";

/// Reads one line. Only names that `is_captured` knows are placeholders in what is sent.
pub(super) fn classify(
    line: &str,
    is_captured: impl Fn(&str) -> bool,
) -> Result<Line<'_>, PatternError> {
    // Blocks in documents are indented as a whole.
    let start = line.len() - line.trim_start().len();
    let text = &line[start..];
    let trimmed = text.trim_end();
    if trimmed.is_empty() || text.starts_with('#') {
        return Ok(Line::Blank);
    }
    if let Some(frame) = prompted(text, '>') {
        let start = line.len() - frame.len();
        return Ok(Line::Send(match bytes(frame, start)? {
            Some(bytes) => Payload::Binary(bytes),
            None => Payload::Text(Template::sent(frame, start, is_captured)?),
        }));
    }
    if let Some(frame) = prompted(text, '<') {
        return received(frame, line.len() - frame.len());
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
        first => Err(unknown(line, start, first.unwrap_or_default())),
    }
}

/// What stands behind `prompt` and one blank; the blank may be missing where nothing follows.
fn prompted(text: &str, prompt: char) -> Option<&str> {
    let frame = text.strip_prefix(prompt)?;
    if frame.is_empty() {
        return Some(frame);
    }
    frame.strip_prefix(' ')
}

fn received(frame: &str, start: usize) -> Result<Line<'_>, PatternError> {
    if let Some(time) = frame.strip_prefix("nothing for ") {
        let at = start + frame.len() - time.len();
        return duration::parse(time)
            .map(Line::Silence)
            .map_err(|message| PatternError::new(at..at + time.len(), message));
    }
    if let Some(bytes) = bytes(frame, start)? {
        return Ok(Line::Receive(Expected::Binary(bytes)));
    }
    let is_json = frame.trim_start().starts_with(['{', '[']);
    Ok(Line::Receive(if is_json {
        Expected::Json(pattern::parse(frame, start).map_err(|error| {
            match error.help {
                None => error.help(
                    "a line that begins with { or [ is JSON; see the format in e2e/README.md",
                ),
                Some(_) => error,
            }
        })?)
    } else {
        Expected::Text(Template::expected(frame, start, Notation::Plain)?)
    }))
}

/// `<bytes 00 ff>`, if the whole frame is that.
fn bytes(frame: &str, start: usize) -> Result<Option<Vec<u8>>, PatternError> {
    let Some(digits) = frame
        .trim_end()
        .strip_prefix("<bytes")
        .and_then(|rest| rest.strip_suffix('>'))
        .filter(|digits| digits.is_empty() || digits.starts_with(' '))
    else {
        return Ok(None);
    };
    let hex: Option<Vec<u8>> = digits
        .split_whitespace()
        .map(|digits| {
            let two = digits.len() == 2 && digits.bytes().all(|b| b.is_ascii_hexdigit());
            two.then(|| u8::from_str_radix(digits, 16).ok()).flatten()
        })
        .collect();
    let at = start + "<bytes".len();
    hex.map(Some).ok_or_else(|| {
        PatternError::new(
            at..at + digits.len(),
            "each byte has two hexadecimal digits, such as <bytes 00 ff>",
        )
    })
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
