//! Selects the route of a message by evaluating the route selection expression on its body.
//!
//! Decides only the key and the route; the gateway handles messages without a route. Rules:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-selection-expressions.html>.

mod lenient;

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// The route of messages that no other route matches.
pub(crate) const DEFAULT: &str = "$default";
/// Runs before the connection exists.
pub(crate) const CONNECT: &str = "$connect";
/// Runs after the connection has ended.
pub(crate) const DISCONNECT: &str = "$disconnect";

/// A route selection expression: a sequence of text and variables.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    /// Path within the body; empty for the whole body.
    Body(Vec<String>),
}

/// Prefix of variables; only the body is available before the route is known.
const BODY: &str = "request.body";

impl Expression {
    /// Reads `$request.body.action`, `${request.body.service}-${request.body.verb}`, or `\$default`.
    ///
    /// # Errors
    /// If the expression is invalid; the text says what is expected.
    pub fn parse(source: &str) -> Result<Self, String> {
        let mut parts = Vec::new();
        let mut literal = String::new();
        let mut rest = source;
        while let Some(c) = rest.chars().next() {
            let after = &rest[c.len_utf8()..];
            if c == '\\' && after.starts_with('$') {
                literal.push('$');
                rest = &after[1..];
            } else if c == '$' {
                let (variable, remainder) = match after.strip_prefix('{') {
                    Some(braced) => braced.split_once('}').ok_or("a closing } is missing")?,
                    None => after.split_at(bare_length(after)),
                };
                if !literal.is_empty() {
                    parts.push(Part::Literal(std::mem::take(&mut literal)));
                }
                parts.push(Part::Body(path(variable)?));
                rest = remainder;
            } else {
                literal.push(c);
                rest = after;
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        if parts.is_empty() {
            return Err("expected an expression such as $request.body.action".to_owned());
        }
        Ok(Self(parts))
    }

    /// The route key for `body`; `None` when the expression refers to the body and it is not a JSON object. A path that
    /// does not exist evaluates to an empty string.
    pub fn evaluate(&self, body: &str) -> Option<String> {
        let looks = self.0.iter().any(|part| matches!(part, Part::Body(_)));
        let json = if looks {
            lenient::parse(body).filter(Json::is_object)?
        } else {
            Json::Null
        };
        let texts = self.0.iter().map(|part| match part {
            Part::Literal(text) => text.clone(),
            Part::Body(path) => {
                let found = path.iter().try_fold(&json, |json, step| match json {
                    Json::Array(items) => items.get(step.parse::<usize>().ok()?),
                    _ => json.get(step),
                });
                found.map(as_text).unwrap_or_default()
            }
        });
        Some(texts.collect())
    }
}

/// The key and value of the route that matches `key`.
///
/// `$connect` and `$disconnect` cannot be selected by a message.
pub fn choose<'r, R>(
    routes: &'r BTreeMap<String, R>,
    key: Option<&str>,
) -> Option<(&'r str, &'r R)> {
    key.filter(|key| ![CONNECT, DISCONNECT].contains(key))
        .and_then(|key| routes.get_key_value(key))
        .or_else(|| routes.get_key_value(DEFAULT))
        .map(|(key, route)| (key.as_str(), route))
}

/// Length of a variable without braces.
fn bare_length(text: &str) -> usize {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "_.-[]".contains(c)));
    // A trailing dot is not part of the variable.
    text[..end.unwrap_or(text.len())]
        .trim_end_matches('.')
        .len()
}

/// `request.body.items[0].name` as `items`, `0`, `name`.
fn path(variable: &str) -> Result<Vec<String>, String> {
    let wanted = || format!("expected ${BODY} or a path within it, found ${variable}");
    let rest = variable.strip_prefix(BODY).ok_or_else(wanted)?;
    if rest.is_empty() {
        return Ok(Vec::new());
    }
    let rest = rest.strip_prefix('.').ok_or_else(wanted)?;
    let steps: Vec<_> = rest
        .replace('[', ".")
        .replace(']', "")
        .split('.')
        .map(ToOwned::to_owned)
        .collect();
    if steps.iter().any(String::is_empty) {
        return Err(wanted());
    }
    Ok(steps)
}

/// A value as API Gateway converts it to text: lists as `[a, b]`, strings without quotes, everything else as JSON.
fn as_text(value: &Json) -> String {
    match value {
        Json::Null => String::new(),
        Json::String(text) => text.clone(),
        Json::Array(items) => format!(
            "[{}]",
            items.iter().map(as_text).collect::<Vec<_>>().join(", ")
        ),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn gives(expression: &str, body: &str, key: Option<&str>) {
        let expression = Expression::parse(expression).unwrap();
        assert_eq!(expression.evaluate(body).as_deref(), key, "{body}");
    }

    #[test]
    fn the_body_selects_the_route() {
        gives(
            "$request.body.action",
            r#"{"action":"sendMessage"}"#,
            Some("sendMessage"),
        );
        gives(
            "${request.body.action}",
            r#"{"action":"sendMessage"}"#,
            Some("sendMessage"),
        );
        gives(
            "$request.body.service.do",
            r#"{"service":{"do":"this"}}"#,
            Some("this"),
        );
        gives("$request.body.list[1]", r#"{"list":["a","b"]}"#, Some("b"));
    }

    #[test]
    fn several_variables_and_text_make_one_key() {
        let body = r#"{"a":"x","b":"y"}"#;
        gives("${request.body.a}-${request.body.b}!", body, Some("x-y!"));
        gives("$request.body.a/$request.body.b", body, Some("x/y"));
        gives(r"\$default", body, Some("$default"));
        gives(r"\$default", "no json", Some("$default"));
    }

    #[test]
    fn other_values_are_converted_to_text() {
        gives(
            "$request.body.action",
            r#"{"action":["item1","item2"]}"#,
            Some("[item1, item2]"),
        );
        gives("$request.body.action", r#"{"action":1}"#, Some("1"));
        gives("$request.body.action", r#"{"action":true}"#, Some("true"));
        gives("$request.body.action", r#"{"action":null}"#, Some(""));
        gives("$request.body.action", "{}", Some(""));
    }

    #[test]
    fn bodies_that_are_not_objects_have_no_key() {
        for body in [
            "",
            "hello",
            "[1]",
            "\"action\"",
            "42",
            "{\"action\":",
            "{\"action\":\"a\"}}",
            "\u{0}",
        ] {
            gives("$request.body.action", body, None);
        }
        gives("$request.body.action", &"[".repeat(32 * 1024), None);
        gives("$request.body.action", &"{a:".repeat(8 * 1024), None);
    }

    #[test]
    fn keys_may_be_unquoted() {
        gives(
            "$request.body.action",
            r#"{"action":"sendMessage", body:"hello"}"#,
            Some("sendMessage"),
        );
        gives(
            "$request.body.action",
            r#"{action: "test", data: "test"}"#,
            Some("test"),
        );
    }

    #[test]
    fn invalid_expressions_are_refused() {
        for source in [
            "",
            "$request.header.x",
            "$context.routeKey",
            "${request.body.a",
            "$request.bodyaction",
            "$",
        ] {
            assert!(Expression::parse(source).is_err(), "{source}");
        }
    }

    #[track_caller]
    fn chosen(keys: &[&str], asked: Option<&str>, wanted: Option<&str>) {
        let routes: BTreeMap<_, _> = keys.iter().map(|key| ((*key).to_owned(), 0)).collect();
        assert_eq!(choose(&routes, asked).map(|(key, _)| key), wanted);
    }

    #[test]
    fn keys_match_exactly_or_fall_back_to_default() {
        chosen(&["a", "$default"], Some("a"), Some("a"));
        chosen(&["a", "$default"], Some("A"), Some("$default"));
        chosen(&["a", "$default"], None, Some("$default"));
        chosen(&["a"], Some("b"), None);
        chosen(&["a"], None, None);
    }

    #[test]
    fn messages_cannot_select_connect_or_disconnect() {
        chosen(&["$connect", "$disconnect"], Some("$connect"), None);
        chosen(
            &["$connect", "$disconnect", "$default"],
            Some("$disconnect"),
            Some("$default"),
        );
    }
}
