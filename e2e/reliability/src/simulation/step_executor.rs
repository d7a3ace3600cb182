//! Futures that advance one step per poll, so that handlers can be interleaved and stopped anywhere.
//!
//! Each operation of the simulated services is carried out at once and completes one step later. A handler that is dropped
//! in between has taken effect without knowing it, as after a crash.

use std::task::Poll;
use std::time::Duration;

use papo_lambdas::clock::Clock;

/// Completes when it is polled for the second time.
pub async fn step() {
    let mut polled = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut polled, true) {
            Poll::Ready(())
        } else {
            // Collections of futures poll only those that were woken.
            context.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await;
}

/// A [`Clock`] in steps: a back-off takes one step, and time limits never elapse.
#[derive(Clone, Copy, Debug, Default)]
pub struct StepClock;

/// The longest back-off in the back end. A longer sleep is a time limit.
const MAX_BACK_OFF: Duration = Duration::from_millis(2_400);

impl Clock for StepClock {
    async fn sleep(&self, duration: Duration) {
        if duration > MAX_BACK_OFF {
            std::future::pending::<()>().await;
        }
        step().await;
    }

    fn jitter(&self) -> f64 {
        0.5
    }
}
