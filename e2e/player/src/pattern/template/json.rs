//! Values that are inserted into JSON that is sent: in a string their characters are escaped, and elsewhere they are JSON values.

use super::Part;
use crate::json::Json;

/// Where in JSON the end of a text is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Place {
    /// Before the first bracket.
    #[default]
    Before,
    /// Outside of strings.
    Value,
    /// Inside a string.
    String,
    /// After a backslash in a string.
    Escape,
}

impl Place {
    /// The place after `text`, which begins here.
    pub(super) fn after(self, text: &str) -> Self {
        text.chars().fold(self, |place, c| match (place, c) {
            (Self::Before, '{' | '[') | (Self::String, '"') => Self::Value,
            (Self::Value, '"') | (Self::Escape, _) => Self::String,
            (Self::String, '\\') => Self::Escape,
            (place, _) => place,
        })
    }

    /// The text to insert for `value` here.
    pub(super) fn inserted(self, value: &Json) -> String {
        let text = value.to_text();
        match self {
            Self::Before => text,
            Self::String | Self::Escape => {
                let quoted = Json::from(text).to_string();
                quoted[1..quoted.len() - 1].to_owned()
            }
            // A number that was captured in a text is a string.
            Self::Value if Json::parse(&text).is_ok() => text,
            Self::Value => value.to_string(),
        }
    }
}

/// Whether `parts` are JSON, perhaps with text around it, once captures are replaced by values.
pub(super) fn is_json<'a>(parts: impl Iterator<Item = &'a Part>) -> bool {
    let mut place = Place::default();
    let mut text = String::new();
    for part in parts {
        match part {
            Part::Literal(literal) => {
                place = place.after(literal);
                text.push_str(literal);
            }
            _ if place == Place::Value => text.push('0'),
            _ => {}
        }
    }
    let json = text
        .find(['{', '['])
        .zip(text.rfind(['}', ']']))
        .and_then(|(from, to)| text.get(from..=to));
    json.is_some_and(|json| Json::parse(json).is_ok())
}
