//! Mapping templates of integrations: turn an event into the request for a service, and its response into a message.
//!
//! The part of the Velocity Template Language that such templates use: references with properties and methods, `#set`, `#if` and
//! `#foreach`, operators, and the variables of API Gateway
//! (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-mapping-template-reference.html>).
//! `parser` reads templates, with `syntax` for expressions; everything else is refused there. `scope` evaluates them, with
//! `methods` for what can be called on a value and `json_path` for the paths of `$input`.

mod json_path;
mod methods;
mod parser;
mod scope;
mod syntax;

use serde_json::Value as Json;

use self::scope::Scope;

/// A template that can be evaluated.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Template(Vec<Part>);

/// A part of a template, in the order of the text.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Part {
    Text(String),
    Reference {
        expression: Expression,
        /// The result when the reference has no value: its own text, or nothing for `$!name`.
        otherwise: String,
    },
    /// `#set($name = …)`.
    Set(String, Expression),
    /// `#if` and `#elseif` in their order, and `#else`.
    If(Vec<(Expression, Vec<Part>)>, Vec<Part>),
    /// `#foreach($name in …)`.
    ForEach(String, Expression, Vec<Part>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Expression {
    Literal(Json),
    /// Text in double quotes.
    Quoted(Template),
    /// `[…]`.
    List(Vec<Expression>),
    /// The variable of a reference: `$name`.
    Variable(String),
    /// `$value.name` or `$value["name"]`.
    Property(Box<Expression>, Box<Expression>),
    /// `$value.name(…)`.
    Call(Box<Expression>, String, Vec<Expression>),
    Not(Box<Expression>),
    Binary(Operator, Box<Expression>, Box<Expression>),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Operator {
    Or,
    And,
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Add,
    Subtract,
    Multiply,
    Divide,
    Remainder,
}

impl Template {
    /// Reads a template.
    ///
    /// # Errors
    /// If a construct is not supported; the text is the construct as written.
    pub fn parse(text: &str) -> Result<Self, String> {
        parser::parse(text)
    }

    /// Evaluates the template. `event` is what a function would get, and `body` what `$input` refers to: the message, or the
    /// response of a service.
    ///
    /// # Errors
    /// If something cannot be evaluated, or the result is too large.
    pub fn render(&self, event: &Json, body: &str) -> Result<String, String> {
        Scope::new(event, body).render(&self.0)
    }
}

/// Chooses a template of an integration: the one for `$default` or for JSON, else the first.
pub(crate) fn choose<'t, T>(templates: &'t [(&str, T)]) -> Option<&'t T> {
    let named = ["$default", "\\$default", "application/json"]
        .iter()
        .find_map(|key| templates.iter().find(|(name, _)| name == key));
    named.or(templates.first()).map(|(_, template)| template)
}

#[cfg(test)]
mod tests;
