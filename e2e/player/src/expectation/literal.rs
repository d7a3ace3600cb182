//! Escapes texts so that they mean themselves where a text may contain placeholders.

use std::fmt::Write as _;

use crate::pattern::is_name;

/// This many equal characters are written as a repetition.
const LONG_RUN: usize = 64;

/// A JSON string, with its quotes, as a string of a pattern.
pub(crate) fn in_json(string: &str) -> String {
    let inside = string.strip_prefix('"').and_then(|s| s.strip_suffix('"'));
    let inside = inside.unwrap_or(string);
    let mut written = escaped(inside, |before, inner| {
        // A backslash here would be read as part of JSON's escapes.
        let name = inner.strip_prefix('$').unwrap_or(inner);
        if is_name(name) && !before.ends_with('\\') {
            "\\<"
        } else {
            "\\u003c"
        }
    });
    if written.ends_with("...") {
        // It could be read as a shortened ID.
        written.pop();
        written.push_str("\\u002e");
    }
    format!("\"{written}\"")
}

/// A text that is not JSON.
pub(crate) fn text(text: &str) -> String {
    let escaped = escaped(text, |_, _| "\\<");
    let mut written = String::with_capacity(escaped.len());
    for c in escaped.chars() {
        // Writing into a string cannot fail.
        let _ = match c {
            '\n' => write!(written, r"<\n>"),
            '\r' => write!(written, r"<\r>"),
            '\t' => write!(written, r"<\t>"),
            '\0' => write!(written, r"<\0>"),
            c if c.is_control() && c.is_ascii() => write!(written, r"<\x{:02x}>", u32::from(c)),
            c if c.is_control() => write!(written, r"<\u{{{:x}}}>", u32::from(c)),
            c => write!(written, "{c}"),
        };
    }
    written
}

/// Escapes each `<` that would begin a placeholder with `escape`, which is given the text before the `<` and inside the brackets;
/// shortens long runs.
fn escaped(text: &str, escape: impl Fn(&str, &str) -> &'static str) -> String {
    let mut written = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let run = run_length(rest, c);
        if run >= LONG_RUN {
            // Writing into a string cannot fail.
            let _ = write!(written, "<{c} * {run}>");
            rest = &rest[run..];
            continue;
        }
        let inner = rest.strip_prefix('<').and_then(inside_brackets);
        match inner.filter(|inner| may_be_placeholder(inner)) {
            Some(inner) => {
                let before = &text[..text.len() - rest.len()];
                written.push_str(escape(before, inner));
            }
            None => written.push(c),
        }
        rest = &rest[c.len_utf8()..];
    }
    written
}

/// How many times `c` repeats at the start of `text`, if `c` is an ASCII letter or digit; else 0.
fn run_length(text: &str, c: char) -> usize {
    let run = text.chars().take_while(|next| *next == c);
    if c.is_ascii_alphanumeric() {
        run.count()
    } else {
        0
    }
}

/// The text before the `>` that closes a bracket.
fn inside_brackets(text: &str) -> Option<&str> {
    let end = text.find(['<', '>'])?;
    text[end..].starts_with('>').then(|| &text[..end])
}

/// Whether angle brackets around `inner` are a placeholder.
fn may_be_placeholder(inner: &str) -> bool {
    let has_keyword =
        inner.contains(" * ") || inner.contains(" to ") || inner.starts_with("matching ");
    let name = inner.strip_prefix('$').unwrap_or(inner);
    is_name(name) || inner.starts_with('\\') || has_keyword
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_placeholders_are_escaped() {
        for (plain, written) in [
            ("1 < 2 > 1", "1 < 2 > 1"),
            ("<b>oi</b>", "\\<b>oi</b>"),
            ("<a * 3>", "\\<a * 3>"),
            ("<<a>", "<\\<a>"),
            ("<$a>", "\\<$a>"),
            ("a\r\nb\0\u{85}", r"a<\r><\n>b<\0><\u{85}>"),
        ] {
            assert_eq!(text(plain), written);
        }
        for (string, written) in [
            (r#""<b>""#, r#""\<b>""#),
            (r#""\\<b>""#, r#""\\\u003cb>""#),
            (r#""<a * 3>""#, r#""\u003ca * 3>""#),
            (r#""well...""#, r#""well..\u002e""#),
        ] {
            assert_eq!(in_json(string), written);
        }
    }

    #[test]
    fn a_long_run_is_written_short() {
        assert_eq!(text(&format!("b{}c", "a".repeat(8_192))), "b<a * 8192>c");
        assert_eq!(text(&"a".repeat(63)), "a".repeat(63));
    }
}
