//! Compares a [`Pattern`] with the JSON that arrived, and reports the place of each difference.

use std::fmt::Write as _;
use std::ops::Range;

use super::{Array, Captures, Field, Kind, Pattern, Template};
use crate::diagnostic::clip_value;
use crate::difference;
use crate::json::{Json, Number};

/// Most comparisons for the items of an array in any order: items that nearly all patterns fit could take for ever.
const MOST_COMPARISONS: usize = 20_000;

/// One place where a frame is not what its line expects.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// The part of the line that is not met, in bytes.
    pub bytes: Range<usize>,
    /// What is wrong, shown after the carets.
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
                let fits =
                    |number: &Number| from.compare(number).is_le() && number.compare(to).is_le();
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
        let hidden = template
            .only_text(&self.known)
            .zip(text)
            .and_then(|(expected, text)| difference::explain(&expected, text));
        let mut message = difference_message(&expected, actual);
        if let Some(hidden) = hidden {
            let _ = write!(message, "; {hidden}");
        }
        self.report(&pattern.bytes, message);
    }

    fn array(&mut self, pattern: &Pattern, array: &Array, actual: &Json) {
        let Some(values) = actual.as_array() else {
            return self.differs(&pattern.bytes, "an array", actual);
        };
        let wanted = array.items.len();
        let is_open = array.open_start || array.open_end;
        if values.len() < wanted || (!is_open && values.len() > wanted) {
            let at_least = if is_open { "at least " } else { "" };
            let got = values.len();
            if !array.unordered && !array.open_start {
                for (item, value) in array.items.iter().zip(values) {
                    self.value(item, value);
                }
            }
            let message = format!("expected {at_least}{wanted} items, got {got}");
            return self.report(&pattern.bytes, message);
        }
        if array.unordered {
            return self.unordered(pattern, &array.items, values);
        }
        let last = values.len() - wanted;
        let first = match (array.open_start, array.open_end) {
            (false, _) => 0,
            (true, false) => last,
            // The items may begin anywhere: the first place where they fit, or else the first of all.
            (true, true) => (0..=last)
                .find(|at| self.fits_at(&array.items, &values[*at..]))
                .unwrap_or(0),
        };
        for (item, value) in array.items.iter().zip(&values[first..]) {
            self.value(item, value);
        }
    }

    fn fits_at(&self, items: &[Pattern], values: &[Json]) -> bool {
        let mut known = self.known.clone();
        let fits = |(item, value)| compare(item, value, &mut known, self.line).is_ok();
        items.iter().zip(values).all(fits)
    }

    fn unordered(&mut self, pattern: &Pattern, items: &[Pattern], values: &[Json]) {
        let mut taken = vec![false; values.len()];
        let mut left = MOST_COMPARISONS;
        let known = self.known.clone();
        if let Some(known) = assign(items, values, &mut taken, &known, self.line, &mut left) {
            self.known = known;
            return;
        }
        let fits = |item: &&Pattern| {
            let fits = |value| compare(item, value, &mut known.clone(), self.line).is_ok();
            values.iter().any(fits)
        };
        let missing: Vec<_> = items.iter().filter(|item| !fits(item)).collect();
        if missing.is_empty() {
            let message = "the items do not fit these in any order".to_owned();
            return self.report(&pattern.bytes, message);
        }
        for item in missing {
            self.report(&item.bytes, "no item fits this".to_owned());
        }
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
            let message = format!(
                "this exact object has another field, {}: {}",
                clip_value(&Json::from(name.as_str()).to_string()),
                clip_value(&value.to_string())
            );
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

/// Where a known value comes from.
fn origin(line: usize) -> String {
    match line {
        0 => "a variable".to_owned(),
        line => format!("from line {line}"),
    }
}

/// Finds a different value for each item. Returns what is captured then.
fn assign(
    items: &[Pattern],
    values: &[Json],
    taken: &mut [bool],
    known: &Captures,
    line: usize,
    left: &mut usize,
) -> Option<Captures> {
    let Some((item, rest)) = items.split_first() else {
        return Some(known.clone());
    };
    for (index, value) in values.iter().enumerate() {
        if taken[index] {
            continue;
        }
        *left = left.checked_sub(1)?;
        let mut captures = known.clone();
        if compare(item, value, &mut captures, line).is_ok() {
            taken[index] = true;
            if let Some(captures) = assign(rest, values, taken, &captures, line, left) {
                return Some(captures);
            }
            taken[index] = false;
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::parse;
    use super::*;

    #[track_caller]
    fn compared(pattern: &str, actual: &str) -> Result<Captures, Vec<Mismatch>> {
        let pattern = parse(pattern, 0).expect(pattern);
        let actual = Json::parse(actual).expect(actual);
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
            let actual = Json::parse(actual).unwrap();
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
        assert_eq!(known.get("bob").unwrap().value, "b-2".into());
        assert_eq!(known.get("when").unwrap().value, 7.into());
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
    fn differences_are_reported_at_their_place() {
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
    fn a_field_may_have_to_be_absent() {
        compared(r#"{"a":<none>}"#, r#"{"b":1}"#).unwrap();
        differs(
            r#"{"a":<none>}"#,
            r#"{"a":1}"#,
            "<none>",
            "expected no field, got 1",
        );
    }

    #[test]
    fn a_repeated_field_is_reported() {
        differs(
            r#"{"a":1}"#,
            r#"{"a":1,"a":1}"#,
            r#""a""#,
            "the object has this field twice",
        );
    }

    #[test]
    fn ranges_and_tolerances_include_their_bounds() {
        for value in ["1", "10", "2.5"] {
            compared("<1..10>", value).unwrap();
        }
        for value in ["20.4", "20.5", "20.6"] {
            compared("<20.5 ± 0.1>", value).unwrap();
            compared("<20.5 +- 0.1>", value).unwrap();
        }
        differs(
            "[<1..10>]",
            "[11]",
            "<1..10>",
            "expected a number in <1..10>, got 11",
        );
        differs(
            "[<1..10>]",
            "[\"5\"]",
            "<1..10>",
            "expected a number in <1..10>, got \"5\"",
        );
    }

    #[test]
    fn one_of_several_values_is_enough() {
        for value in [r#""on""#, r#""off""#, "null", "7"] {
            compared(r#"<"on" | "off" | null | <number>>"#, value).unwrap();
        }
        differs(
            r#"[<"on" | "off">]"#,
            r#"["of"]"#,
            r#"<"on" | "off">"#,
            r#"expected one of these, got "of""#,
        );
    }

    #[test]
    fn arrays_may_be_in_any_order_and_begin_earlier() {
        let known = compared("in any order [<any>, 1, \"<x>\"]", "[1, \"a\", 2]").unwrap();
        assert_eq!(known.get("x").unwrap().value, "a".into());
        compared("in any order [3, 1, ...]", "[1, 2, 3]").unwrap();
        differs("in any order [1, 4]", "[1, 2]", "4", "no item fits this");
        differs(
            "in any order [1]",
            "[1, 2]",
            "in any order [1]",
            "expected 1 items, got 2",
        );
        compared("[..., 3]", "[1, 2, 3]").unwrap();
        compared("[..., 2, ...]", "[1, 2, 3]").unwrap();
        differs("[..., 2]", "[1, 2, 3]", "2", "expected 2, got 3");
    }

    #[test]
    fn differences_that_cannot_be_seen_are_named() {
        differs(
            r#"{"a":"olá"}"#,
            "{\"a\":\"ola\u{301}\"}",
            r#""olá""#,
            "expected \"olá\", got \"ola\u{301}\"; character 3 is a, expected á (U+00E1)",
        );
    }

    #[test]
    fn large_whole_numbers_are_compared_exactly() {
        differs(
            "[9007199254740993]",
            "[9007199254740992]",
            "9007199254740993",
            "expected 9007199254740993, got 9007199254740992",
        );
        differs(
            "[18446744073709551616]",
            "[18446744073709551617]",
            "18446744073709551616",
            "expected 18446744073709551616, got 18446744073709551617",
        );
    }

    #[test]
    fn a_mismatch_captures_nothing() {
        let pattern = parse(r#"{"a":"<new>","b":1}"#, 0).unwrap();
        let actual = Json::parse(r#"{"a": "x", "b": 2}"#).unwrap();
        let mut known = Captures::default();
        compare(&pattern, &actual, &mut known, 1).unwrap_err();
        assert_eq!(known, Captures::default());
    }
}
