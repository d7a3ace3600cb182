//! What has been charged in a minute, and in a window of it.

use std::future::Future;

use crate::error::StoreError;

pub(super) const MINUTE_MS: i64 = 60_000;

/// Length of a window for bursts. A whole number of them is a minute.
pub(super) const WINDOW_MS: i64 = 5_000;

/// Counts charges.
pub trait CountCharges: Sync {
    /// Adds `charge` to the counters of `subject` for the minute and the window of `at`, and returns both sums.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; the charge may have been added nevertheless.
    fn charge(
        &self,
        subject: &str,
        at: ChargeTime,
        charge: u32,
    ) -> impl Future<Output = Result<Charged, StoreError>> + Send;
}

/// When a request is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct ChargeTime {
    /// Minutes since 1970.
    pub minute: i64,
    /// The window of the minute, from 0 to 11.
    pub window: i64,
}

impl ChargeTime {
    /// Of a request at `now_ms`, in milliseconds since 1970.
    pub fn new(now_ms: i64) -> Self {
        Self {
            minute: now_ms.div_euclid(MINUTE_MS),
            window: now_ms.rem_euclid(MINUTE_MS).div_euclid(WINDOW_MS),
        }
    }
}

/// What a subject has been charged, including the last request.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Charged {
    /// In the minute.
    pub minute: u64,
    /// In the window.
    pub window: u64,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn windows_divide_a_minute() {
        let at = |now_ms| {
            let ChargeTime { minute, window } = ChargeTime::new(now_ms);
            (minute, window)
        };
        assert_eq!((at(0), at(4_999)), ((0, 0), (0, 0)));
        assert_eq!((at(5_000), at(59_999)), ((0, 1), (0, 11)));
        assert_eq!((at(60_000), at(-1)), ((1, 0), (-1, 11)));
    }
}
