//! How long lines waited, for load tests.
//!
//! A line's time runs from when it was due and not from when it began, so that a client which is late, because the server or the
//! machine with the load is busy, does not look fast (coordinated omission). A client is due when the schedule says; a line after
//! another is due when that one was met; and a line after `pause 2 s` is due 2 s after that, whenever the pause really ends.

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long each line that was met had waited, in order, with its number.
#[derive(Debug)]
pub struct Timings(Mutex<State>);

#[derive(Debug)]
struct State {
    /// When the next line is due.
    due: Instant,
    waited: Vec<(usize, Duration)>,
}

impl Timings {
    /// The timings of a client that is due to begin at `due`.
    pub fn starting_at(at: Instant) -> Self {
        let (due, waited) = (at, Vec::new());
        Self(Mutex::new(State { due, waited }))
    }

    /// A line was met at `now`.
    pub(super) fn met(&self, line: usize, now: Instant) {
        self.with(|state| {
            let waited = now.saturating_duration_since(state.due);
            state.waited.push((line, waited));
            state.due = now;
        });
    }

    /// A line asked for this much time to pass.
    pub(super) fn paused(&self, time: Duration) {
        self.with(|state| state.due += time);
    }

    /// Takes the latencies recorded so far.
    pub fn taken(&self) -> Vec<(usize, Duration)> {
        self.with(|state| std::mem::take(&mut state.waited))
    }

    fn with<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        // Every change is complete when it panics, so a poisoned lock is still valid.
        change(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_late_client_and_a_long_pause_count_as_latency() {
        let ms = Duration::from_millis;
        let begin = Instant::now();
        let timings = Timings::starting_at(begin);
        timings.met(1, begin + ms(300));
        timings.met(2, begin + ms(305));
        timings.paused(ms(100));
        timings.met(3, begin + ms(445));
        assert_eq!(timings.taken(), [(1, ms(300)), (2, ms(5)), (3, ms(40))]);
    }
}
