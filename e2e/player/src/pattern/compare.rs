//! Compares a [`Pattern`] with the JSON that arrived, and reports the place of each difference.

mod array;

use std::fmt::Write as _;
use std::ops::Range;

use super::{Capture, Captures, Field, Kind, Pattern, Template};
use crate::diagnostic::clip_value;
use crate::difference;
use crate::json::{Json, Number};

/// One place where a frame is not what its line expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The part of the line that is not met, in bytes.
    pub bytes: Range<usize>,
    /// The explanation, shown after the carets.
    pub message: String,
}

/// Compares `actual` with `pattern`, which is part of line `line`. What it captures is added to `known` if everything matches.
///
/// # Errors
///
/// Every difference, in the order of the line.
pub fn compare(
    pattern: &Pattern,
    actual: &Json,
    known: &mut Captures,
    line: usize,
) -> Result<(), Vec<Mismatch>> {
    let mut comparison = Comparison {
        known: known.clone(),
        line,
        mismatches: Vec::new(),
    };
    comparison.value(pattern, actual);
    if comparison.mismatches.is_empty() {
        *known = comparison.known;
        Ok(())
    } else {
        Err(comparison.mismatches)
    }
}

struct Comparison {
    known: Captures,
    line: usize,
    mismatches: Vec<Mismatch>,
}

impl Comparison {
    fn value(&mut self, pattern: &Pattern, actual: &Json) {
        match &pattern.kind {
            Kind::Literal(expected) => {
                if expected != actual {
                    self.differs(&pattern.bytes, &expected.to_string(), actual);
                }
            }
            Kind::Type(of) => {
                if !of.accepts(actual) {
                    self.differs(&pattern.bytes, of.describe(), actual);
                }
            }
            Kind::Capture(name) => match self.known.get(name) {
                Some(capture) if name.starts_with('$') => {
                    let expected = variable(capture);
                    if expected != *actual {
                        let expected = format!("{expected} (a variable)");
                        self.differs(&pattern.bytes, &expected, actual);
                    }
                }
                None => self.known.insert(name, actual.clone(), self.line),
                Some(capture) => {
                    if capture.value != *actual {
                        let expected = format!("{} ({})", capture.value, origin(capture.line));
                        self.differs(&pattern.bytes, &expected, actual);
                    }
                }
            },
            Kind::String(template) => self.string(pattern, template, actual),
            Kind::Array(array) => self.array(pattern, array, actual),
            Kind::Object { fields, open } => self.object(pattern, fields, *open, actual),
            Kind::Range { from, to, shown } => {
                let fits = |number: &Number| {
                    from.as_ref()
                        .is_none_or(|from| from.compare(number).is_le())
                        && to.as_ref().is_none_or(|to| number.compare(to).is_le())
                };
                if !actual.as_number().is_some_and(fits) {
                    self.differs(&pattern.bytes, &format!("a number in {shown}"), actual);
                }
            }
            Kind::OneOf(alternatives) => {
                let fits = |alternative| {
                    compare(alternative, actual, &mut self.known.clone(), self.line).is_ok()
                };
                match alternatives.iter().find(|alternative| fits(alternative)) {
                    Some(alternative) => self.value(alternative, actual),
                    None => self.differs(&pattern.bytes, "one of these", actual),
                }
            }
            Kind::Absent => self.differs(&pattern.bytes, "no field", actual),
        }
    }

    fn string(&mut self, pattern: &Pattern, template: &Template, actual: &Json) {
        let text = actual.as_str();
        if text.is_some_and(|text| template.fits(text, &mut self.known, self.line)) {
            return;
        }
        let mut expected = Json::from(template.fill(&self.known)).to_string();
        template.captures(&mut |name, _| {
            if let Some(capture) = self.known.get(name) {
                let _ = write!(expected, " (<{name}> {})", origin(capture.line));
            }
        });
        let only_text = template.only_text(&self.known);
        let meant = only_text.as_deref().and_then(meant).map(ToOwned::to_owned);
        let hidden = only_text
            .zip(text)
            .and_then(|(expected, text)| difference::explain(&expected, text));
        let mut message = difference_message(&expected, actual);
        if let Some(more) = meant.or(hidden) {
            let _ = write!(message, "; {more}");
        }
        self.report(&pattern.bytes, message);
    }

    fn object(&mut self, pattern: &Pattern, fields: &[Field], open: bool, actual: &Json) {
        let Some(members) = actual.as_object() else {
            return self.differs(&pattern.bytes, "an object", actual);
        };
        for field in fields {
            let mut found = members.iter().filter(|(name, _)| *name == field.name);
            match (found.next(), found.next(), &field.value.kind) {
                (None, _, Kind::Absent) => {}
                (None, ..) => self.report(&field.bytes, "this field is missing".to_owned()),
                (Some(_), Some(_), _) => {
                    self.report(&field.bytes, "the object has this field twice".to_owned());
                }
                (Some((_, value)), None, _) => self.value(&field.value, value),
            }
        }
        if open {
            return;
        }
        let named = |name: &str| fields.iter().any(|field| field.name == name);
        for (name, value) in members.iter().filter(|(name, _)| !named(name)) {
            let member = format!(
                "{}: {}",
                clip_value(&Json::from(name.as_str()).to_string()),
                clip_value(&value.to_string())
            );
            let message = if fields.is_empty() {
                format!("expected an object without fields, got {member}; {{...}} is any object")
            } else {
                format!("this exact object has another field, {member}")
            };
            // The closing bracket is where the field would be.
            self.report(&(pattern.bytes.end - 1..pattern.bytes.end), message);
        }
    }

    fn differs(&mut self, bytes: &Range<usize>, expected: &str, actual: &Json) {
        self.report(bytes, difference_message(expected, actual));
    }

    fn report(&mut self, bytes: &Range<usize>, message: String) {
        self.mismatches.push(Mismatch {
            bytes: bytes.clone(),
            message,
        });
    }
}

fn difference_message(expected: &str, actual: &Json) -> String {
    let (expected, actual) = (clip_value(expected), clip_value(&actual.to_string()));
    format!("expected {expected}, got {actual}")
}

/// What to write instead of a text that probably should have been a placeholder.
fn meant(text: &str) -> Option<&'static str> {
    if text == "..." {
        return Some("for any value, write <any>");
    }
    let inner = text.strip_prefix('<')?.strip_suffix('>')?;
    ["..", "|", "±", "+-"]
        .iter()
        .any(|mark| inner.contains(mark))
        .then_some("write it without quotes, such as <1..10> or <\"on\" | \"off\">")
}

/// The value of a variable outside of quotes: its text as JSON, or else the text.
fn variable(capture: &Capture) -> Json {
    let text = capture.text();
    Json::parse(&text).unwrap_or_else(|_| text.into())
}

/// Where a known value comes from.
fn origin(line: usize) -> String {
    match line {
        0 => "a variable".to_owned(),
        line => format!("from line {line}"),
    }
}

#[cfg(test)]
mod tests;
