//! How long messages are kept.

use std::num::NonZeroU16;
use std::str::FromStr;

use super::DAY_SECONDS;

/// How long messages are kept, in days.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Retention(NonZeroU16);

/// A setting is not a valid [`Retention`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "RETENTION_DAYS must be a number of days from 1 to 65535; set RetentionDays in template.yaml"
)]
pub struct InvalidRetention;

impl FromStr for Retention {
    type Err = InvalidRetention;

    fn from_str(days: &str) -> Result<Self, InvalidRetention> {
        days.parse().map(Self).map_err(|_| InvalidRetention)
    }
}

impl Retention {
    /// `days` days.
    pub const fn of_days(days: NonZeroU16) -> Self {
        Self(days)
    }

    /// When a message sent at `sent_ms` (milliseconds since 1970) expires, in seconds since 1970.
    pub fn expires_at(self, sent_ms: i64) -> i64 {
        let kept = i64::from(self.0.get()) * DAY_SECONDS;
        sent_ms.div_euclid(1_000).saturating_add(kept)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_expire_after_so_many_days() {
        let retention: Retention = "30".parse().unwrap();
        assert_eq!(
            retention.expires_at(1_731_332_746_514),
            1_731_332_746 + 30 * 86_400
        );
        for bad in ["", "0", "-1", "1.5", "thirty", "70000"] {
            assert_eq!(bad.parse::<Retention>(), Err(InvalidRetention), "{bad}");
        }
    }
}
