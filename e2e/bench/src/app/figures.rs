//! The measurements of one page, over all runs.

use std::time::Duration;

use papagaio::latency::Latency;

/// The figures of one page.
#[derive(Clone, Debug, Default)]
pub(crate) struct Figures {
    /// From the first message of the burst until the last one is painted.
    pub(crate) burst: Latency,
    /// The same for messages one by one, after the burst.
    pub(crate) next: Latency,
    /// From a key to its frame.
    pub(crate) keys: Latency,
    /// Between frames while messages arrive.
    pub(crate) frames: Latency,
    /// Elements in the page at the end.
    pub(crate) elements: Vec<u64>,
    /// Memory of the renderer at the end, in kibibytes.
    pub(crate) memory: Vec<u64>,
}

impl Figures {
    /// Frames per second; zero if there are none.
    pub(crate) fn frames_per_second(&self) -> f64 {
        let mean = self.frames.mean();
        if mean == Duration::ZERO {
            0.0
        } else {
            1.0 / mean.as_secs_f64()
        }
    }
}

/// The median; zero for an empty slice.
pub(crate) fn median(values: &[u64]) -> u64 {
    let mut values = values.to_vec();
    values.sort_unstable();
    values.get(values.len() / 2).copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Figures, median};

    #[test]
    fn frames_a_second_are_those_of_the_mean_frame() {
        let mut figures = Figures::default();
        assert!(figures.frames_per_second().abs() < f64::EPSILON);
        figures.frames.extend([10, 30].map(Duration::from_millis));
        assert!((figures.frames_per_second() - 50.0).abs() < 0.1);
    }

    #[test]
    fn one_odd_run_does_not_change_the_median() {
        assert_eq!(median(&[1, 1_000, 2]), 2);
        assert_eq!(median(&[]), 0);
    }
}
