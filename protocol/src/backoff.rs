//! Exponential back-off with full jitter.
//!
//! Pure: the random number is an argument. Full jitter spreads the retries of clients that failed together best; see
//! "Exponential Backoff And Jitter" in the AWS Architecture Blog. (`backon` only adds jitter on top of the delay, and draws
//! it itself.)

/// How long to wait before a retry. All times are in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// The shortest delay.
    pub floor: u64,
    /// The upper bound of the first delay; doubles with every retry.
    pub base: u64,
    /// The upper bound of every delay.
    pub cap: u64,
}

impl Backoff {
    /// The delay before retry number `retry`, counted from 0: a random time between the floor and the bound.
    ///
    /// `random` is uniform in `0.0..1.0`, and new for every delay; any number is safe.
    pub fn delay(&self, retry: u32, random: f64) -> u64 {
        let bound = self.base.saturating_mul(2_u64.saturating_pow(retry));
        let range = bound.min(self.cap).saturating_sub(self.floor);
        self.floor + share(range, random)
    }
}

/// `random` times `range`. A number that is not finite counts as a half.
pub(crate) fn share(range: u64, random: f64) -> u64 {
    let share = if random.is_finite() {
        random.clamp(0.0, 1.0)
    } else {
        0.5
    };
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "both factors are small and non-negative"
    )]
    let chosen = (range as f64 * share) as u64;
    chosen
}

#[cfg(test)]
mod tests {
    use super::*;

    const BACKOFF: Backoff = Backoff {
        floor: 500,
        base: 1_000,
        cap: 30_000,
    };

    #[test]
    fn delays_stay_between_floor_and_cap() {
        for retry in [0, 1, 5, 31, 63, 64, u32::MAX] {
            for random in [0.0, 0.5, 0.999, 1.0, -3.0, 7.0, f64::NAN, f64::INFINITY] {
                let delay = BACKOFF.delay(retry, random);
                assert!((500..=30_000).contains(&delay), "{retry} {random}: {delay}");
            }
        }
    }

    #[test]
    fn the_bound_doubles_up_to_the_cap() {
        let delays = (0..7).map(|retry| BACKOFF.delay(retry, 1.0));
        let delays: Vec<u64> = delays.collect();
        assert_eq!(delays, [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000]);
    }

    #[test]
    fn jitter_is_full() {
        let backoff = Backoff {
            floor: 0,
            ..BACKOFF
        };
        let delays = [0.0, 0.25, 1.0].map(|random| backoff.delay(2, random));
        assert_eq!(delays, [0, 1_000, 4_000]);
    }
}
