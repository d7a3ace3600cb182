//! How long to wait before trying again: exponential, with full jitter.
//!
//! Pure; the random number is handed in. Full jitter spreads the retries of many senders best: "Exponential Backoff And
//! Jitter" in the AWS Architecture Blog.

use std::time::Duration;

/// A rule for waiting.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BackOff {
    /// The longest wait before the first retry; it doubles with every retry.
    pub floor: Duration,
    /// The longest wait before any retry.
    pub ceiling: Duration,
    /// How many retries there are.
    pub retries: u32,
}

impl BackOff {
    /// How long to wait before retry number `retry`, which counts from 0. `None` after the last one.
    ///
    /// `random` lies between 0 and 1 and is drawn anew for each wait.
    pub fn delay(&self, retry: u32, random: f64) -> Option<Duration> {
        if retry >= self.retries {
            return None;
        }
        let doubled = 2_u32
            .checked_pow(retry)
            .and_then(|factor| self.floor.checked_mul(factor));
        let longest = doubled.map_or(self.ceiling, |wait| wait.min(self.ceiling));
        Some(longest.mul_f64(random.clamp(0.0, 1.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: BackOff = BackOff {
        floor: Duration::from_millis(100),
        ceiling: Duration::from_secs(1),
        retries: 40,
    };

    #[track_caller]
    fn waits(retry: u32, random: f64, milliseconds: u64) {
        assert_eq!(
            RULE.delay(retry, random),
            Some(Duration::from_millis(milliseconds))
        );
    }

    #[test]
    fn the_longest_wait_doubles_up_to_the_ceiling() {
        waits(0, 1.0, 100);
        waits(1, 1.0, 200);
        waits(3, 1.0, 800);
        waits(4, 1.0, 1_000);
        waits(39, 1.0, 1_000);
    }

    #[test]
    fn the_jitter_is_full() {
        waits(2, 0.0, 0);
        waits(2, 0.25, 100);
        waits(2, f64::INFINITY, 400);
    }

    #[test]
    fn there_is_an_end() {
        assert_eq!(RULE.delay(40, 0.5), None);
    }
}
