//! Decides when each message is due and which client sends it. Pure.

use std::time::Duration;

/// Messages at a steady rate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Schedule {
    /// Messages per second.
    rate: f64,
    duration: Duration,
}

/// The text is not a rate.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("\"{0}\" is not a rate; expected a number per second, such as 10 or 0.5, up to 100000")]
pub(crate) struct InvalidRate(String);

/// Parses a rate per second.
///
/// # Errors
///
/// [`InvalidRate`] unless it is a number above 0 and at most 100,000, which is more than one thread can send.
pub(crate) fn parse_rate(text: &str) -> Result<f64, InvalidRate> {
    let rate = text.parse::<f64>().ok();
    rate.filter(|rate| *rate > 0.0 && *rate <= 100_000.0)
        .ok_or_else(|| InvalidRate(text.to_owned()))
}

impl Schedule {
    /// Messages at `rate` per second for `duration`; at least one.
    pub fn new(rate: f64, duration: Duration) -> Self {
        Self { rate, duration }
    }

    /// Events at `rate` per second without an end.
    pub(super) fn at_rate(rate: f64) -> Self {
        Self::new(rate, Duration::MAX)
    }

    /// Messages per second.
    pub fn rate(&self) -> f64 {
        self.rate
    }

    /// How long messages are sent.
    pub fn duration(&self) -> Duration {
        self.duration
    }

    /// The number of messages.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "neither the rate nor a day's messages at it are negative, or too many for 64 bits"
    )]
    pub fn messages(&self) -> u64 {
        ((self.rate * self.duration.as_secs_f64()).round() as u64).max(1)
    }

    /// When message `number` is due, counted from 0 and relative to the first.
    #[expect(
        clippy::cast_precision_loss,
        reason = "a message that is too far away to be counted exactly is a day away"
    )]
    pub fn intended(&self, number: u64) -> Duration {
        Duration::from_secs_f64(number as f64 / self.rate)
    }

    /// Which of `clients` sends message `number`: they take turns.
    pub(super) fn turn(number: u64, clients: usize) -> usize {
        let turn = number % (clients.max(1) as u64);
        usize::try_from(turn).unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_spread_evenly_over_time() {
        let schedule = Schedule::new(4.0, Duration::from_secs(3));
        assert_eq!(schedule.messages(), 12);
        assert_eq!(schedule.intended(0), Duration::ZERO);
        assert_eq!(schedule.intended(1), Duration::from_millis(250));
        assert_eq!(schedule.intended(11), Duration::from_millis(2_750));
    }

    #[test]
    fn at_least_one_message_is_sent() {
        let schedule = Schedule::new(0.1, Duration::from_secs(1));
        assert_eq!(schedule.messages(), 1);
    }

    #[test]
    fn a_schedule_does_not_drift_however_long_it_is() {
        let schedule = Schedule::new(3.0, Duration::from_hours(24));
        assert_eq!(schedule.intended(3 * 86_400), Duration::from_hours(24));
    }

    #[test]
    fn clients_take_turns() {
        let turns: Vec<_> = (0..7).map(|number| Schedule::turn(number, 3)).collect();
        assert_eq!(turns, [0, 1, 2, 0, 1, 2, 0]);
        assert_eq!(Schedule::turn(7, 0), 0);
    }

    #[test]
    fn rejects_rates_that_are_not_positive_numbers() {
        assert_eq!(parse_rate("0.5"), Ok(0.5));
        for text in ["", "0", "-1", "ten", "inf", "NaN", "1e9"] {
            let error = parse_rate(text).unwrap_err().to_string();
            assert!(error.starts_with(&format!("\"{text}\" is not a rate")));
        }
    }
}
