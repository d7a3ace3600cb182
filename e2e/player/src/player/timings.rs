//! How long expected lines waited, for load tests.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// How long each line that was met had waited, in order, with its number.
#[derive(Debug, Default)]
pub struct Timings(Mutex<Vec<(usize, Duration)>>);

impl Timings {
    pub(super) fn note(&self, line: usize, waited: Duration) {
        let timings = self.0.lock();
        let mut timings = timings.unwrap_or_else(PoisonError::into_inner);
        timings.push((line, waited));
    }

    /// What was noted so far, which is forgotten.
    pub fn taken(&self) -> Vec<(usize, Duration)> {
        let timings = self.0.lock();
        std::mem::take(&mut timings.unwrap_or_else(PoisonError::into_inner))
    }
}
