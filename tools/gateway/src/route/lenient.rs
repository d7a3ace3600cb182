//! JSON as API Gateway parses it for route selection: keys may be unquoted.
//!
//! `{action: "test"}` is routed by its action on AWS. No other deviation from JSON is known to be accepted, so no other is
//! accepted here. Unquoted keys consist of the characters of Jackson's `ALLOW_UNQUOTED_FIELD_NAMES`
//! (<https://github.com/FasterXML/jackson-core>, `CharTypes.sInputCodesJsNames`).

use serde_json::Value as Json;

/// The value; `None` for text that is not even lenient JSON.
pub(super) fn parse(text: &str) -> Option<Json> {
    match serde_json::from_str(text) {
        Ok(value) => Some(value),
        Err(_) => serde_json::from_str(&quote_keys(text)?).ok(),
    }
}

/// Quotes unquoted keys; `None` when there are none.
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

/// Length of the string literal at the start of `text` in bytes, including quotes.
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
    fn unquoted_keys_are_accepted_at_any_depth() {
        let text = r#"{a: {b-c: [1, {d: "e, f: g"}]}, "h": 2, ação: true}"#;
        let wanted = json!({"a": {"b-c": [1, {"d": "e, f: g"}]}, "h": 2, "ação": true});
        assert_eq!(parse(text), Some(wanted));
    }

    #[test]
    fn nothing_else_is_accepted() {
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
        fn strict_json_is_unchanged(key in "[a-z]{1,8}", value in ".*") {
            let strict = json!({ key: value });
            proptest::prop_assert_eq!(parse(&strict.to_string()), Some(strict));
        }
    }
}
