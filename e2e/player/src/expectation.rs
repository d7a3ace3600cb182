//! Writes the `<` line that expects what arrived, with placeholders where the next run will have other values. Pure. Used by
//! [`crate::record`], which writes whole transcripts, and by [`crate::update`], which rewrites single lines.
//!
//! [`volatile`] guesses from their names and form which values change from run to run; it knows no particular protocol. A line is read
//! again and compared with its frame, and if the frame cannot be written in this format, the line becomes `< <any>`.

mod clock;
pub(crate) mod json;
pub(crate) mod literal;
pub(crate) mod volatile;
pub(crate) mod words;

use crate::json::Json;
use crate::pattern::Captures;
use crate::player::{Arrival, accepts};
use crate::source;
use crate::transcript::{Directive, Expected, Transcript};

/// The line for a text frame that cannot be described.
pub(crate) const ANYTHING: &str = "< <any>";

/// What a line contains instead of a value, by the name of the value's field; `None` for the value itself.
pub(crate) type Leaf<'a> = dyn FnMut(Option<&str>, &Json) -> Option<String> + 'a;

/// The line for `arrival`; a newline begins a line that continues it. `known` are the values that were captured before.
pub(crate) fn line(arrival: &Arrival, known: &Captures, leaf: &mut Leaf<'_>) -> String {
    match arrival {
        Arrival::Text(text) => {
            let written = if is_container(text) {
                json::rewritten(text, leaf)
            } else if let Some((before, inner, after)) = framed(text) {
                let (before, after) = (literal::text(before), literal::text(after));
                format!(
                    "{before}<json>{}</json>{after}",
                    json::rewritten(inner, leaf)
                )
            } else {
                words::rewritten(text, leaf)
            };
            // Without a backslash, a text that begins with a bracket is JSON.
            let escape = match text.as_bytes() {
                [b'{' | b'[', ..] if json_in(text).is_none() => "\\",
                _ => "",
            };
            let lines = [on_several_lines(&written), written, literal::text(text)];
            let lines = lines.map(|text| format!("< {escape}{text}"));
            let lines = lines.map(|line| if line == "< " { "<".to_owned() } else { line });
            let fitting = lines.into_iter().find(|line| fits(line, arrival, known));
            fitting.unwrap_or_else(|| ANYTHING.to_owned())
        }
        Arrival::Closed { code, reason } => {
            let reason = literal::text(reason);
            let line = format!("Disconnected (code: {code}, reason: \"{reason}\")");
            let whole = format!("$ wscat -c ws://a\n{line}\n");
            match Transcript::fragment("", &whole) {
                Ok(_) => line,
                Err(_) => format!("Disconnected (code: {code})"),
            }
        }
        // As messages show them.
        other => other.to_string(),
    }
}

/// The JSON that the line for `text` contains, if it does.
pub(crate) fn json_in(text: &str) -> Option<&str> {
    if is_container(text) {
        return Some(text);
    }
    framed(text).map(|(_, inner, _)| inner)
}

/// `written` with its newlines as such, except for those at its ends, where they could be overlooked.
fn on_several_lines(written: &str) -> String {
    const NEWLINE: &str = r"<\n>";
    let mut lines = String::with_capacity(written.len());
    let mut rest = written;
    while let Some(at) = rest.find(NEWLINE) {
        let (before, after) = (&rest[..at], &rest[at + NEWLINE.len()..]);
        lines.push_str(before);
        let is_plain = before.ends_with('\\');
        let keep = is_plain || lines.is_empty() || after.is_empty();
        lines.push_str(if keep { NEWLINE } else { "\n" });
        rest = after;
    }
    lines.push_str(rest);
    lines
}

/// Whether `text` is a JSON object or array; other values on a line are text in this format.
fn is_container(text: &str) -> bool {
    Json::parse(text).is_ok_and(|value| value.as_object().is_some() || value.as_array().is_some())
}

/// JSON with text before it, or characters that cannot be seen after it, such as `42["a",1]` and `{"type":6}\u{1e}`.
fn framed(text: &str) -> Option<(&str, &str, &str)> {
    let (before, rest) = text.split_at(text.find(['{', '['])?);
    let (inner, after) = rest.split_at(rest.rfind(['}', ']'])? + 1);
    let is_invisible = |c: char| c.is_control() || c.is_whitespace();
    (after.chars().all(is_invisible) && is_container(inner)).then_some((before, inner, after))
}

/// Whether `line`, joined with those that continue it, accepts `arrival`, and is not only about its size.
pub(crate) fn fits(line: &str, arrival: &Arrival, known: &Captures) -> bool {
    let line = source::split(line).join("\n");
    let Ok(transcript) = Transcript::fragment("", &format!("$ wscat -c ws://a\n{line}\n")) else {
        return false;
    };
    let mut known = known.clone();
    let [_, step] = transcript.steps.as_slice() else {
        return false;
    };
    match &step.directive {
        Directive::Receive(
            expected @ (Expected::Json(_) | Expected::Text(_) | Expected::Binary(_)),
        ) => accepts(expected, arrival, &mut known),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn written(text: &str) -> String {
        line(
            &Arrival::Text(text.to_owned()),
            &Captures::default(),
            &mut |key, value| volatile::placeholder(key, value).map(str::to_owned),
        )
    }

    fn fits_text(line: &str, text: &str) -> bool {
        fits(line, &Arrival::Text(text.to_owned()), &Captures::default())
    }

    #[test]
    fn frames_become_lines_that_accept_them() {
        for (text, line) in [
            ("oi", "< oi"),
            ("", "<"),
            ("42", "< 42"),
            ("a <b> c", r"< a \<b> c"),
            (r#"{"a": [1, "x"]}"#, r#"< {"a": [1, "x"]}"#),
            (
                r#"{"messageId":"m-1","at":1733702400000,"n":17}"#,
                r#"< {"messageId":"<string>","at":<epoch-ms>,"n":17}"#,
            ),
            (r#"{"html":"<b>oi</b>"}"#, r#"< {"html":"\<b>oi</b>"}"#),
            ("two\nlines\u{1e}", "< two\nlines<\\x1e>"),
            ("\none \n\ntwo\n", "< <\\n>one \n\ntwo<\\n>"),
            (
                r#"42["chat",{"id":"m-1"}]"#,
                r#"< 42<json>["chat",{"id":"<string>"}]</json>"#,
            ),
            ("{\"a\":1}\u{1e}", r#"< <json>{"a":1}</json><\x1e>"#),
            (
                "bob joined as 9f86d081884c7d65 at 2024-12-09T10:00:00Z.",
                "< bob joined as <string> at <date>.",
            ),
            ("tick 1733702400000 of 12", "< tick <epoch-ms> of 12"),
            ("ping:1733702400000", "< ping:<epoch-ms>"),
            ("[INFO] 17 users", r"< \[INFO] 17 users"),
            ("{no json", r"< \{no json"),
            ("[1]\n[2]", "< \\[1]\n[2]"),
            (r#"{"a":1}{"a":2}"#, r#"< \{"a":1}{"a":2}"#),
        ] {
            assert_eq!(written(text), line);
        }
    }

    #[test]
    fn unwritable_frames_become_any() {
        for text in [
            "nothing for 300 ms",
            "<bytes 00>",
            r#"{"a":1,"a":2}"#,
            "\n\n\n",
        ] {
            let line = written(text);
            assert!(fits_text(&line, text), "{line}");
        }
    }

    #[test]
    fn bytes_and_ends_are_lines_too() {
        let written = |arrival| line(&arrival, &Captures::default(), &mut |_, _| None);
        assert_eq!(written(Arrival::Binary(vec![0, 255])), "< <bytes 00 ff>");
        for (reason, expected) in [
            ("", "Disconnected (code: 1005, reason: \"\")"),
            (
                "a \"b\" <c>",
                "Disconnected (code: 1005, reason: \"a \"b\" \\<c>\")",
            ),
        ] {
            let (code, reason) = (1005, reason.to_owned());
            assert_eq!(written(Arrival::Closed { code, reason }), expected);
        }
    }

    proptest! {
        #[test]
        fn whatever_arrives_its_line_accepts_it(text in prop_oneof![
            any::<String>(),
            "[<>a-c *0-9\\\\.\n\"{}]{0,20}",
            "\\{\"[a-c]\":\"[<>a-c *0-9\\\\.]{0,20}\"\\}",
        ]) {
            let line = written(&text);
            prop_assert!(fits_text(&line, &text), "{}", line);
        }

        #[test]
        fn a_json_text_is_written_so_that_other_texts_do_not_fit(
            text in "[<>a-c *0-9\\\\.]{1,20}",
            other in "[<>a-c *0-9\\\\.]{1,20}",
        ) {
            let frame = |text: &str| serde_json::json!({ "text": text }).to_string();
            let line = written(&frame(&text));
            prop_assert_eq!(
                fits_text(&line, &frame(&other)),
                text == other,
                "{}", line
            );
        }
    }
}
