//! The part of a line after `>` or `<`.

use http::HeaderName;

use super::syntax::{Context, Header};
use crate::pattern::{self, Notation, PatternError, Template};
use crate::transcript::{Bytes, Directive, Expected, JsonFrame, Payload, suggest};

/// What `--slash` makes commands, as in `wscat`.
const SLASH: [&str; 3] = ["/ping", "/pong", "/close"];

/// Longest reason of a close frame, in bytes (RFC 6455 §5.5.1).
const MAX_REASON: usize = 123;

/// `> text`
pub(super) fn sent(
    frame: &str,
    start: usize,
    context: Context<'_>,
) -> Result<Payload, PatternError> {
    if let Some(bytes) = Bytes::sent(frame, start, context.is_captured)? {
        return Ok(Payload::Binary(bytes));
    }
    if let Some((json, at)) = keyword(frame, start, "binary ") {
        let text = Template::sent(json, at, context.is_captured)?;
        return Ok(Payload::BinaryText(text));
    }
    Template::sent(frame, start, context.is_captured).map(Payload::Text)
}

/// `> /ping data`, in a terminal with `--slash`.
pub(super) fn slash(
    frame: &str,
    start: usize,
    context: Context<'_>,
) -> Result<Directive, PatternError> {
    let (command, rest) = frame.split_once(' ').unwrap_or((frame, ""));
    let at = start + frame.len() - rest.len();
    let data = || Template::sent(rest, at, context.is_captured);
    let send = |payload| Directive::Send {
        payload,
        frames: None,
    };
    match command {
        "/ping" => Ok(send(Payload::Ping(data()?))),
        "/pong" => Ok(send(Payload::Pong(data()?))),
        "/close" => close(rest, at),
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
fn close(rest: &str, start: usize) -> Result<Directive, PatternError> {
    let (code, reason) = rest.split_once(' ').unwrap_or((rest, ""));
    let wanted = if code.is_empty() { "1000" } else { code };
    // The codes that a close frame may contain (RFC 6455 §7.4).
    let may_be_sent = |code: &u16| matches!(code, 1000..=1003 | 1007..=1014 | 3000..=4999);
    let code = wanted.parse().ok().filter(may_be_sent).ok_or_else(|| {
        let place = start..start + code.len();
        PatternError::new(place, "a close frame cannot contain this code")
            .help("1000 to 1003, 1007 to 1014 and 3000 to 4999 can be sent")
    })?;
    if reason.len() > MAX_REASON {
        let at = start + rest.len() - reason.len();
        let message = format!("a reason has at most {MAX_REASON} bytes");
        return Err(PatternError::new(at..at + reason.len(), message));
    }
    let reason = reason.to_owned();
    Ok(Directive::Close { code, reason })
}

/// `< text`
pub(super) fn received(
    frame: &str,
    start: usize,
    context: Context<'_>,
) -> Result<Expected, PatternError> {
    if let Some(bytes) = Bytes::expected(frame, start)? {
        return Ok(Expected::Binary(bytes));
    }
    if let Some(size) = size(frame, "<text of ") {
        return Ok(Expected::TextOf(size));
    }
    if let Some(size) = size(frame, "<binary of ") {
        return Ok(Expected::BinaryOf(size));
    }
    if context.options.shows_pings {
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
    if let Some(json) = json(frame, start, context)? {
        return Ok(Expected::Json(json));
    }
    let (text, at) = match frame.strip_prefix('\\') {
        Some(text) if text.starts_with(['{', '[']) => (text, start + 1),
        _ => (frame, start),
    };
    Template::expected(text, at, Notation::Plain).map(Expected::Text)
}

/// `{…}`, `exactly {…}`, `binary {…}`, `binary exactly {…}` and `42<json>[…]</json>`.
fn json(
    frame: &str,
    start: usize,
    context: Context<'_>,
) -> Result<Option<JsonFrame>, PatternError> {
    if let Some((before, rest)) = frame.split_once("<json>")
        && !before.ends_with('\\')
    {
        return framed_json(frame, start, before, rest, context).map(Some);
    }
    let (binary, frame, start) = match keyword(frame, start, "binary ") {
        Some((rest, at)) => (true, rest, at),
        None => (false, frame, start),
    };
    let pattern = if let Some((json, at)) = keyword(frame, start, "exactly ") {
        pattern::parse_exact(json, at)
    } else if frame.trim_start().starts_with(['{', '['])
        || keyword(frame, start, "in any order ").is_some()
    {
        pattern::parse(frame, start)
    } else {
        return Ok(None);
    };
    let pattern = pattern.map_err(|error| {
        if error.message.starts_with('<') || !frame.trim_start().starts_with(['{', '[']) {
            return error;
        }
        if error.message.starts_with("this is not closed")
            || error.message == "this string is not closed"
        {
            return error.help_also(
                "JSON may continue on the lines below; a line that a terminal has broken must be joined again",
            );
        }
        let opening = frame.trim_start().get(..1).unwrap_or_default();
        error.help_also(&format!(
            "a line that begins with {{ or [ is JSON: to expect plain text, write < \\{opening}…"
        ))
    })?;
    Ok(Some(JsonFrame {
        binary,
        pattern,
        before: Template::default(),
        after: Template::default(),
    }))
}

/// `42<json>["a",1]</json><\x1e>`
fn framed_json(
    frame: &str,
    start: usize,
    before: &str,
    rest: &str,
    context: Context<'_>,
) -> Result<JsonFrame, PatternError> {
    let at = start + before.len() + "<json>".len();
    let (json, after) = rest.split_once("</json>").unwrap_or((rest, ""));
    let after_at = start + frame.len() - after.len();
    let pattern = match keyword(json, at, "exactly ") {
        Some((json, at)) => pattern::parse_exact(json, at)?,
        None => pattern::parse(json, at)?,
    };
    let fixed = |text: &str, at: usize| {
        let template = Template::expected(text, at, Notation::Plain)?;
        let mut known = true;
        template.captures(&mut |name, _| {
            known &= name.starts_with('$') || (context.is_captured)(name);
        });
        if template.is_fixed() && known {
            Ok(template)
        } else {
            let message = "only plain text and captured values can surround JSON";
            Err(PatternError::new(at..at + text.len(), message))
        }
    };
    Ok(JsonFrame {
        binary: false,
        before: fixed(before, start)?,
        pattern,
        after: fixed(after, after_at)?,
    })
}

/// The JSON after `keyword`, and its place.
fn keyword<'a>(frame: &'a str, start: usize, keyword: &str) -> Option<(&'a str, usize)> {
    let rest = frame.strip_prefix(keyword)?;
    let is_json = |text: &str| text.trim_start().starts_with(['{', '[']);
    let begins = is_json(rest) || rest.strip_prefix("exactly ").is_some_and(is_json);
    begins.then_some((rest, start + keyword.len()))
}

/// `Received ping (data: "…")`, as wscat prints it with `-P`.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::transcript::parse::syntax::Options;

    const PLAIN: Context<'_> = Context {
        is_captured: &|_| false,
        options: Options {
            slash: true,
            shows_pings: true,
            executes: false,
        },
        in_headers: true,
        below_frame: false,
    };

    #[test]
    fn codes_that_cannot_be_sent_are_rejected() {
        for frame in ["/close 1005", "/close 999", "/close x", "/close 99999"] {
            let error = slash(frame, 0, PLAIN).unwrap_err();
            assert_eq!(error.bytes, 7..frame.len(), "{frame}");
        }
        let line = slash("/close", 0, PLAIN).unwrap();
        let reason = String::new();
        assert_eq!(line, Directive::Close { code: 1000, reason });
    }
}
