//! JSON as API Gateway's route selection reads it: keys may lack their quotes.
//!
//! `{action: "test"}` was routed by its action on AWS; nothing else that is no JSON was ever seen to be accepted, so
//! nothing else is. The letters of such a key are those of Jackson's `ALLOW_UNQUOTED_FIELD_NAMES`
//! (<https://github.com/FasterXML/jackson-core>, `CharTypes.sInputCodesJsNames`).

use serde_json::Value as Json;

/// The value, or nothing for what is no JSON even so.
pub(super) fn parse(text: &str) -> Option<Json> {
    match serde_json::from_str(text) {
        Ok(value) => Some(value),
        Err(_) => serde_json::from_str(&quote_keys(text)?).ok(),
    }
}

/// Puts quotes around bare keys; nothing when there are none.
fn quote_keys(text: &str) -> Option<String> {
    let mut result = String::with_capacity(text.len() + 16);
    let mut in_object = Vec::new();
    let mut key_expected = false;
    let mut changed = false;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let length = match c {
            '"' => string_length(rest),
            c if key_expected && is_name(c) => {
                let length = rest.find(|c| !is_name(c)).unwrap_or(rest.len());
                result.push('"');
                result.push_str(&rest[..length]);
                result.push('"');
                rest = &rest[length..];
                key_expected = false;
                changed = true;
                continue;
            }
            c => c.len_utf8(),
        };
        match c {
            '{' => in_object.push(true),
            '[' => in_object.push(false),
            '}' | ']' => drop(in_object.pop()),
            _ => {}
        }
        match c {
            '{' | ',' => key_expected = in_object.last() == Some(&true),
            c if c.is_ascii_whitespace() => {}
            _ => key_expected = false,
        }
        result.push_str(&rest[..length]);
        rest = &rest[length..];
    }
    changed.then_some(result)
}

/// Bytes of the string literal at the start of `text`, quotes included.
fn string_length(text: &str) -> usize {
    let mut escaped = false;
    for (index, byte) in text.bytes().enumerate().skip(1) {
        match byte {
            _ if escaped => escaped = false,
            b'\\' => escaped = true,
            b'"' => return index + 1,
            _ => {}
        }
    }
    text.len()
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || "_$@#*-+".contains(c)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn bare_keys_are_read_at_any_depth() {
        let text = r#"{a: {b-c: [1, {d: "e, f: g"}]}, "h": 2, ação: true}"#;
        let wanted = json!({"a": {"b-c": [1, {"d": "e, f: g"}]}, "h": 2, "ação": true});
        assert_eq!(parse(text), Some(wanted));
    }

    #[test]
    fn nothing_else_is_forgiven() {
        for text in [
            "{'a': 1}",
            "{a: b}",
            "{\"a\": 1,}",
            "{a: 1} x",
            "// c\n{\"a\": 1}",
            "{a 1}",
            "{a: \"cut",
        ] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_brings_the_parser_down(text in r#"[\{\}\[\]:,"\\a-c1é $]{0,60}"#) {
            let _ = parse(&text);
        }

        #[test]
        fn strict_json_is_read_as_it_is(key in "[a-z]{1,8}", value in ".*") {
            let strict = json!({ key: value });
            proptest::prop_assert_eq!(parse(&strict.to_string()), Some(strict));
        }
    }
}
