//! The types that placeholders can name, and which values each accepts.

use std::ops::Range;

use crate::json::{Json, Number};

/// Milliseconds since 1970 lie in this range from 2001 to 2286. Seconds, the usual mistake, do not.
const EPOCH_MS: Range<u64> = 1_000_000_000_000..10_000_000_000_000;

/// The same range in seconds.
const EPOCH_S: Range<u64> = 1_000_000_000..10_000_000_000;

/// A placeholder's type.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// `<any>`
    Any,
    /// `<string>`
    String,
    /// `<number>`
    Number,
    /// `<integer>`: a whole number, even when it is written `1.0`.
    Integer,
    /// `<boolean>`
    Boolean,
    /// `<object>`
    Object,
    /// `<array>`
    Array,
    /// `<uuid>`: a string of 32 hexadecimal digits in groups of 8-4-4-4-12 (RFC 9562 §4).
    Uuid,
    /// `<date>`: a string with a date, or a date and time with an offset from UTC (RFC 3339 §5.6).
    Date,
    /// `<epoch-ms>`: a whole number of milliseconds since 1970.
    EpochMs,
    /// `<epoch-s>`: a whole number of seconds since 1970.
    EpochS,
}

/// Names that are easily mistaken for types, with what to write instead. They cannot name captures: that would accept anything.
const RESERVED: [(&str, &str); 20] = [
    ("bool", "<boolean>"),
    ("int", "<integer>"),
    ("long", "<integer>"),
    ("num", "<number>"),
    ("float", "<number>"),
    ("double", "<number>"),
    ("str", "<string>"),
    ("text", "<string>"),
    ("list", "<array>"),
    ("map", "<object>"),
    ("dict", "<object>"),
    ("guid", "<uuid>"),
    ("datetime", "<date>"),
    ("date-time", "<date>"),
    ("iso-date", "<date>"),
    ("timestamp", "<epoch-ms>, <epoch-s> or <date>"),
    ("null", "null"),
    ("true", "true"),
    ("false", "false"),
    ("none", "<none> alone, as the value of a field"),
];

impl Type {
    /// All types, in the order in which they are documented.
    pub const ALL: [Self; 11] = [
        Self::Any,
        Self::String,
        Self::Number,
        Self::Integer,
        Self::Boolean,
        Self::Object,
        Self::Array,
        Self::Uuid,
        Self::Date,
        Self::EpochMs,
        Self::EpochS,
    ];

    /// The name between the angle brackets.
    pub fn name(self) -> &'static str {
        match self {
            Self::Any => "any",
            Self::String => "string",
            Self::Number => "number",
            Self::Integer => "integer",
            Self::Boolean => "boolean",
            Self::Object => "object",
            Self::Array => "array",
            Self::Uuid => "uuid",
            Self::Date => "date",
            Self::EpochMs => "epoch-ms",
            Self::EpochS => "epoch-s",
        }
    }

    /// The type with this name.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|of| of.name() == name)
    }

    /// Whether it accepts `value`.
    pub fn accepts(self, value: &Json) -> bool {
        let whole = || value.as_number().and_then(Number::as_u64);
        match self {
            Self::Any => true,
            Self::String => value.is_string(),
            Self::Number => value.is_number(),
            Self::Integer => value.as_number().is_some_and(Number::is_integer),
            Self::Boolean => matches!(value, Json::Bool(_)),
            Self::Object => value.as_object().is_some(),
            Self::Array => value.as_array().is_some(),
            Self::Uuid => value.as_str().is_some_and(is_uuid),
            Self::Date => value.as_str().is_some_and(is_date),
            Self::EpochMs => whole().is_some_and(|ms| EPOCH_MS.contains(&ms)),
            Self::EpochS => whole().is_some_and(|s| EPOCH_S.contains(&s)),
        }
    }

    /// A description for messages.
    pub fn describe(self) -> &'static str {
        match self {
            Self::Any => "any value",
            Self::String => "a string",
            Self::Number => "a number",
            Self::Integer => "a whole number",
            Self::Boolean => "true or false",
            Self::Object => "an object",
            Self::Array => "an array",
            Self::Uuid => "a UUID",
            Self::Date => "a date (RFC 3339)",
            Self::EpochMs => "milliseconds since 1970",
            Self::EpochS => "seconds since 1970",
        }
    }

    /// A regular expression for a value of this type inside a text. `None` for types whose values are not text.
    pub(super) fn inside_text(self) -> Option<&'static str> {
        Some(match self {
            Self::Number => r"-?[0-9]+(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?",
            Self::Integer => r"-?[0-9]+",
            Self::Boolean => "(?:true|false)",
            Self::Uuid => r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}",
            Self::Date => {
                r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?:[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]+)?(?:[Zz]|[+-][0-9]{2}:[0-9]{2}))?"
            }
            Self::EpochMs => r"[1-9][0-9]{12}",
            Self::EpochS => r"[1-9][0-9]{9}",
            Self::Any | Self::String | Self::Object | Self::Array => return None,
        })
    }
}

/// What to write instead of `<name>`, if the name is reserved. A type's name in capitals is reserved too.
pub(super) fn reserved(name: &str) -> Option<String> {
    if Type::named(name).is_some() {
        return None;
    }
    let lower = name.to_ascii_lowercase();
    if Type::named(&lower).is_some() {
        return Some(format!("<{lower}>"));
    }
    RESERVED
        .iter()
        .find(|(reserved, _)| *reserved == lower)
        .map(|(_, instead)| (*instead).to_owned())
}

fn is_uuid(text: &str) -> bool {
    has_shape(text, "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")
}

/// RFC 3339 §5.6: `full-date` or `date-time`. The library accepts more forms, so this checks the shape, and the library the values.
fn is_date(text: &str) -> bool {
    let Some((day, time)) = text.split_at_checked("2024-12-09".len()) else {
        return false;
    };
    has_shape(day, "0000-00-00")
        && day.parse::<jiff::civil::Date>().is_ok()
        && (time.is_empty() || (is_time(time) && text.parse::<jiff::Timestamp>().is_ok()))
}

/// `T10:00:00.123Z`, by its shape.
fn is_time(text: &str) -> bool {
    let time = text.strip_prefix(['T', 't', ' ']);
    let Some((time, rest)) = time.and_then(|time| time.split_at_checked("10:00:00".len())) else {
        return false;
    };
    let offset = match rest.strip_prefix('.') {
        Some(fraction) => {
            let offset = fraction.trim_start_matches(|c: char| c.is_ascii_digit());
            if offset.len() == fraction.len() {
                return false;
            }
            offset
        }
        None => rest,
    };
    let is_utc = matches!(offset, "Z" | "z");
    let hours = offset.strip_prefix(['+', '-']);
    has_shape(time, "00:00:00") && (is_utc || hours.is_some_and(|of| has_shape(of, "00:00")))
}

/// Whether `text` has a hexadecimal digit in the place of each `x`, a digit in that of each `0`, and is otherwise the same.
pub(crate) fn has_shape(text: &str, shape: &str) -> bool {
    text.len() == shape.len()
        && shape
            .bytes()
            .zip(text.bytes())
            .all(|(shape, byte)| match shape {
                b'x' => byte.is_ascii_hexdigit(),
                b'0' => byte.is_ascii_digit(),
                other => byte == other,
            })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(of: Type, accepted: &[&str], rejected: &[&str]) {
        for (values, expected) in [(accepted, true), (rejected, false)] {
            for value in values {
                let parsed = Json::parse(value).unwrap();
                assert_eq!(of.accepts(&parsed), expected, "{} {value}", of.name());
            }
        }
    }

    #[test]
    fn each_type_accepts_its_values_and_no_others() {
        check(Type::Integer, &["1", "-7", "1.0", "1e3"], &["1.5", "\"1\""]);
        check(
            Type::Boolean,
            &["true", "false"],
            &["0", "\"true\"", "null"],
        );
        check(Type::Object, &["{}"], &["[]", "null"]);
        check(Type::Array, &["[]"], &["{}"]);
        check(
            Type::Uuid,
            &["\"123e4567-e89b-42d3-a456-426614174000\""],
            &["\"123e4567\"", "\"123e4567-e89b-42d3-a456-42661417400g\""],
        );
        check(
            Type::Date,
            &[
                "\"2024-12-09\"",
                "\"2024-12-09T10:00:00.123Z\"",
                "\"2024-12-09T10:00:00+03:00\"",
                "\"2024-12-09 10:00:00z\"",
            ],
            &[
                "\"2024-13-09\"",
                "\"2024-02-30T10:00:00Z\"",
                "\"2024-12-09T10:00:00\"",
                "\"2024-12-09T10Z\"",
                "\"2024-12-09T10:00:00.Z\"",
                "\"20241209T100000Z\"",
                "\"2024-W50-1\"",
                "\"2024-12-09T10:00:00-03:00[America/Sao_Paulo]\"",
                "\"now\"",
                "1",
            ],
        );
        check(
            Type::EpochMs,
            &["1733702400000"],
            &["1733702400", "1.5", "\"now\""],
        );
        check(Type::EpochS, &["1733702400"], &["1733702400000", "17"]);
    }

    #[test]
    fn no_reserved_name_is_a_type() {
        for (name, _) in RESERVED {
            assert_eq!(Type::named(name), None);
        }
    }
}
