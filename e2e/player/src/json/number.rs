//! JSON numbers, compared exactly.

use std::borrow::Cow;
use std::cmp::Ordering;
use std::fmt;

/// The text of a JSON number. Two are equal if they have the same value: `1`, `1.0` and `10e-1`.
#[derive(Clone, Debug)]
pub struct Number(pub(super) String);

impl Number {
    /// The nearest float.
    pub fn as_f64(&self) -> Option<f64> {
        self.0.parse().ok()
    }

    /// The number, if it is written as an integer from 0 to 2^64 - 1.
    pub fn as_u64(&self) -> Option<u64> {
        self.0.parse().ok()
    }

    /// Whether the value is a whole number.
    pub(crate) fn is_integer(&self) -> bool {
        self.decimal().exponent >= 0
    }

    /// Compares the values, exactly.
    pub fn compare(&self, other: &Self) -> Ordering {
        let (left, right) = (self.decimal(), other.decimal());
        let sign = |of: &Decimal<'_>| match (of.digits.is_empty(), of.negative) {
            (true, _) => 0,
            (false, true) => -1,
            (false, false) => 1,
        };
        // Digits have no zeros at either end, so their text decides between two numbers of the same magnitude.
        let magnitude = left
            .magnitude()
            .cmp(&right.magnitude())
            .then_with(|| left.digits.cmp(&right.digits));
        sign(&left).cmp(&sign(&right)).then(if left.negative {
            magnitude.reverse()
        } else {
            magnitude
        })
    }

    /// This number minus `other`, and plus `other`, exactly; `None` if that has more digits than an `i128`.
    pub(crate) fn minus_and_plus(&self, other: &Self) -> Option<(Self, Self)> {
        let (left, right) = (self.decimal(), other.decimal());
        let exponent = left.exponent.min(right.exponent);
        let (left, right) = (left.integer(exponent)?, right.integer(exponent)?);
        let number = |value: i128| Self(format!("{value}e{exponent}"));
        let (minus, plus) = (left.checked_sub(right)?, left.checked_add(right)?);
        Some((number(minus), number(plus)))
    }

    /// Sign, significant digits and exponent, so that equal values are equal.
    fn decimal(&self) -> Decimal<'_> {
        let (negative, unsigned) = match self.0.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, self.0.as_str()),
        };
        let (mantissa, exponent) = unsigned.split_once(['e', 'E']).unwrap_or((unsigned, "0"));
        let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
        let digits: Cow<'_, str> = if fraction.is_empty() {
            whole.into()
        } else {
            format!("{whole}{fraction}").into()
        };
        let significant = digits.trim_start_matches('0');
        let trimmed = significant.trim_end_matches('0');
        if trimmed.is_empty() {
            return Decimal::default();
        }
        // An exponent beyond an i64 saturates: no text is long enough to make up for it.
        let written = exponent.parse().unwrap_or(if exponent.starts_with('-') {
            i64::MIN / 2
        } else {
            i64::MAX / 2
        });
        let shift = significant.len() - trimmed.len();
        let scale = i64::try_from(shift).unwrap_or(i64::MAX / 4)
            - i64::try_from(fraction.len()).unwrap_or(i64::MAX / 4);
        Decimal {
            negative,
            digits: trimmed.to_owned().into(),
            exponent: written.saturating_add(scale),
        }
    }
}

#[derive(Default, PartialEq, Eq)]
struct Decimal<'a> {
    negative: bool,
    digits: Cow<'a, str>,
    exponent: i64,
}

impl Decimal<'_> {
    /// The value in units of this power of ten, which must not be greater than the exponent.
    fn integer(&self, exponent: i64) -> Option<i128> {
        if self.digits.is_empty() {
            return Some(0);
        }
        let zeros = u32::try_from(self.exponent.checked_sub(exponent)?).ok()?;
        let digits: i128 = self.digits.parse().ok()?;
        let value = digits.checked_mul(10_i128.checked_pow(zeros)?)?;
        Some(if self.negative { -value } else { value })
    }

    /// The power of ten of the first digit, plus one.
    fn magnitude(&self) -> i64 {
        let digits = i64::try_from(self.digits.len()).unwrap_or(i64::MAX / 4);
        self.exponent.saturating_add(digits)
    }
}

impl PartialEq for Number {
    fn eq(&self, other: &Self) -> bool {
        self.0 == other.0 || self.decimal() == other.decimal()
    }
}

impl fmt::Display for Number {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<u32> for Number {
    fn from(number: u32) -> Self {
        Self(number.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::super::Json;
    use super::*;

    #[track_caller]
    fn json(text: &str) -> Json {
        Json::parse(text).expect(text)
    }

    #[test]
    fn numbers_are_compared_by_value_and_exactly() {
        for (left, right) in [
            ("1", "1.0"),
            ("1", "10e-1"),
            ("0", "-0.0"),
            ("100", "1E2"),
            ("0.001", "1e-3"),
        ] {
            assert_eq!(json(left), json(right), "{left} {right}");
        }
        for (left, right) in [
            ("18446744073709551616", "18446744073709551617"),
            ("1", "-1"),
            ("1e400", "1e401"),
            ("9007199254740993", "9007199254740992"),
            ("1", "\"1\""),
        ] {
            assert_ne!(json(left), json(right), "{left} {right}");
        }
    }

    #[test]
    fn numbers_are_ordered_by_value_and_exactly() {
        let ascending = [
            "-1e400",
            "-10",
            "-9.5",
            "-1e-3",
            "0",
            "0.0010",
            "0.9",
            "1",
            "1.05",
            "9",
            "10",
            "9007199254740992",
            "9007199254740993",
            "1e400",
        ];
        let numbers = ascending.map(|text| json(text).as_number().cloned().unwrap());
        for (left, one) in numbers.iter().enumerate() {
            for (right, other) in numbers.iter().enumerate() {
                assert_eq!(one.compare(other), left.cmp(&right), "{one} {other}");
            }
        }
        assert_eq!(
            json("-0").as_number().unwrap().compare(&numbers[4]),
            Ordering::Equal
        );
    }

    #[test]
    fn sums_and_differences_are_exact() {
        let sums = |left: &str, right: &str| {
            let (left, right) = (json(left), json(right));
            left.as_number()?.minus_and_plus(right.as_number()?)
        };
        for (left, right, minus, plus) in [
            ("20.5", "0.1", "20.4", "20.6"),
            (
                "18446744073709551617",
                "0",
                "18446744073709551617",
                "18446744073709551617",
            ),
            ("-3", "0.50", "-3.5", "-2.5"),
            ("0", "1e3", "-1000", "1000"),
        ] {
            let (lower, upper) = sums(left, right).unwrap();
            let found = (Json::Number(lower), Json::Number(upper));
            assert_eq!(found, (json(minus), json(plus)), "{left} {right}");
        }
        assert_eq!(sums("1e308", "1"), None);
    }

    #[test]
    fn whole_numbers_are_recognised_however_they_are_written() {
        let is_integer = |text| json(text).as_number().is_some_and(Number::is_integer);
        assert!(is_integer("1.0") && is_integer("-3") && is_integer("1e3") && is_integer("0.0"));
        assert!(!is_integer("1.5") && !is_integer("1e-3"));
    }
}
