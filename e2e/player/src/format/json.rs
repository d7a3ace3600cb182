//! Expected JSON in one form: everything as it is written, except for blanks outside of strings and placeholders.

use crate::expectation::json::string_length;

/// `text` with a blank after every `:` and `,` if there is one after the first, else without blanks. Programs print either form, and
/// pasted JSON keeps its form. Words, as in `in any order [1, 2]`, stay apart.
pub(super) fn formatted(text: &str) -> String {
    let spaced = is_spaced(text);
    let mut formatted = String::with_capacity(text.len());
    let mut blank_before = false;
    for token in tokens(text) {
        if token.trim().is_empty() {
            blank_before = true;
            continue;
        }
        let after_word = formatted.ends_with(|c: char| c.is_ascii_alphabetic());
        let separates = !token.starts_with([',', ':', ']', '}']);
        if blank_before && after_word && separates {
            formatted.push(' ');
        }
        blank_before = false;
        formatted.push_str(token);
        if spaced && matches!(token, ":" | ",") {
            formatted.push(' ');
        }
    }
    formatted
}

fn is_spaced(text: &str) -> bool {
    let mut tokens = tokens(text);
    tokens.any(|token| matches!(token, ":" | ","))
        && tokens.next().is_some_and(|next| next.trim().is_empty())
}

/// Strings and placeholders as they are, and single characters.
fn tokens(text: &str) -> impl Iterator<Item = &str> {
    let mut rest = text;
    std::iter::from_fn(move || {
        let length = match rest.chars().next()? {
            '"' => string_length(rest),
            '<' => placeholder(rest),
            c => c.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        rest = after;
        Some(token)
    })
}

/// The length of the placeholder at the start of `text`. In alternatives, a string may contain `>`.
fn placeholder(text: &str) -> usize {
    if text.starts_with("<matching ") {
        return text.find('>').map_or(text.len(), |at| at + 1);
    }
    let mut at = 1;
    while let Some(found) = text[at..].find(['"', '>']) {
        at += found;
        if text[at..].starts_with('>') {
            return at + 1;
        }
        at += string_length(&text[at..]);
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_keeps_its_way_of_spacing() {
        for (text, expected) in [
            (r#"{"a":1,"b":[2,...]}"#, r#"{"a":1,"b":[2,...]}"#),
            (r#"{"a": 1, "b": [2, ...]}"#, r#"{"a": 1, "b": [2, ...]}"#),
            (r#"{"a":1, "b": [2 ,3]}"#, r#"{"a":1,"b":[2,3]}"#),
            (r#" { "a" :  1,"b":<x> } "#, r#"{"a": 1, "b": <x>}"#),
            ("[1 , 2]", "[1, 2]"),
            ("[1 ,2, 3]", "[1,2,3]"),
            ("[ ]", "[]"),
        ] {
            assert_eq!(formatted(text), expected, "{text}");
        }
    }

    #[test]
    fn strings_and_placeholders_stay_as_they_are() {
        for text in [
            r#"{"a: ,b  c":"d , \" : e\\"}"#,
            r#"{"a":<matching [^",: ]+ , b>,"c":<20.5 ± 0.1>}"#,
            r#"[<"a > b" | "c">,<matching (?:a|b) c>]"#,
        ] {
            assert_eq!(formatted(text), text);
        }
    }

    #[test]
    fn words_stay_apart() {
        for (text, expected) in [
            ("[in any order  [ 1,2 ]]", "[in any order [1,2]]"),
            (
                r#"{"a": in any order [ <x> ] }"#,
                r#"{"a": in any order [<x>]}"#,
            ),
            ("[true , null ]", "[true, null]"),
        ] {
            assert_eq!(formatted(text), expected);
        }
    }
}
