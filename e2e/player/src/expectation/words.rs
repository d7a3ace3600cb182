//! Texts that are not JSON, word by word.

use std::ops::Range;

use super::{Leaf, clock, literal};
use crate::json::Json;

/// `text` as a pattern. `leaf` may replace each word that could be an ID, a time or a number.
pub(crate) fn rewritten(text: &str, leaf: &mut Leaf<'_>) -> String {
    replaced(text, false, &literal::text, leaf)
}

/// `string`, a string of a pattern in JSON. `leaf` may replace each word.
pub(crate) fn in_json(string: &str, leaf: &mut Leaf<'_>) -> String {
    replaced(string, true, &str::to_owned, leaf)
}

/// `text` with some words replaced, and `written` for everything else. In JSON a word does not begin inside an escape.
fn replaced(
    text: &str,
    is_json: bool,
    written: &dyn Fn(&str) -> String,
    leaf: &mut Leaf<'_>,
) -> String {
    let mut replaced = String::new();
    let mut at = 0;
    // The part before `at` that is copied.
    let mut plain = 0;
    while at < text.len() {
        let rest = &text[at..];
        let length = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
        let time = clock::length(rest);
        if length > 0
            && let Some(placeholder) = placeholder(&rest[..time], leaf)
        {
            replaced.push_str(&written(&text[plain..at]));
            replaced.push_str(&placeholder);
            at += time;
            plain = at;
            continue;
        }
        // A full stop or colon after a word belongs to the sentence.
        let word = rest[..length].trim_end_matches(['.', ':', ',', '-']);
        for (part, placeholder) in placeholders(word, leaf) {
            replaced.push_str(&written(&text[plain..at + part.start]));
            replaced.push_str(&placeholder);
            plain = at + part.end;
        }
        at += length;
        let after = &text[at..];
        let escape = match after.as_bytes() {
            [b'\\', b'u', ..] => r"\u0000".len(),
            [b'\\', ..] => r"\n".len(),
            _ => 0,
        };
        at += if is_json && escape > 0 {
            escape
        } else {
            after.chars().next().map_or(0, char::len_utf8)
        };
    }
    replaced.push_str(&written(&text[plain..]));
    replaced
}

/// Characters between the parts of a word.
const SEPARATORS: [char; 3] = [':', '/', '='];

/// Characters of IDs, times and numbers.
fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_+/=:.".contains(c)
}

/// The placeholder for `word`, or those for parts of it, with their places: addresses, paths and keys contain IDs and times.
fn placeholders(word: &str, leaf: &mut Leaf<'_>) -> Vec<(Range<usize>, String)> {
    if let Some(placeholder) = placeholder(word, leaf) {
        return vec![(0..word.len(), placeholder)];
    }
    if !word.contains(SEPARATORS) {
        return Vec::new();
    }
    let mut start = 0;
    let mut found = Vec::new();
    for part in word.split(SEPARATORS) {
        let end = start + part.len();
        found.extend(placeholder(part, leaf).map(|placeholder| (start..end, placeholder)));
        start = end + 1;
    }
    found
}

fn placeholder(word: &str, leaf: &mut Leaf<'_>) -> Option<String> {
    let value = match Json::parse(word) {
        Ok(number @ Json::Number(_)) => number,
        _ if word.is_empty() => return None,
        _ => Json::from(word),
    };
    let found = leaf(None, &value)?;
    let unquoted = found.trim_matches('"');
    // Text outside placeholders is escaped as in JSON.
    (unquoted.starts_with('<') && unquoted.ends_with('>')).then(|| unquoted.to_owned())
}

#[cfg(test)]
mod tests {
    use super::super::volatile;
    use super::*;

    #[test]
    fn only_whole_words_are_replaced() {
        let mut leaf = |_: Option<&str>, value: &Json| {
            (value.as_str() == Some("id-1")).then(|| "\"<id>\"".to_owned())
        };
        for (text, expected) in [
            ("id-1", "<id>"),
            ("(id-1): id-1.", "(<id>): <id>."),
            ("id-12 xid-1", "id-12 xid-1"),
            ("é id-1 <b>", r"é <id> \<b>"),
            ("https://a:80/id-1/x?of=id-1", "https://a:80/<id>/x?of=<id>"),
            ("x::id-1:", "x::<id>:"),
            ("", ""),
        ] {
            assert_eq!(rewritten(text, &mut leaf), expected);
        }
    }

    #[test]
    fn a_time_in_a_text_is_one_value() {
        let mut leaf =
            |key: Option<&str>, value: &Json| volatile::placeholder(key, value).map(str::to_owned);
        for (text, expected) in [
            (
                "pid 17 at Sun Nov 29 13:37:49 UTC 2026: up",
                "pid 17 at <string>: up",
            ),
            (
                "[13:37:49] ana (1:37 PM, 29/11/2026)",
                "[<string>] ana (<string>)",
            ),
            ("at 16:9 on Sunday", "at 16:9 on Sunday"),
        ] {
            assert_eq!(rewritten(text, &mut leaf), expected);
        }
    }

    #[test]
    fn a_word_in_json_does_not_begin_inside_an_escape() {
        let mut leaf = |_: Option<&str>, value: &Json| {
            (value.as_str() == Some("id-1")).then(|| "\"<id>\"".to_owned())
        };
        for (text, expected) in [
            (r#""a\nid-1 \"id-1\"""#, r#""a\n<id> \"<id>\"""#),
            (r#""\u003cid-1\\id-1""#, r#""\u003c<id>\\<id>""#),
        ] {
            assert_eq!(in_json(text, &mut leaf), expected);
        }
    }
}
