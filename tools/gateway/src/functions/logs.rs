//! Copies the output of functions to the gateway's log, prefixed with the function's name. JSON lines with a level and a
//! message, as `LogFormat: JSON` and the runtime clients write them, are shown as text at their own level.

use std::fmt::Write as _;

use serde_json::{Map, Value as Json};
use tokio::io::{AsyncBufRead, AsyncBufReadExt, AsyncRead, BufReader};
use tracing::Level;

/// Longest line shown, in bytes: a function may print megabytes without a line break.
const MAX_LINE: usize = 16 * 1024;

/// Copies `output` until it ends.
pub(super) async fn copy(name: String, output: impl AsyncRead + Unpin) {
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    while let Ok(true) = read_line(&mut output, &mut line).await {
        let text = String::from_utf8_lossy(&line);
        if !text.trim().is_empty() {
            show(&name, &readable(text.trim_end()));
        }
    }
}

/// Reads up to the end of the line and keeps its first [`MAX_LINE`] bytes. False at the end of the output.
async fn read_line(
    output: &mut (impl AsyncBufRead + Unpin),
    line: &mut Vec<u8>,
) -> std::io::Result<bool> {
    line.clear();
    loop {
        let available = output.fill_buf().await?;
        if available.is_empty() {
            return Ok(!line.is_empty());
        }
        let end = available.iter().position(|byte| *byte == b'\n');
        let part = &available[..end.unwrap_or(available.len())];
        let room = MAX_LINE.saturating_sub(line.len());
        line.extend_from_slice(&part[..part.len().min(room)]);
        let used = end.map_or(available.len(), |end| end + 1);
        output.consume(used);
        if end.is_some() {
            // An empty result would mean the end of the output.
            if line.is_empty() {
                line.push(b' ');
            }
            return Ok(true);
        }
    }
}

/// One line of a function's log.
#[derive(Debug, PartialEq, Eq)]
struct Line {
    level: Level,
    text: String,
}

fn show(name: &str, Line { level, text }: &Line) {
    for text in text.lines() {
        // The level of a tracing event must be a constant.
        match *level {
            Level::ERROR => tracing::error!(target: "function", "{name}: {text}"),
            Level::WARN => tracing::warn!(target: "function", "{name}: {text}"),
            Level::INFO => tracing::info!(target: "function", "{name}: {text}"),
            Level::DEBUG => tracing::debug!(target: "function", "{name}: {text}"),
            _ => tracing::trace!(target: "function", "{name}: {text}"),
        }
    }
}

/// Members that the gateway's log contains already, or that carry no information on one machine.
const OMITTED: &[&str] = &[
    "level",
    "message",
    "fields",
    "timestamp",
    "time",
    "target",
    "logger",
    "requestId",
    "span",
    "spans",
    "AWSRequestId",
];

fn readable(text: &str) -> Line {
    of_json(text).unwrap_or_else(|| Line {
        level: Level::INFO,
        text: printable(text),
    })
}

/// A line of JSON with a level and a message.
fn of_json(text: &str) -> Option<Line> {
    let members: Map<String, Json> = serde_json::from_str(text).ok()?;
    let fields = members.get("fields").and_then(Json::as_object);
    let message = members.get("message").or_else(|| fields?.get("message"))?;
    let level = members.get("level")?.as_str()?.to_ascii_uppercase();
    let mut sentence = plain(message);
    for members in [Some(&members), fields].into_iter().flatten() {
        append(&mut sentence, members);
    }
    let level = match level.as_str() {
        "FATAL" | "CRITICAL" | "ERROR" => Level::ERROR,
        "WARN" | "WARNING" => Level::WARN,
        "DEBUG" => Level::DEBUG,
        "TRACE" => Level::TRACE,
        _ => Level::INFO,
    };
    Some(Line {
        level,
        text: printable(&sentence),
    })
}

fn append(sentence: &mut String, members: &Map<String, Json>) {
    for (name, value) in members
        .iter()
        .filter(|(name, _)| !OMITTED.contains(&name.as_str()))
    {
        // Writing to a string cannot fail.
        let _ = write!(sentence, " {name}={}", plain(value));
    }
}

fn plain(value: &Json) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), ToOwned::to_owned)
}

/// Replaces control characters, which could move the cursor of the terminal or ring its bell.
fn printable(text: &str) -> String {
    text.chars()
        .map(|c| {
            if c.is_control() && !"\t\n".contains(c) {
                '\u{fffd}'
            } else {
                c
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn reads_as(text: &str, level: Level, wanted: &str) {
        assert_eq!(
            readable(text),
            Line {
                level,
                text: wanted.to_owned()
            }
        );
    }

    #[test]
    fn json_lines_are_shown_as_text_at_their_level() {
        reads_as(
            r#"{"timestamp":"2024-11-11T11:35:24Z","level":"WARN","fields":{"message":"slow","took":5},"target":"x"}"#,
            Level::WARN,
            "slow took=5",
        );
        reads_as(
            r#"{"level":"ERROR","message":"no","requestId":"1","cause":"x y"}"#,
            Level::ERROR,
            "no cause=x y",
        );
    }

    #[test]
    fn other_lines_are_shown_unchanged() {
        reads_as("hello", Level::INFO, "hello");
        reads_as(r#"{"a":1}"#, Level::INFO, r#"{"a":1}"#);
        reads_as("[1,2", Level::INFO, "[1,2");
        reads_as(
            r#"{"level":"ERROR","message":"Error: no\n    at index.js:1\u0007"}"#,
            Level::ERROR,
            "Error: no\n    at index.js:1\u{fffd}",
        );
        reads_as("\u{1b}[2Jgone\u{7}", Level::INFO, "\u{fffd}[2Jgone\u{fffd}");
    }

    #[tokio::test]
    async fn endless_lines_are_truncated_and_empty_lines_do_not_end_the_log() {
        let text = [&vec![b'x'; 3 * MAX_LINE], b"\n\nlast".as_slice()].concat();
        let mut output = text.as_slice();
        let mut lines = Vec::new();
        let mut line = Vec::new();
        while read_line(&mut output, &mut line).await.unwrap() {
            lines.push(line.len());
        }
        assert_eq!(lines, [MAX_LINE, 1, 4]);
    }
}
