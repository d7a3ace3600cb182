//! What stands behind `>` and `<`.

use http::HeaderName;

use super::line::{Context, Header, Line};
use crate::pattern::{self, Notation, PatternError, Template};
use crate::transcript::{Expected, Payload, suggest};

/// Longest binary frame that a line may make, in bytes: a hundred times what API Gateway takes.
const LONGEST: usize = 16 * 1024 * 1024;

/// What `--slash` makes commands of, as `wscat` does.
const SLASH: [&str; 3] = ["/ping", "/pong", "/close"];

/// `> text`
pub(super) fn sent(
    frame: &str,
    start: usize,
    context: Context<'_>,
) -> Result<Payload, PatternError> {
    Ok(match bytes(frame, start)? {
        Some(bytes) => Payload::Binary(bytes),
        None => Payload::Text(Template::sent(frame, start, context.is_captured)?),
    })
}

/// `> /ping data`, in a terminal with `--slash`.
pub(super) fn slash<'a>(
    frame: &str,
    start: usize,
    context: Context<'_>,
) -> Result<Line<'a>, PatternError> {
    let (command, rest) = frame.split_once(' ').unwrap_or((frame, ""));
    let data = || Template::sent(rest, start + frame.len() - rest.len(), context.is_captured);
    match command {
        "/ping" => Ok(Line::Send(Payload::Ping(data()?))),
        "/pong" => Ok(Line::Send(Payload::Pong(data()?))),
        "/close" => close(rest, start + frame.len() - rest.len()),
        other => {
            let place = start..start + other.len();
            let error = PatternError::new(place, "wscat has no such command");
            Err(match suggest::nearest(other, SLASH) {
                Some(command) => error.help(format!("did you mean {command}?")),
                None => error.help("with --slash it has /ping, /pong and /close"),
            })
        }
    }
}

/// `/close`, `/close 1000`, `/close 1000 reason`
fn close<'a>(rest: &str, start: usize) -> Result<Line<'a>, PatternError> {
    let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    let wanted = if code.is_empty() { "1000" } else { code };
    // Those that a close frame may hold (RFC 6455 §7.4).
    let may_be_sent = |code: &u16| matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
    let code = wanted.parse().ok().filter(may_be_sent).ok_or_else(|| {
        PatternError::new(
            start..start + code.len(),
            "no close frame can hold this code",
        )
        .help("1000 to 1003, 1007 to 1014 and 3000 to 4999 can be sent")
    })?;
    if reason.len() > 123 {
        let at = start + rest.len() - reason.len();
        return Err(PatternError::new(
            at..at + reason.len(),
            "a reason has 123 bytes at most",
        ));
    }
    let reason = reason.to_owned();
    Ok(Line::Close { code, reason })
}

/// `< text`
pub(super) fn received(
    frame: &str,
    start: usize,
    context: Context<'_>,
) -> Result<Expected, PatternError> {
    if let Some(bytes) = bytes(frame, start)? {
        return Ok(Expected::Binary(bytes));
    }
    if let Some(size) = size(frame, "<text of ") {
        return Ok(Expected::TextOf(size));
    }
    if let Some(size) = size(frame, "<binary of ") {
        return Ok(Expected::BinaryOf(size));
    }
    if context.shows_pings {
        for (kind, expected) in [
            ("ping", Expected::Ping as fn(Template) -> Expected),
            ("pong", Expected::Pong),
        ] {
            if let Some(data) = shown_ping(frame, kind) {
                let at = start + frame.find('"').unwrap_or(0) + 1;
                return Ok(expected(Template::expected(data, at, Notation::Plain)?));
            }
        }
    }
    if let Some(json) = frame.strip_prefix("exactly ")
        && json.trim_start().starts_with(['{', '['])
    {
        let at = start + frame.len() - json.len();
        return pattern::parse_exact(json, at).map(Expected::Json);
    }
    if frame.trim_start().starts_with(['{', '[']) {
        return Ok(Expected::Json(pattern::parse(frame, start).map_err(
            |error| match error.help {
                None => error.help(
                    "a line that begins with { or [ is JSON; see the format in e2e/player/README.md",
                ),
                Some(_) => error,
            },
        )?));
    }
    Template::expected(frame, start, Notation::Plain).map(Expected::Text)
}

/// `Received ping (data: "…")`, as wscat shows it with `-P`.
fn shown_ping<'a>(frame: &'a str, kind: &str) -> Option<&'a str> {
    frame
        .trim_end()
        .strip_prefix("Received ")?
        .strip_prefix(kind)?
        .strip_prefix(" (data: \"")?
        .strip_suffix("\")")
}

/// `Name: value`, if it looks like a header.
pub(super) fn header(frame: &str, start: usize) -> Option<Result<Header, PatternError>> {
    let (name, value) = frame.split_once(':')?;
    let name: HeaderName = name.parse().ok()?;
    let value = value.trim();
    if value == "<none>" {
        return Some(Ok(Header { name, value: None }));
    }
    let at = start + frame.trim_end().len() - value.len();
    Some(
        Template::expected(value, at, Notation::Plain).map(|value| Header {
            name,
            value: Some(value),
        }),
    )
}

/// `<text of 8192 bytes>`, if the whole frame is that.
fn size(frame: &str, begin: &str) -> Option<usize> {
    let size = frame.trim_end().strip_prefix(begin)?;
    size.strip_suffix(" bytes>")?.parse().ok()
}

/// `<bytes 00 ff>` or `<bytes 00 * 1000>`, if the whole frame is that.
fn bytes(frame: &str, start: usize) -> Result<Option<Vec<u8>>, PatternError> {
    let Some(digits) = frame
        .trim_end()
        .strip_prefix("<bytes")
        .and_then(|rest| rest.strip_suffix('>'))
        .filter(|digits| digits.is_empty() || digits.starts_with(' '))
    else {
        return Ok(None);
    };
    let at = start + "<bytes".len();
    hex(digits).map(Some).ok_or_else(|| {
        PatternError::new(
            at..at + digits.len(),
            "each byte has two hexadecimal digits, such as <bytes 00 ff>",
        )
        .help("many of one kind are written <bytes 00 * 1000>, 16 MiB at most")
    })
}

fn hex(digits: &str) -> Option<Vec<u8>> {
    let mut bytes: Vec<u8> = Vec::new();
    let mut words = digits.split_whitespace();
    while let Some(word) = words.next() {
        if word == "*" {
            let last = *bytes.last()?;
            let times: usize = words.next()?.parse().ok()?;
            // The first of them stands there already.
            let more = times.checked_sub(1)?;
            if bytes.len().saturating_add(more) > LONGEST {
                return None;
            }
            bytes.extend(std::iter::repeat_n(last, more));
            continue;
        }
        let is_byte = word.len() == 2 && word.bytes().all(|b| b.is_ascii_hexdigit());
        bytes.push(is_byte.then(|| u8::from_str_radix(word, 16).ok())??);
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    const PLAIN: Context<'_> = Context {
        is_captured: &|_| false,
        slash: true,
        shows_pings: true,
        in_headers: true,
    };

    #[test]
    fn bytes_may_be_repeated() {
        assert_eq!(hex(" 00 ff * 3 01"), Some(vec![0, 255, 255, 255, 1]));
        assert_eq!(hex(""), Some(vec![]));
        for nonsense in [
            "0",
            "* 3",
            "00 *",
            "00 * 0",
            "00 * x",
            "00 * 99999999999",
            "é0",
        ] {
            assert_eq!(hex(nonsense), None, "{nonsense}");
        }
    }

    #[test]
    fn sizes_stand_alone() {
        let size = |frame| received(frame, 0, PLAIN).unwrap();
        assert_eq!(size("<text of 3 bytes>"), Expected::TextOf(3));
        assert_eq!(size("<binary of 3 bytes> "), Expected::BinaryOf(3));
        assert!(matches!(size("a <text of 3 bytes>"), Expected::Text(_)));
    }

    #[test]
    fn codes_that_cannot_be_sent_are_refused() {
        for frame in ["/close 1005", "/close 999", "/close x", "/close 99999"] {
            let error = slash(frame, 0, PLAIN).unwrap_err();
            assert_eq!(error.bytes, 7..frame.len(), "{frame}");
        }
        let line = slash("/close", 0, PLAIN).unwrap();
        let reason = String::new();
        assert_eq!(line, Line::Close { code: 1000, reason });
    }

    #[test]
    fn a_header_has_a_name_and_a_value() {
        let found = |frame| header(frame, 0).map(|found| found.unwrap().name.to_string());
        assert_eq!(found("Server: x").as_deref(), Some("server"));
        assert_eq!(found("{\"a\": 1}"), None);
        assert_eq!(found("no header"), None);
        assert_eq!(header("A: <none> ", 0).unwrap().unwrap().value, None);
    }
}
