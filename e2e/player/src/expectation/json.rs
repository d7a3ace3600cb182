//! Rewrites the values of a JSON text and keeps everything else: the order of fields, blanks, the notation of numbers.

use super::{Leaf, literal};
use crate::json::Json;

/// `text`, which is JSON, as a pattern. `leaf` may replace each string, number, `true`, `false` and `null`, by the name of its field or
/// of its array's field; other strings are escaped so that they mean themselves.
pub(crate) fn rewritten(text: &str, leaf: &mut Leaf<'_>) -> String {
    let mut rewritten = String::with_capacity(text.len());
    each_token(text, &mut |token| match token {
        Token::Other(text) => {
            // Only blanks can be line ends, and a transcript's line has none.
            rewritten.extend(
                text.chars()
                    .map(|c| if c.is_whitespace() { ' ' } else { c }),
            );
        }
        Token::Leaf { key, text } => {
            let Ok(value) = Json::parse(text) else {
                rewritten.push_str(text);
                return;
            };
            match (leaf(key, &value), &value) {
                (Some(other), _) => rewritten.push_str(&other),
                (None, Json::String(_)) => rewritten.push_str(&literal::in_json(text)),
                (None, _) => rewritten.push_str(text),
            }
        }
    });
    rewritten
}

/// Calls `found` with every string, number, `true`, `false` and `null` in `text`, and the name of its field.
pub(crate) fn leaves(text: &str, found: &mut dyn FnMut(Option<&str>, &Json)) {
    each_token(text, &mut |token| {
        if let Token::Leaf { key, text } = token
            && let Ok(value) = Json::parse(text)
        {
            found(key, &value);
        }
    });
}

enum Token<'a> {
    /// Brackets, commas, colons, blanks, names of fields.
    Other(&'a str),
    Leaf {
        key: Option<&'a str>,
        text: &'a str,
    },
}

/// An array or object that is open.
struct Open {
    is_object: bool,
    /// The name of the field whose value comes next; in an array, of the array's field.
    key: Option<String>,
    /// In an object: whether a name comes next.
    name_next: bool,
}

fn each_token(text: &str, found: &mut dyn FnMut(Token<'_>)) {
    let mut open: Vec<Open> = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let length = match first {
            '"' => string_length(rest),
            _ if is_bare(first) => rest.find(|c| !is_bare(c)).unwrap_or(rest.len()),
            _ => first.len_utf8(),
        };
        let (token, after) = rest.split_at(length);
        rest = after;
        if first == '"'
            && let Some(top) = open.last_mut().filter(|top| top.name_next)
        {
            top.key = serde_json::from_str(token).ok();
            top.name_next = false;
            found(Token::Other(token));
            continue;
        }
        if first == '"' || is_bare(first) {
            let key = open.last().and_then(|top| top.key.as_deref());
            found(Token::Leaf { key, text: token });
            continue;
        }
        match first {
            '{' | '[' => {
                let key = open.last().and_then(|top| top.key.clone());
                let is_object = first == '{';
                open.push(Open {
                    is_object,
                    key: key.filter(|_| !is_object),
                    name_next: is_object,
                });
            }
            '}' | ']' => {
                open.pop();
            }
            ',' => {
                if let Some(top) = open.last_mut() {
                    top.name_next = top.is_object;
                }
            }
            _ => {}
        }
        found(Token::Other(token));
    }
}

/// Characters of numbers, `true`, `false` and `null`.
fn is_bare(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.')
}

/// The length of the string at the start of `text`, with its quotes, in bytes.
pub(crate) fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (at, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_value_is_found_with_the_name_of_its_field() {
        let mut found = Vec::new();
        leaves(
            r#"{"a": "x\"y", "b": [1, {"c": null}, "d"], "e": {"f": -2.5e3}, "g": true}"#,
            &mut |key, value| found.push(format!("{}={value}", key.unwrap_or("-"))),
        );
        let expected = [
            r#"a="x\"y""#,
            "b=1",
            "c=null",
            r#"b="d""#,
            "f=-2.5e3",
            "g=true",
        ];
        assert_eq!(found, expected);
    }

    #[test]
    fn everything_but_the_values_stays() {
        let text = " { \"z\" : 1.50 ,\t\"a\":[ ] , \"id\": \"x\" } ";
        let rewritten = rewritten(text, &mut |key, _| {
            (key == Some("id")).then(|| "<id>".into())
        });
        assert_eq!(rewritten, " { \"z\" : 1.50 , \"a\":[ ] , \"id\": <id> } ");
    }

    #[test]
    fn invalid_json_does_not_panic() {
        for text in ["", "{", "}", "\"", "\"\\", "{\"a\"", "[,,]", "é", "}{]["] {
            let _ = rewritten(text, &mut |_, _| None);
        }
    }
}
