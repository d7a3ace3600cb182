//! Durations as percentiles.

use std::time::Duration;

use hdrhistogram::Histogram;

/// Three significant digits: figures are at most a thousandth too high.
const DIGITS: u8 = 3;

/// Longer times are recorded as this: twelve days.
const MAX_MICROS: u64 = 1 << 40;

/// A histogram of durations, in microseconds.
#[derive(Clone, Debug, PartialEq)]
pub struct Latency {
    histogram: Histogram<u64>,
    /// Exact, unlike the histogram's maximum.
    max: Duration,
}

impl Latency {
    /// An empty histogram.
    #[expect(
        clippy::expect_used,
        clippy::missing_panics_doc,
        reason = "only more than five digits are rejected"
    )]
    pub fn new() -> Self {
        let histogram = Histogram::new(DIGITS).expect("three digits are allowed");
        let max = Duration::ZERO;
        Self { histogram, max }
    }

    /// Adds a duration.
    pub fn record(&mut self, time: Duration) {
        let micros = u64::try_from(time.as_micros()).unwrap_or(MAX_MICROS);
        // The histogram resizes itself, so no value is rejected.
        let _ = self.histogram.record(micros.min(MAX_MICROS));
        self.max = self.max.max(time);
    }

    /// The duration that `percentile` percent of the values do not exceed; zero without values.
    pub fn percentile(&self, percentile: f64) -> Duration {
        let micros = self.histogram.value_at_quantile(percentile / 100.0);
        Duration::from_micros(micros).min(self.max)
    }

    /// The 50th percentile.
    pub fn median(&self) -> Duration {
        self.percentile(50.0)
    }

    /// The number of durations.
    pub fn count(&self) -> u64 {
        self.histogram.len()
    }

    /// The longest.
    pub fn max(&self) -> Duration {
        self.max
    }

    /// The arithmetic mean.
    pub fn mean(&self) -> Duration {
        Duration::from_secs_f64(self.histogram.mean() / 1_000_000.0)
    }
}

impl Default for Latency {
    fn default() -> Self {
        Self::new()
    }
}

impl Extend<Duration> for Latency {
    fn extend<I: IntoIterator<Item = Duration>>(&mut self, times: I) {
        times.into_iter().for_each(|time| self.record(time));
    }
}

impl FromIterator<Duration> for Latency {
    fn from_iter<I: IntoIterator<Item = Duration>>(times: I) -> Self {
        let mut latency = Self::new();
        latency.extend(times);
        latency
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_cover_all_recorded_values() {
        let latency: Latency = (1..=1_000).map(Duration::from_millis).collect();
        for (percentile, ms) in [(50.0, 500), (90.0, 900), (99.0, 990), (99.9, 999)] {
            let found = latency.percentile(percentile).as_secs_f64() * 1_000.0;
            assert!((found - f64::from(ms)).abs() < 1.5, "{percentile}: {found}");
        }
        assert_eq!(latency.max(), Duration::from_secs(1));
        assert_eq!(latency.percentile(100.0), Duration::from_secs(1));
    }

    #[test]
    fn an_empty_histogram_is_all_zeros() {
        let latency = Latency::new();
        assert_eq!(latency.percentile(99.9), Duration::ZERO);
        assert_eq!(latency.max(), Duration::ZERO);
        assert_eq!(latency.mean(), Duration::ZERO);
    }

    #[test]
    fn a_day_is_not_too_long() {
        let mut latency = Latency::new();
        latency.record(Duration::from_hours(24));
        latency.record(Duration::MAX);
        assert!(latency.percentile(50.0) >= Duration::from_hours(24));
    }
}
