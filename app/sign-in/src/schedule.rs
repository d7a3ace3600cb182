//! When to renew the token. All times are in milliseconds since 1970.

use crate::tokens::Tokens;

/// How long before it expires a token is renewed: long enough to move the connection, and to retry after a failure.
const EARLY_MS: i64 = 5 * 60_000;

/// How long the first retry waits. Doubled with each failure.
const RETRY_MS: i64 = 2_000;

/// The longest wait between two retries.
const LONGEST_RETRY_MS: i64 = 60_000;

/// How old a token must be before a refused connection renews it. A new one that is refused was not refused for its age.
const REFUSED_AFTER_MS: i64 = 60_000;

/// When to renew, after this number of failures since `now`.
///
/// `spread`, from 0 to 1, differs between tabs, so that they do not renew at the same moment: the first one does it for all.
/// Each still has half of the time before the token ends.
pub(crate) fn renew_at(tokens: &Tokens, failures: u32, now: i64, spread: f64) -> i64 {
    if failures > 0 {
        let wait = RETRY_MS.saturating_mul(1 << failures.min(10));
        return now.saturating_add(wait.min(LONGEST_RETRY_MS));
    }
    // A quarter of a short lifetime.
    let lifetime = tokens.expires_at.saturating_sub(tokens.issued_at);
    let early = EARLY_MS.min(lifetime / 4);
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        reason = "at most EARLY_MS"
    )]
    let later = (early as f64 / 2.0 * spread.clamp(0.0, 1.0)) as i64;
    tokens.expires_at.saturating_sub(early - later)
}

/// Whether a connection that was refused is a reason to renew.
pub(crate) fn renews_refused(tokens: &Tokens, now: i64) -> bool {
    now.saturating_sub(tokens.issued_at) >= REFUSED_AFTER_MS
}

/// Whether the app may use the token.
pub fn is_valid(tokens: &Tokens, now: i64) -> bool {
    now < tokens.expires_at
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lasting(seconds: i64) -> Tokens {
        Tokens {
            bearer: "a.b.c".to_owned(),
            issued_at: 0,
            expires_at: seconds * 1_000,
            refresh: None,
            id: None,
            sub: "ana".to_owned(),
        }
    }

    #[test]
    fn a_token_is_renewed_before_it_ends() {
        assert_eq!(renew_at(&lasting(3_600), 0, 0, 0.0), 3_300_000);
        assert_eq!(renew_at(&lasting(8), 0, 0, 0.0), 6_000);
    }

    #[test]
    fn tabs_renew_at_different_times_long_before_the_end() {
        let times = [0.0, 0.5, 1.0].map(|spread| renew_at(&lasting(3_600), 0, 0, spread));
        assert_eq!(times, [3_300_000, 3_375_000, 3_450_000]);
        assert_eq!(renew_at(&lasting(8), 0, 0, 1.0), 7_000);
    }

    #[test]
    fn failures_are_retried_at_growing_intervals() {
        let waits: Vec<_> = (1..=7)
            .map(|failures| renew_at(&lasting(1), failures, 0, 0.5))
            .collect();
        assert_eq!(
            waits,
            [4_000, 8_000, 16_000, 32_000, 60_000, 60_000, 60_000]
        );
        assert_eq!(renew_at(&lasting(1), u32::MAX, 0, 0.5), 60_000);
    }

    #[test]
    fn a_new_token_that_is_refused_is_not_renewed_over_and_over() {
        assert!(!renews_refused(&lasting(3_600), 59_999));
        assert!(renews_refused(&lasting(3_600), 60_000));
    }
}
