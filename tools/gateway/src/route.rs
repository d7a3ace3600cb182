//! Which route takes a message: the route selection expression, evaluated over the message's body.
//!
//! Decides the key and nothing else; the gateway looks the key up and answers what no route takes. Rules:
//! <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-selection-expressions.html>.

mod lenient;

use std::collections::BTreeMap;

use serde_json::Value as Json;

/// Takes what no other route takes.
pub(crate) const DEFAULT: &str = "$default";
/// Runs before the connection exists.
pub(crate) const CONNECT: &str = "$connect";
/// Runs after the connection has ended.
pub(crate) const DISCONNECT: &str = "$disconnect";

/// A route selection expression: text and variables, strung together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression(Vec<Part>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Literal(String),
    /// Path within the body; empty for the whole body.
    Body(Vec<String>),
}

/// The start of a variable; nothing but the body can be looked at before the route is known.
const BODY: &str = "request.body";

impl Expression {
    /// Reads `$request.body.action`, `${request.body.service}-${request.body.verb}`, or `\$default`.
    ///
    /// # Errors
    /// A phrase that says what is wanted.
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
                let (variable, behind) = match after.strip_prefix('{') {
                    Some(braced) => braced.split_once('}').ok_or("a closing } is missing")?,
                    None => after.split_at(bare_length(after)),
                };
                if !literal.is_empty() {
                    parts.push(Part::Literal(std::mem::take(&mut literal)));
                }
                parts.push(Part::Body(path(variable)?));
                rest = behind;
            } else {
                literal.push(c);
                rest = after;
            }
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal));
        }
        if parts.is_empty() {
            return Err("an expression such as $request.body.action is wanted".to_owned());
        }
        Ok(Self(parts))
    }

    /// The route key that `body` asks for; nothing when the body is no JSON object although the expression looks into
    /// it. A path that leads nowhere gives an empty text.
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

/// The key of the route that takes `key`, and what is behind it.
///
/// `$connect` and `$disconnect` are chosen by what happens to a connection, never by what a client writes.
pub fn choose<'r, R>(
    routes: &'r BTreeMap<String, R>,
    key: Option<&str>,
) -> Option<(&'r str, &'r R)> {
    key.filter(|key| ![CONNECT, DISCONNECT].contains(key))
        .and_then(|key| routes.get_key_value(key))
        .or_else(|| routes.get_key_value(DEFAULT))
        .map(|(key, route)| (key.as_str(), route))
}

/// How far a variable without braces reaches.
fn bare_length(text: &str) -> usize {
    let end = text.find(|c: char| !(c.is_ascii_alphanumeric() || "_.-[]".contains(c)));
    // A full stop at the end belongs to the sentence around the variable.
    text[..end.unwrap_or(text.len())]
        .trim_end_matches('.')
        .len()
}

/// `request.body.items[0].name` as `items`, `0`, `name`.
fn path(variable: &str) -> Result<Vec<String>, String> {
    let wanted = || format!("only ${BODY} and what is in it can be selected by, found ${variable}");
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

/// A value as API Gateway strings it: lists as `[a, b]`, everything else as in JSON, texts without quotes.
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
    fn the_body_decides() {
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
    fn what_is_no_text_is_strung() {
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
    fn what_is_no_object_gives_no_key() {
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
    fn keys_may_lack_their_quotes() {
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
    fn expressions_that_cannot_be_meant_are_refused() {
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
    fn keys_match_exactly_or_fall_to_default() {
        chosen(&["a", "$default"], Some("a"), Some("a"));
        chosen(&["a", "$default"], Some("A"), Some("$default"));
        chosen(&["a", "$default"], None, Some("$default"));
        chosen(&["a"], Some("b"), None);
        chosen(&["a"], None, None);
    }

    #[test]
    fn clients_cannot_ask_for_connect_or_disconnect() {
        chosen(&["$connect", "$disconnect"], Some("$connect"), None);
        chosen(
            &["$connect", "$disconnect", "$default"],
            Some("$disconnect"),
            Some("$default"),
        );
    }
}
