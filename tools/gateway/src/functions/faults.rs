//! Faults that a developer injects into the invocations of a function, to see how an application copes with them.

use std::{
    sync::{Mutex, PoisonError},
    time::Duration,
};

use serde::{Deserialize, Serialize};

use super::failure::Failure;

/// Which faults are injected; none by default.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default, deny_unknown_fields)]
pub(crate) struct InjectedFaults {
    /// Added to every invocation, in milliseconds.
    pub(crate) latency_ms: u32,
    /// Percentage of invocations that fail instead of running.
    pub(crate) error_percent: u8,
    /// Percentage of invocations that are throttled.
    pub(crate) throttle_percent: u8,
}

impl InjectedFaults {
    /// Longest latency that can be injected, in milliseconds.
    pub(crate) const MAX_LATENCY: u32 = 60_000;

    /// Whether the numbers are within their ranges.
    pub(crate) fn is_valid(self) -> bool {
        self.latency_ms <= Self::MAX_LATENCY
            && self.error_percent <= 100
            && self.throttle_percent <= 100
    }
}

/// The faults of one function.
#[derive(Debug, Default)]
pub(crate) struct Faults(Mutex<InjectedFaults>);

impl Faults {
    pub(crate) fn current(&self) -> InjectedFaults {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn set(&self, faults: InjectedFaults) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = faults;
    }

    /// Injects the faults into one invocation.
    pub(crate) async fn inject(&self) -> Result<(), Failure> {
        let current = self.current();
        if current == InjectedFaults::default() {
            return Ok(());
        }
        if fastrand::u8(0..100) < current.throttle_percent {
            return Err(Failure::Throttled);
        }
        tokio::time::sleep(Duration::from_millis(current.latency_ms.into())).await;
        if fastrand::u8(0..100) < current.error_percent {
            return Err(Failure::Injected);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn injected_faults_delay_and_fail_invocations() {
        let faults = Faults::default();
        assert_eq!(faults.inject().await, Ok(()));
        let injected = |error_percent, throttle_percent| InjectedFaults {
            latency_ms: 250,
            error_percent,
            throttle_percent,
        };
        let start = tokio::time::Instant::now();
        faults.set(injected(0, 0));
        assert_eq!(faults.inject().await, Ok(()));
        assert_eq!(start.elapsed(), Duration::from_millis(250));
        faults.set(injected(100, 0));
        assert_eq!(faults.inject().await, Err(Failure::Injected));
        faults.set(injected(100, 100));
        assert_eq!(faults.inject().await, Err(Failure::Throttled));
    }
}
