//! Exponential back-off with full jitter.
//!
//! Pure: the random number is an argument. Full jitter spreads the retries of competing clients best; see "Exponential
//! Backoff And Jitter" in the AWS Architecture Blog. (`backon` only adds jitter on top of the delay, and draws it itself.)

use std::time::Duration;

/// A retry policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// Upper bound of the first delay; doubles with every retry.
    pub base: Duration,
    /// Upper bound of every delay.
    pub cap: Duration,
    /// Number of retries.
    pub retries: u32,
}

impl Backoff {
    /// A policy that never retries.
    pub const NEVER: Self = Self {
        base: Duration::ZERO,
        cap: Duration::ZERO,
        retries: 0,
    };

    /// The delay before retry number `retry`, counted from 0. `None` once the retries are used up.
    ///
    /// `random` is between 0 and 1; pass a new number for every delay.
    pub fn delay(&self, retry: u32, random: f64) -> Option<Duration> {
        if retry >= self.retries {
            return None;
        }
        let doubled = 2_u32
            .checked_pow(retry)
            .and_then(|factor| self.base.checked_mul(factor));
        let bound = doubled.map_or(self.cap, |delay| delay.min(self.cap));
        Some(bound.mul_f64(random.clamp(0.0, 1.0)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const POLICY: Backoff = Backoff {
        base: Duration::from_millis(100),
        cap: Duration::from_secs(1),
        retries: 40,
    };

    #[track_caller]
    fn waits(retry: u32, random: f64, milliseconds: u64) {
        assert_eq!(
            POLICY.delay(retry, random),
            Some(Duration::from_millis(milliseconds))
        );
    }

    #[test]
    fn the_bound_doubles_up_to_the_cap() {
        waits(0, 1.0, 100);
        waits(1, 1.0, 200);
        waits(3, 1.0, 800);
        waits(4, 1.0, 1_000);
        waits(39, 1.0, 1_000);
    }

    #[test]
    fn jitter_is_full() {
        waits(2, 0.0, 0);
        waits(2, 0.25, 100);
        waits(2, f64::INFINITY, 400);
    }

    #[test]
    fn retries_run_out() {
        assert_eq!(POLICY.delay(40, 0.5), None);
        assert_eq!(Backoff::NEVER.delay(0, 0.5), None);
    }
}
