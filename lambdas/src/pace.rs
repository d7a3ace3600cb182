//! Waiting and randomness, handed in so that tests and simulations can have their own.

use std::future::Future;
use std::time::Duration;

/// Whoever passes the time.
pub trait Pace: Sync {
    /// Ends after `duration`.
    ///
    /// # Cancel safety
    ///
    /// Dropping it loses nothing.
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send;

    /// A number from 0 to 1, another one each time.
    fn random(&self) -> f64;
}

/// The clock of Tokio's runtime, and its thread's random numbers. Good enough for jitter, for nothing else.
#[derive(Clone, Copy, Debug, Default)]
pub struct RealPace;

impl Pace for RealPace {
    fn sleep(&self, duration: Duration) -> impl Future<Output = ()> + Send {
        tokio::time::sleep(duration)
    }

    fn random(&self) -> f64 {
        fastrand::f64()
    }
}

/// Runs `work` for `limit` at most. `None` if it took longer.
///
/// # Cancel safety
///
/// As safe to drop as `work`.
pub(crate) async fn within<T>(
    pace: &impl Pace,
    limit: Duration,
    work: impl Future<Output = T> + Send,
) -> Option<T> {
    let work = std::pin::pin!(work);
    let limit = std::pin::pin!(pace.sleep(limit));
    match futures::future::select(work, limit).await {
        futures::future::Either::Left((done, _)) => Some(done),
        futures::future::Either::Right(_) => None,
    }
}
