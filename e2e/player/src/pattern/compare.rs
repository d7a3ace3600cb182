//! Compares a [`Pattern`] with the JSON that arrived, and says of each difference where it is.

use std::fmt::Write as _;
use std::ops::Range;

use serde_json::{Number, Value};

use super::{Captures, Field, Kind, Pattern};
use crate::diagnostic::clip_value;

/// One place where a frame is not as its line wants it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The part of the line that is not fulfilled, in bytes.
    pub bytes: Range<usize>,
    /// What is wrong, for behind the carets.
    pub message: String,
}

/// Compares `actual` with `pattern`, which stands in line `line`. What it captures is added to `known` if all is as expected.
///
/// # Errors
///
/// Every difference, in the order of the line.
pub fn compare(
    pattern: &Pattern,
    actual: &Value,
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
    fn value(&mut self, pattern: &Pattern, actual: &Value) {
        match &pattern.kind {
            Kind::Literal(expected) => {
                if !equal(expected, actual) {
                    self.differs(&pattern.bytes, &expected.to_string(), actual);
                }
            }
            Kind::Type(of) => {
                if !of.accepts(actual) {
                    self.differs(&pattern.bytes, of.describe(), actual);
                }
            }
            Kind::Capture(name) => match self.known.get(name) {
                None => self.known.insert(name, actual.clone(), self.line),
                Some(capture) => {
                    if !equal(&capture.value, actual) {
                        let expected = format!("{} (from line {})", capture.value, capture.line);
                        self.differs(&pattern.bytes, &expected, actual);
                    }
                }
            },
            Kind::String(template) => {
                let fits = actual
                    .as_str()
                    .is_some_and(|text| template.fits(text, &mut self.known, self.line));
                if !fits {
                    let mut expected = Value::from(template.fill(&self.known)).to_string();
                    template.captures(&mut |name, _| {
                        if let Some(capture) = self.known.get(name) {
                            let _ = write!(expected, " (<{name}> from line {})", capture.line);
                        }
                    });
                    self.differs(&pattern.bytes, &expected, actual);
                }
            }
            Kind::Array { items, open } => self.array(pattern, items, *open, actual),
            Kind::Object { fields, open } => self.object(pattern, fields, *open, actual),
        }
    }

    fn array(&mut self, pattern: &Pattern, items: &[Pattern], open: bool, actual: &Value) {
        let Some(values) = actual.as_array() else {
            return self.differs(&pattern.bytes, "an array", actual);
        };
        for (item, value) in items.iter().zip(values) {
            self.value(item, value);
        }
        if values.len() < items.len() || (!open && values.len() > items.len()) {
            let at_least = if open { "at least " } else { "" };
            let message = format!(
                "expected {at_least}{} items, got {}",
                items.len(),
                values.len()
            );
            self.report(&pattern.bytes, message);
        }
    }

    fn object(&mut self, pattern: &Pattern, fields: &[Field], open: bool, actual: &Value) {
        let Some(values) = actual.as_object() else {
            return self.differs(&pattern.bytes, "an object", actual);
        };
        for field in fields {
            match values.get(&field.name) {
                Some(value) => self.value(&field.value, value),
                None => self.report(&field.bytes, "this field is missing".to_owned()),
            }
        }
        if open {
            return;
        }
        let named = |name: &str| fields.iter().any(|field| field.name == name);
        for (name, value) in values.iter().filter(|(name, _)| !named(name)) {
            let message = format!(
                "this exact object has another field, {}: {}",
                clip_value(&Value::from(name.as_str()).to_string()),
                clip_value(&value.to_string())
            );
            // Its end is where the field would stand.
            self.report(&(pattern.bytes.end - 1..pattern.bytes.end), message);
        }
    }

    fn differs(&mut self, bytes: &Range<usize>, expected: &str, actual: &Value) {
        let actual = actual.to_string();
        let (wanted, got) = (clip_value(expected), clip_value(&actual));
        let mut message = format!("expected {wanted}, got {got}");
        if wanted != expected && got != actual {
            // The difference may lie in what is left out.
            let same = expected.chars().zip(actual.chars());
            let same = same.take_while(|(left, right)| left == right).count();
            // A quote is no character of the text.
            let place = same + usize::from(!expected.starts_with('"'));
            let _ = write!(message, "; they differ from character {place} on");
        }
        self.report(bytes, message);
    }

    fn report(&mut self, bytes: &Range<usize>, message: String) {
        self.mismatches.push(Mismatch {
            bytes: bytes.clone(),
            message,
        });
    }
}

/// JSON's equality: 1, 1.0 and 1e0 are one number.
fn equal(left: &Value, right: &Value) -> bool {
    let exact = |number: &Number| number.as_i128();
    match (left, right) {
        (Value::Number(left), Value::Number(right)) => match (exact(left), exact(right)) {
            (Some(left), Some(right)) => left == right,
            _ => left.as_f64() == right.as_f64(),
        },
        _ => left == right,
    }
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[track_caller]
    fn compared(pattern: &str, actual: &str) -> Result<Captures, Vec<Mismatch>> {
        let pattern = parse(pattern, 0).expect(pattern);
        let actual: Value = serde_json::from_str(actual).expect(actual);
        let mut known = Captures::default();
        known.insert("alice", "a-1".into(), 3);
        compare(&pattern, &actual, &mut known, 9).map(|()| known)
    }

    #[track_caller]
    fn differs(pattern: &str, actual: &str, at: &str, message: &str) {
        let mismatches = compared(pattern, actual).expect_err(pattern);
        let found: Vec<_> = mismatches
            .iter()
            .map(|found| (&pattern[found.bytes.clone()], found.message.as_str()))
            .collect();
        assert_eq!(found, [(at, message)]);
    }

    #[test]
    fn order_white_space_and_extra_fields_do_not_matter() {
        compared(
            r#"{"a": 1, "b": {"c": null}}"#,
            r#"{"b":{"x":0,"c":null},"z":[],"a":1.0}"#,
        )
        .unwrap();
    }

    #[test]
    fn an_exact_object_has_no_other_fields_unless_it_says_so() {
        let compared = |pattern: &str, actual: &str| {
            let pattern = super::super::parse_exact(pattern, 0).unwrap();
            let actual: Value = serde_json::from_str(actual).unwrap();
            compare(&pattern, &actual, &mut Captures::default(), 1)
        };
        compared(r#"{"b":1,"a":[{}]}"#, r#"{"a":[{}],"b":1}"#).unwrap();
        compared(r#"{"a":{...}}"#, r#"{"a":{"b":1}}"#).unwrap();
        let mismatches = compared(r#"{"a":{}}"#, r#"{"a":{"b":1}}"#).unwrap_err();
        assert_eq!(mismatches[0].bytes, 6..7);
        assert_eq!(
            mismatches[0].message,
            r#"this exact object has another field, "b": 1"#
        );
    }

    #[test]
    fn captures_are_kept_and_compared() {
        let known = compared(
            r#"{"id":"<bob>","at":<when>,"again":"<bob>"}"#,
            r#"{"id":"b-2","at":7,"again":"b-2"}"#,
        )
        .unwrap();
        assert_eq!(known.get("bob").unwrap().value, "b-2");
        assert_eq!(known.get("when").unwrap().value, 7);
        assert_eq!(known.get("when").unwrap().line, 9);
        differs(
            r#"{"id":"<alice>"}"#,
            r#"{"id":"a-2"}"#,
            r#""<alice>""#,
            r#"expected "a-1" (<alice> from line 3), got "a-2""#,
        );
        differs(
            r#"{"id":<alice>}"#,
            r#"{"id":1}"#,
            "<alice>",
            r#"expected "a-1" (from line 3), got 1"#,
        );
    }

    #[test]
    fn what_differs_is_pointed_at() {
        differs(
            r#"{"a":"x"}"#,
            r#"{"a":"y"}"#,
            r#""x""#,
            r#"expected "x", got "y""#,
        );
        differs(
            r#"{"a":"x"}"#,
            r#"{"b":"x"}"#,
            r#""a""#,
            "this field is missing",
        );
        differs(
            r#"{"a":null}"#,
            r#"{"a":0}"#,
            "null",
            "expected null, got 0",
        );
        differs(
            r#"{"a":"1"}"#,
            r#"{"a":1}"#,
            r#""1""#,
            r#"expected "1", got 1"#,
        );
        differs(
            r#"{"t":<epoch-ms>}"#,
            r#"{"t":17}"#,
            "<epoch-ms>",
            "expected milliseconds since 1970, got 17",
        );
        differs(
            r#"{"a":{}}"#,
            r#"{"a":[]}"#,
            "{}",
            "expected an object, got []",
        );
        differs("[1]", "[1,2]", "[1]", "expected 1 items, got 2");
        differs(
            "[1,2,...]",
            "[1]",
            "[1,2,...]",
            "expected at least 2 items, got 1",
        );
    }

    #[test]
    fn every_difference_is_reported() {
        let mismatches = compared(r#"{"a":1,"b":2,"c":3}"#, r#"{"a":1,"b":9}"#).unwrap_err();
        assert_eq!(mismatches.len(), 2);
    }

    #[test]
    fn large_whole_numbers_are_compared_exactly() {
        differs(
            "[9007199254740993]",
            "[9007199254740992]",
            "9007199254740993",
            "expected 9007199254740993, got 9007199254740992",
        );
    }

    #[test]
    fn what_does_not_fit_captures_nothing() {
        let pattern = parse(r#"{"a":"<new>","b":1}"#, 0).unwrap();
        let actual = serde_json::json!({"a": "x", "b": 2});
        let mut known = Captures::default();
        compare(&pattern, &actual, &mut known, 1).unwrap_err();
        assert_eq!(known, Captures::default());
    }
}
