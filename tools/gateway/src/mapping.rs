//! Mapping templates of `AWS` integrations: turns an event into the request for a service.
//!
//! The part of the Velocity Template Language that templates for such requests use: references to `$input`, `$context`,
//! `$stageVariables` and variables, `#set`, and the functions of `$util` for text. Everything else is refused when the template is
//! read (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html>).

mod parser;

use std::collections::BTreeMap;

use data_encoding::BASE64;
use serde_json::Value as Json;

/// A template that can be evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Part>);

/// A part of a template, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    /// A reference, and how it is written.
    Reference(Expression, String),
    /// `#set($name = …)`.
    Set(String, Expression),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Expression {
    Literal(String),
    /// Text in double quotes.
    Quoted(Template),
    Variable(String),
    /// `$context`, by path.
    Context(Vec<String>),
    StageVariable(String),
    /// `$input.body`.
    Body,
    /// `$input.path(…)`: a part of the body, as text.
    Path(Vec<String>),
    /// `$input.json(…)`: a part of the body, as JSON.
    Json(Vec<String>),
    Util(Function, Box<Expression>),
}

/// A function of `$util`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Function {
    EscapeJavaScript,
    UrlEncode,
    UrlDecode,
    Base64Encode,
    Base64Decode,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// The construct that is not supported, as it is written.
    pub fn parse(text: &str) -> Result<Self, String> {
        parser::parse(text)
    }

    /// Evaluates the template for an event as functions get it.
    pub fn render(&self, event: &Json) -> String {
        let body = event["body"].as_str().unwrap_or_default();
        let scope = Scope {
            event,
            body,
            parsed: serde_json::from_str(body).unwrap_or_default(),
        };
        scope.render(self, &mut BTreeMap::new())
    }
}

/// What references of a template refer to.
struct Scope<'e> {
    event: &'e Json,
    body: &'e str,
    parsed: Json,
}

impl Scope<'_> {
    fn render(&self, template: &Template, variables: &mut BTreeMap<String, String>) -> String {
        let mut rendered = String::new();
        for part in &template.0 {
            match part {
                Part::Text(text) => rendered.push_str(text),
                // Velocity shows a reference without a value as it is written.
                Part::Reference(expression, written) => {
                    let value = self.value(expression, variables);
                    rendered.push_str(value.as_deref().unwrap_or(written));
                }
                Part::Set(name, expression) => {
                    let value = self.value(expression, variables).unwrap_or_default();
                    variables.insert(name.clone(), value);
                }
            }
        }
        rendered
    }

    fn value(
        &self,
        expression: &Expression,
        variables: &mut BTreeMap<String, String>,
    ) -> Option<String> {
        match expression {
            Expression::Literal(text) => Some(text.clone()),
            Expression::Quoted(template) => Some(self.render(template, variables)),
            Expression::Variable(name) => variables.get(name).cloned(),
            // A name that the context does not have is empty, unlike other references.
            Expression::Context(path) => {
                Some(at(&self.event["requestContext"], path).map_or_else(String::new, text))
            }
            Expression::StageVariable(name) => Some(text(&self.event["stageVariables"][name])),
            Expression::Body => Some(self.body.to_owned()),
            Expression::Path(path) => Some(at(&self.parsed, path).map_or_else(String::new, text)),
            Expression::Json(path) => {
                Some(at(&self.parsed, path).map_or_else(|| "\"\"".to_owned(), Json::to_string))
            }
            Expression::Util(function, argument) => {
                Some(function.apply(&self.value(argument, variables)?))
            }
        }
    }
}

/// The value at a path of names and indices.
fn at<'j>(json: &'j Json, path: &[String]) -> Option<&'j Json> {
    path.iter().try_fold(json, |json, step| match json {
        Json::Array(items) => items.get(step.parse::<usize>().ok()?),
        _ => json.get(step),
    })
}

/// A value within text.
fn text(json: &Json) -> String {
    match json {
        Json::String(text) => text.clone(),
        Json::Null => String::new(),
        other => other.to_string(),
    }
}

impl Function {
    fn apply(self, text: &str) -> String {
        match self {
            Self::EscapeJavaScript => {
                let json = Json::from(text).to_string();
                json[1..json.len() - 1].replace('\'', "\\'")
            }
            Self::UrlEncode => form_urlencoded::byte_serialize(text.as_bytes()).collect(),
            Self::UrlDecode => {
                form_urlencoded::parse(format!("x={}", text.replace('&', "%26")).as_bytes())
                    .next()
                    .map_or_else(String::new, |(_, value)| value.into_owned())
            }
            Self::Base64Encode => BASE64.encode(text.as_bytes()),
            Self::Base64Decode => {
                let bytes = BASE64.decode(text.as_bytes()).unwrap_or_default();
                String::from_utf8_lossy(&bytes).into_owned()
            }
        }
    }
}

/// The template for a request among those of an integration: that of `$default` or of JSON, else the first.
pub(crate) fn choose<'t, T>(templates: &'t [(&str, T)]) -> Option<&'t T> {
    let named = ["$default", "\\$default", "application/json"]
        .iter()
        .find_map(|key| templates.iter().find(|(name, _)| name == key));
    named.or(templates.first()).map(|(_, template)| template)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn renders(template: &str, wanted: &str) {
        let event = json!({
            "requestContext": { "connectionId": "abc=", "connectedAt": 5, "identity": { "sourceIp": "::1" } },
            "stageVariables": { "table": "rows" },
            "body": r#"{"text":"it's \"so\"","list":[{"n":1}],"MessageGroupId":"g"}"#,
        });
        let parsed = Template::parse(template).unwrap();
        assert_eq!(parsed.render(&event), wanted, "{template}");
    }

    #[test]
    fn references_are_replaced_by_their_values() {
        renders(
            "$context.connectionId at ${context.connectedAt}",
            "abc= at 5",
        );
        renders("$context.identity.sourceIp.", "::1.");
        renders(
            "$stageVariables.table, $stageVariables.get('table')",
            "rows, rows",
        );
        renders("$input.path('$.MessageGroupId')!", "g!");
        renders(
            "$input.path('$.list[0].n')$input.path(\"$['text']\")",
            "1it's \"so\"",
        );
        renders("$input.json('$.list')", r#"[{"n":1}]"#);
        renders("$input.json('$.absent')", "\"\"");
        renders(
            "$input.body",
            r#"{"text":"it's \"so\"","list":[{"n":1}],"MessageGroupId":"g"}"#,
        );
        renders("$context.absent|", "|");
        // Not references.
        renders(
            "costs 5$, $, $unknown and \\$default",
            "costs 5$, $, $unknown and \\$default",
        );
    }

    #[test]
    fn text_is_encoded_for_its_place() {
        renders(
            "$util.escapeJavaScript($input.path('$.text'))",
            r#"it\'s \"so\""#,
        );
        renders("$util.urlEncode($context.connectionId)", "abc%3D");
        renders("$util.base64Encode('a')$util.base64Decode('YQ==')", "YQ==a");
        renders("$util.urlDecode($util.urlEncode('a&b c'))", "a&b c");
    }

    #[test]
    fn variables_are_set_and_used() {
        renders("#set($id = $context.connectionId)<$id>", "<abc=>");
        renders("#set( $a = 'x' )\n#set($b = \"$a ${a}\")\n$b", "\n\nx x");
    }

    #[test]
    fn other_constructs_are_refused() {
        for (template, wanted) in [
            ("#if($a)x#end", "#if"),
            ("#foreach($x in $y)$x#end", "#foreach"),
            ("$input.params().get('header')", "$input.params"),
            ("$util.parseJson($input.body).a", "$util.parseJson"),
            ("$input.path('$..a')", "$input.path('$..a')"),
            ("$input.path('$.a').size()", "$input.path('$.a').size"),
            ("#set($x = 1 + 2)", "#set"),
        ] {
            let refused = Template::parse(template).unwrap_err();
            assert!(refused.starts_with(wanted), "{template}: {refused}");
        }
    }
}
