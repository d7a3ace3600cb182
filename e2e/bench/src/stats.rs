//! Medians and percentiles.

use std::time::Duration;

/// Times, sorted.
#[derive(Debug, Clone)]
pub(crate) struct Times(Vec<Duration>);

impl Times {
    pub(crate) fn new(mut times: Vec<Duration>) -> Self {
        times.sort_unstable();
        Self(times)
    }

    /// The smallest time that at least `percent` of all times do not exceed (the nearest-rank method); zero where there
    /// are none.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let rank = (self.0.len() * percent).div_ceil(100).max(1);
        self.0.get(rank - 1).copied().unwrap_or_default()
    }

    pub(crate) fn median(&self) -> Duration {
        self.percentile(50)
    }

    pub(crate) fn longest(&self) -> Duration {
        self.percentile(100)
    }
}

/// Milliseconds with one digit after the point.
pub(crate) fn milliseconds(time: Duration) -> String {
    format!("{:.1}", time.as_secs_f64() * 1000.0)
}

#[cfg(test)]
mod tests {
    use super::{Times, milliseconds};
    use std::time::Duration;

    fn times(milliseconds: impl IntoIterator<Item = u64>) -> Times {
        Times::new(
            milliseconds
                .into_iter()
                .map(Duration::from_millis)
                .collect(),
        )
    }

    #[test]
    fn percentiles_are_times_that_occurred() {
        let hundred = times((1..=100).rev());
        assert_eq!(hundred.median(), Duration::from_millis(50));
        assert_eq!(hundred.percentile(99), Duration::from_millis(99));
        assert_eq!(hundred.longest(), Duration::from_millis(100));
    }

    #[test]
    fn one_time_is_every_percentile() {
        let one = times([7]);
        assert_eq!(
            [one.median(), one.percentile(99), one.longest()],
            [Duration::from_millis(7); 3]
        );
    }

    #[test]
    fn no_times_give_zero() {
        assert_eq!(times([]).median(), Duration::ZERO);
    }

    #[test]
    fn milliseconds_keep_one_digit() {
        assert_eq!(milliseconds(Duration::from_micros(1_250)), "1.2");
        assert_eq!(milliseconds(Duration::from_secs(2)), "2000.0");
    }
}
