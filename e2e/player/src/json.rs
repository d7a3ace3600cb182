//! JSON values as they were received: numbers keep their text, and objects keep repeated names.
//!
//! `serde_json::Value` turns an integer above 2^64 into a float and keeps only the last of two equal names, so two different frames
//! could look the same. Reading is left to `serde_json`; this module decides what is kept and when two values are equal.

mod number;

use std::fmt;

use serde::Deserializer as _;
use serde::de::{MapAccess, Visitor};
use serde_json::value::RawValue;

pub use number::Number;

/// How deep arrays and objects may be nested.
pub(crate) const MAX_DEPTH: usize = 127;

/// A JSON value.
#[derive(Clone, Debug)]
pub enum Json {
    /// `null`
    Null,
    /// `true` or `false`
    Bool(bool),
    /// A number, as it was written.
    Number(Number),
    /// A string, decoded.
    String(String),
    /// An array.
    Array(Vec<Json>),
    /// An object's members, in order; names may repeat.
    Object(Vec<(String, Json)>),
}

/// Why a text is not a value that can be compared.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JsonError {
    /// It is not JSON.
    #[error("{0}")]
    Syntax(String),
    /// It is JSON, but cannot be represented: nested too deeply, or half of a surrogate pair in a string.
    #[error("{0}")]
    Unrepresentable(String),
}

impl Json {
    /// Reads one JSON value.
    ///
    /// # Errors
    ///
    /// If `text` is not JSON, or a value that cannot be represented.
    pub fn parse(text: &str) -> Result<Self, JsonError> {
        let raw: &RawValue =
            serde_json::from_str(text).map_err(|error| JsonError::Syntax(error.to_string()))?;
        Self::of(raw, 0)
    }

    fn of(raw: &RawValue, depth: usize) -> Result<Self, JsonError> {
        let text = raw.get();
        let unrepresentable =
            |error: serde_json::Error| JsonError::Unrepresentable(error.to_string());
        if depth > MAX_DEPTH {
            let message = format!("it is nested more than {MAX_DEPTH} levels deep");
            return Err(JsonError::Unrepresentable(message));
        }
        Ok(match text.as_bytes().first() {
            Some(b'{') => {
                let members = serde_json::Deserializer::from_str(text)
                    .deserialize_map(Members)
                    .map_err(unrepresentable)?;
                let members = members.into_iter();
                let of = |(name, raw)| Ok((name, Self::of(raw, depth + 1)?));
                Self::Object(members.map(of).collect::<Result<_, _>>()?)
            }
            Some(b'[') => {
                let items: Vec<&RawValue> = serde_json::from_str(text).map_err(unrepresentable)?;
                let items = items.into_iter().map(|raw| Self::of(raw, depth + 1));
                Self::Array(items.collect::<Result<_, _>>()?)
            }
            Some(b'"') => Self::String(serde_json::from_str(text).map_err(unrepresentable)?),
            Some(b't') => Self::Bool(true),
            Some(b'f') => Self::Bool(false),
            Some(b'n') => Self::Null,
            _ => Self::Number(Number(text.to_owned())),
        })
    }

    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text),
            _ => None,
        }
    }

    /// The items, if it is an array.
    pub fn as_array(&self) -> Option<&[Self]> {
        match self {
            Self::Array(items) => Some(items),
            _ => None,
        }
    }

    /// The members, if it is an object.
    pub fn as_object(&self) -> Option<&[(String, Self)]> {
        match self {
            Self::Object(members) => Some(members),
            _ => None,
        }
    }

    /// The first member of this name, if it is an object that has one.
    pub fn get(&self, name: &str) -> Option<&Self> {
        let mut members = self.as_object()?.iter();
        members
            .find(|(known, _)| known == name)
            .map(|(_, value)| value)
    }

    /// The number, if it is one.
    pub(crate) fn as_number(&self) -> Option<&Number> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }

    /// Whether it is a string.
    pub fn is_string(&self) -> bool {
        matches!(self, Self::String(_))
    }

    /// Whether it is a number.
    pub fn is_number(&self) -> bool {
        matches!(self, Self::Number(_))
    }

    /// The value as it appears inside a text: strings without quotes, anything else as JSON.
    pub fn to_text(&self) -> String {
        match self {
            Self::String(text) => text.clone(),
            other => other.to_string(),
        }
    }
}

/// JSON's equality: the order of members does not matter.
impl PartialEq for Json {
    fn eq(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Null, Self::Null) => true,
            (Self::Bool(left), Self::Bool(right)) => left == right,
            (Self::Number(left), Self::Number(right)) => left == right,
            (Self::String(left), Self::String(right)) => left == right,
            (Self::Array(left), Self::Array(right)) => left == right,
            (Self::Object(left), Self::Object(right)) => sorted(left) == sorted(right),
            _ => false,
        }
    }
}

/// Members by name; those of one name keep their order.
fn sorted(members: &[(String, Json)]) -> Vec<&(String, Json)> {
    let mut sorted: Vec<_> = members.iter().collect();
    sorted.sort_by(|(left, _), (right, _)| left.cmp(right));
    sorted
}

/// Compact JSON.
impl fmt::Display for Json {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let string = |text: &str, f: &mut fmt::Formatter<'_>| {
            let quoted = serde_json::to_string(text).map_err(|_| fmt::Error)?;
            f.write_str(&quoted)
        };
        match self {
            Self::Null => f.write_str("null"),
            Self::Bool(value) => write!(f, "{value}"),
            Self::Number(number) => f.write_str(&number.0),
            Self::String(text) => string(text, f),
            Self::Array(items) => {
                f.write_str("[")?;
                for (index, item) in items.iter().enumerate() {
                    let comma = if index > 0 { "," } else { "" };
                    write!(f, "{comma}{item}")?;
                }
                f.write_str("]")
            }
            Self::Object(members) => {
                f.write_str("{")?;
                for (index, (name, value)) in members.iter().enumerate() {
                    f.write_str(if index > 0 { "," } else { "" })?;
                    string(name, f)?;
                    write!(f, ":{value}")?;
                }
                f.write_str("}")
            }
        }
    }
}

impl From<&str> for Json {
    fn from(text: &str) -> Self {
        Self::String(text.to_owned())
    }
}

impl From<String> for Json {
    fn from(text: String) -> Self {
        Self::String(text)
    }
}

impl From<u32> for Json {
    fn from(number: u32) -> Self {
        Self::Number(number.into())
    }
}

/// Reads an object's members without losing repeated names.
struct Members;

impl<'de> Visitor<'de> for Members {
    type Value = Vec<(String, &'de RawValue)>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        let mut members = Vec::new();
        while let Some(member) = map.next_entry()? {
            members.push(member);
        }
        Ok(members)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn json(text: &str) -> Json {
        Json::parse(text).expect(text)
    }

    #[test]
    fn the_text_of_a_value_is_kept() {
        for text in [
            r#"{"b":18446744073709551617,"a":[1.50,-0,1E400],"b":null}"#,
            r#"["\"\n\u001f",true,false,{}]"#,
        ] {
            assert_eq!(json(text).to_string(), text);
        }
    }

    #[test]
    fn the_order_of_members_does_not_matter_and_repetition_does() {
        assert_eq!(json(r#"{"a":1,"b":2}"#), json(r#"{"b":2,"a":1.0}"#));
        assert_ne!(json(r#"{"a":1,"a":1}"#), json(r#"{"a":1}"#));
    }

    #[test]
    fn unrepresentable_json_is_not_a_syntax_error() {
        let deep = format!("{}{}", "[".repeat(200), "]".repeat(200));
        for text in [deep.as_str(), r#"["\ud800"]"#] {
            let error = Json::parse(text).unwrap_err();
            assert!(matches!(error, JsonError::Unrepresentable(_)), "{error}");
        }
        for text in ["", "{", "[1,]", "nul", "{\"a\"}", "1 2"] {
            let error = Json::parse(text).unwrap_err();
            assert!(matches!(error, JsonError::Syntax(_)), "{text}: {error}");
        }
    }
}
