//! Formats figures.

use std::time::Duration;

use indicatif::HumanCount;

/// The rate per second; zero if no time has passed.
pub(super) fn per_second(count: u64, time: Duration) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "it is shown rounded")]
    let count = count as f64;
    if time.is_zero() {
        0.0
    } else {
        count / time.as_secs_f64()
    }
}

/// Rounded to an integer, with digits grouped.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a rate is not negative, and far from 64 bits"
)]
pub(super) fn rounded(rate: f64) -> String {
    grouped(rate.round() as u64)
}

/// In milliseconds, with fractions.
pub(super) fn in_milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1_000.0
}

/// `0.21 ms`, `3.1 ms`, `1,250 ms`.
pub(super) fn milliseconds(time: Duration) -> String {
    let ms = in_milliseconds(time);
    if ms < 1.0 {
        format!("{ms:.2} ms")
    } else if ms < 100.0 {
        format!("{ms:.1} ms")
    } else {
        format!("{} ms", rounded(ms))
    }
}

/// Digits in groups of three.
pub(super) fn grouped(number: u64) -> String {
    HumanCount(number).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_have_two_or_three_significant_digits() {
        let shown =
            [0, 214, 3_060, 99_960, 1_249_600].map(|us| milliseconds(Duration::from_micros(us)));
        assert_eq!(
            shown,
            ["0.00 ms", "0.21 ms", "3.1 ms", "100.0 ms", "1,250 ms"]
        );
    }
}
