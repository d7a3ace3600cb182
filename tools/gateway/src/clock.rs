//! The gateway's clock, which `POST /_gateway/clock` can move forward.
//!
//! Connections age and rows expire as if that time had passed. Timeouts of functions and of HTTP requests are not affected,
//! because processes run in real time.

use std::time::Duration;

use jiff::Timestamp;
use tokio::{
    sync::watch,
    time::{Instant, sleep_until},
};

/// The system's wall-clock time, in whole milliseconds.
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}

/// A clock that runs with the system's and may be ahead of it. Clones share their time.
#[derive(Debug, Clone)]
pub(crate) struct Clock {
    /// How far it is ahead.
    ahead: watch::Sender<Duration>,
}

impl Default for Clock {
    fn default() -> Self {
        Self {
            ahead: watch::Sender::new(Duration::ZERO),
        }
    }
}

impl Clock {
    /// The wall-clock time, in whole milliseconds.
    pub(crate) fn now(&self) -> Timestamp {
        now().checked_add(self.ahead()).unwrap_or(Timestamp::MAX)
    }

    /// The time for measuring durations.
    pub(crate) fn instant(&self) -> Instant {
        Instant::now() + self.ahead()
    }

    /// How far the clock is ahead of the system's.
    pub(crate) fn ahead(&self) -> Duration {
        *self.ahead.borrow()
    }

    /// Moves the clock forward, and wakes everything whose time has come.
    pub(crate) fn advance(&self, by: Duration) {
        self.ahead
            .send_modify(|ahead| *ahead = ahead.saturating_add(by));
    }

    /// Waits until [`Self::instant`] reaches `deadline`.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub(crate) async fn sleep_until(&self, deadline: Instant) {
        let mut moved = self.ahead.subscribe();
        loop {
            let ahead = *moved.borrow_and_update();
            // A deadline before the system's clock began has passed.
            let Some(real) = deadline.checked_sub(ahead) else {
                return;
            };
            tokio::select! {
                () = sleep_until(real) => return,
                // The sender is part of `self` and cannot be gone.
                _ = moved.changed() => {}
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_sleeper_wakes_when_the_clock_is_moved() {
        let clock = Clock::default();
        let start = Instant::now();
        let sleeper = tokio::spawn({
            let clock = clock.clone();
            async move {
                clock
                    .sleep_until(clock.instant() + Duration::from_hours(2))
                    .await;
            }
        });
        tokio::time::sleep(Duration::from_secs(1)).await;
        clock.advance(Duration::from_hours(1));
        tokio::time::sleep(Duration::from_secs(1)).await;
        assert!(!sleeper.is_finished());
        clock.advance(Duration::from_hours(1));
        sleeper.await.unwrap();
        assert_eq!(start.elapsed(), Duration::from_secs(2));
    }

    #[test]
    fn the_wall_clock_moves_with_it() {
        let clock = Clock::default();
        let before = clock.now();
        clock.advance(Duration::from_hours(24));
        let passed = clock.now().duration_since(before);
        assert!(
            (24 * 3600..25 * 3600).contains(&passed.as_secs()),
            "{passed}"
        );
    }
}
