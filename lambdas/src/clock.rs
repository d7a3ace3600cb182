//! Sleep and randomness, injectable: tests and simulations bring their own.

use std::future::Future;
use std::time::Duration;

/// Sleeps, and draws random numbers for jitter.
pub trait Clock: Sync {
    /// Completes after `duration`.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future has no effect.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send;

    /// A random number between 0 and 1.
    fn jitter(&self) -> f64;
}

/// Tokio's timer and a thread-local random number generator, which is good enough for jitter and for nothing else.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(duration)
    }

    fn jitter(&self) -> f64 {
        fastrand::f64()
    }
}

/// Runs `work` for at most `limit`. Returns `None` on timeout.
///
/// # Cancel safety
///
/// As cancel safe as `work`.
pub(crate) async fn timeout<T>(
    clock: &impl Clock,
    limit: Duration,
    work: impl Future<Output = T> + Send,
) -> Option<T> {
    let work = std::pin::pin!(work);
    let limit = std::pin::pin!(clock.sleep(limit));
    match futures::future::select(work, limit).await {
        futures::future::Either::Left((output, _)) => Some(output),
        futures::future::Either::Right(_) => None,
    }
}
