//! Texts that are not JSON, word by word.

use super::literal;
use crate::json::Json;

/// `text` as a pattern. `leaf` may replace each word that could be an ID, a time or a number.
pub(crate) fn rewritten(
    text: &str,
    leaf: &mut dyn FnMut(Option<&str>, &Json) -> Option<String>,
) -> String {
    let mut rewritten = String::new();
    let mut rest = text;
    // The part before `rest` that is copied.
    let mut plain = 0;
    while !rest.is_empty() {
        let length = rest.find(|c| !is_of_word(c)).unwrap_or(rest.len());
        // A full stop or colon after a word belongs to the sentence.
        let word = rest[..length].trim_end_matches(['.', ':', ',', '-']);
        if let Some(placeholder) = placeholder(word, leaf) {
            let at = text.len() - rest.len();
            rewritten.push_str(&literal::text(&text[plain..at]));
            rewritten.push_str(&placeholder);
            plain = at + word.len();
        }
        rest = &rest[length..];
        rest = &rest[rest.chars().next().map_or(0, char::len_utf8)..];
    }
    rewritten.push_str(&literal::text(&text[plain..]));
    rewritten
}

/// Characters of IDs, times and numbers.
fn is_of_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_+/=:.".contains(c)
}

fn placeholder(
    word: &str,
    leaf: &mut dyn FnMut(Option<&str>, &Json) -> Option<String>,
) -> Option<String> {
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
            ("", ""),
        ] {
            assert_eq!(rewritten(text, &mut leaf), expected);
        }
    }
}
