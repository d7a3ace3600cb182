//! When the session is woken, and how a sleep of the machine is noticed. Decides only; the driver sets the timeout.
//!
//! Outside of Windows, neither `performance.now()` nor timeouts count a sleep
//! (<https://developer.mozilla.org/en-US/docs/Web/API/Performance/now#ticking_during_sleep>). The wall clock does. It can be set
//! forward too, and then the connection is checked needlessly.

use papo_protocol::limits::SUSPENDED_MS;
use papo_protocol::session::Input;

/// How long a timeout waits at most, in milliseconds, so that a sleep is noticed soon after its end.
const GLANCE_MS: u64 = 5_000;

/// The browser's clocks, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Clocks {
    /// The clock that never goes backwards.
    pub(super) monotonic: u64,
    /// The time since 1970.
    pub(super) wall: u64,
}

/// A timeout of the driver.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Alarm {
    /// When to wake the session, on the monotonic clock.
    pub(super) at: u64,
    /// When the timeout fires, on the wall clock.
    fires_at: u64,
}

impl Alarm {
    /// The next timeout on the way to `at`, and how long it waits, in milliseconds.
    pub(super) fn next(at: u64, now: Clocks) -> (Self, u32) {
        let wait = at.saturating_sub(now.monotonic).min(GLANCE_MS);
        let fires_at = now.wall + wait;
        (Self { at, fires_at }, u32::try_from(wait).unwrap_or(0))
    }

    /// What the session is told when the timeout fires. The timeouts of a hidden page are late without any sleep; its
    /// connection is checked when it is visible again.
    pub(super) fn fired(self, now: Clocks, is_visible: bool) -> Option<Input> {
        if is_visible && now.wall >= self.fires_at + SUSPENDED_MS {
            Some(Input::TryNow)
        } else {
            (now.monotonic >= self.at).then_some(Input::Timer)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Clocks = Clocks {
        monotonic: 1_000,
        wall: 1_700_000_000_000,
    };

    /// The clocks after they have advanced.
    fn after(monotonic: u64, wall: i64) -> Clocks {
        Clocks {
            monotonic: NOW.monotonic + monotonic,
            wall: NOW.wall.saturating_add_signed(wall),
        }
    }

    /// The timeout of a session that is to be woken in `wait` milliseconds.
    fn alarm(wait: u64) -> (Alarm, u32) {
        Alarm::next(NOW.monotonic + wait, NOW)
    }

    #[test]
    fn wakes_the_session_on_time() {
        let (alarm, wait) = alarm(300);
        assert_eq!(wait, 300);
        assert_eq!(alarm.fired(after(300, 301), true), Some(Input::Timer));
        assert_eq!(alarm.fired(after(299, 301), true), None);
    }

    #[test]
    fn a_long_wait_is_made_of_short_ones() {
        let (alarm, wait) = alarm(270_000);
        assert_eq!(wait, 5_000);
        assert_eq!(alarm.fired(after(5_000, 5_000), true), None);
        let (_, wait) = Alarm::next(alarm.at, after(269_000, 269_000));
        assert_eq!(wait, 1_000);
    }

    #[test]
    fn the_connection_is_checked_after_a_sleep_that_one_clock_or_both_count() {
        let (alarm, _) = alarm(270_000);
        for now in [after(5_000, 60_000), after(60_000, 60_000)] {
            assert_eq!(alarm.fired(now, true), Some(Input::TryNow));
        }
    }

    #[test]
    fn the_late_timeouts_of_a_hidden_page_mean_nothing() {
        let (alarm, _) = alarm(270_000);
        assert_eq!(alarm.fired(after(60_000, 60_000), false), None);
    }

    #[test]
    fn a_wall_clock_that_is_set_back_delays_nothing() {
        let (alarm, _) = alarm(300);
        let now = after(300, -3_600_000);
        assert_eq!(alarm.fired(now, true), Some(Input::Timer));
    }
}
