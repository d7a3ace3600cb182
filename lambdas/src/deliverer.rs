//! Delivers one frame to one connection, with retries.
//!
//! Decides which connection waits for how long: a slow request stops counting against the concurrency limit, a retry does
//! not hold a slot while it waits, and every delivery has a time limit. A slow, throttled or dead connection therefore
//! delays no other. A client that keeps refusing frames is disconnected; it reconnects and catches up from the log.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use papo_protocol::ConnectionId;
use papo_protocol::backoff::Backoff;
use tokio::sync::{Semaphore, SemaphorePermit};

use crate::clock::{Clock, timeout};
use crate::management::{Close, Post, PostError, TransientCause};

/// How many requests run at the same time, not counting slow ones.
///
/// At about 10 ms a request, 64 make 6,000 a second, which is about what the account's API Gateway quota (10,000 requests a
/// second, shared with all other traffic) leaves for one broadcast.
const CONCURRENT_REQUESTS: usize = 64;

/// When a request counts as slow.
///
/// Healthy requests take about 10 ms; the first ones of a process, which open their connections, about 200 ms.
const SLOW_AFTER: Duration = Duration::from_millis(500);

/// Time limit of one delivery with all its retries, from its first request.
///
/// Far below the function's time limit in the template, so that a dead connection does not use it up.
const DELIVERY_LIMIT: Duration = Duration::from_secs(6);

/// How many connections a broadcast closes because their clients do not read; later ones close the others.
///
/// A 429 is about one client, or about an account that has used up its quota (`LimitExceededException` in the reference of the
/// `@connections` API), and nothing tells which. A room of thousands that is throttled as a whole stays connected.
const MAX_CLOSED: usize = 16;

/// How often a delivery is retried, and after how long.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    backoff: Backoff,
    retries: u32,
}

/// For broadcasts: at most 0.7 s of delays. The log repairs what is still missing, so that no invocation waits for one client.
pub(crate) const BROADCAST: RetryPolicy = RetryPolicy {
    backoff: Backoff {
        floor: 0,
        base: 100,
        cap: 400,
    },
    retries: 3,
};

/// For replies, which the client requests again when they do not arrive.
pub(crate) const REPLY: RetryPolicy = RetryPolicy {
    backoff: Backoff {
        floor: 0,
        base: 200,
        cap: 200,
    },
    retries: 1,
};

/// Delivers frames.
#[derive(Debug)]
pub struct Deliverer<'a, G, C> {
    gateway: &'a G,
    clock: &'a C,
    slots: Semaphore,
    /// How many connections were to be closed because they refused frames.
    refusing: AtomicUsize,
}

impl<'a, G: Post, C: Clock> Deliverer<'a, G, C> {
    /// Delivers through `gateway`.
    pub fn new(gateway: &'a G, clock: &'a C) -> Self {
        Self {
            gateway,
            clock,
            slots: Semaphore::new(CONCURRENT_REQUESTS),
            refusing: AtomicUsize::new(0),
        }
    }

    /// The clock that delays retries.
    pub fn clock(&self) -> &'a C {
        self.clock
    }

    /// Posts `frame` to the connection `to`; retries transient failures as `policy` says.
    ///
    /// # Errors
    ///
    /// The last [`PostError`], or a timeout 6 s after the first request.
    ///
    /// # Cancel safety
    ///
    /// If dropped, the client may or may not have received the frame.
    pub async fn deliver(
        &self,
        to: &ConnectionId,
        frame: &str,
        policy: RetryPolicy,
    ) -> Result<(), PostError> {
        // The limit starts with the first request: waiting for a slot does not count.
        let slot = self.slots.acquire().await.ok();
        let attempts = self.retry(slot, to, frame, policy);
        timeout(self.clock, DELIVERY_LIMIT, attempts)
            .await
            .unwrap_or_else(|| {
                Err(PostError::Retryable {
                    cause: TransientCause::TimedOut,
                    detail: format!("no success within {DELIVERY_LIMIT:?}"),
                })
            })
    }

    async fn retry(
        &self,
        mut slot: Option<SemaphorePermit<'_>>,
        to: &ConnectionId,
        frame: &str,
        policy: RetryPolicy,
    ) -> Result<(), PostError> {
        let mut retry = 0;
        loop {
            let mut request = std::pin::pin!(self.gateway.post(to, frame));
            let prompt = timeout(self.clock, SLOW_AFTER, request.as_mut()).await;
            let outcome = if let Some(outcome) = prompt {
                outcome
            } else {
                drop(slot.take());
                request.await
            };
            drop(slot.take());
            let Err(error @ PostError::Retryable { .. }) = outcome else {
                return outcome;
            };
            if retry == policy.retries {
                return Err(error);
            }
            let delay = policy.backoff.delay(retry, self.clock.jitter());
            let delay = Duration::from_millis(delay);
            tracing::debug!(to = to.as_str(), retry, ?delay, %error, "retrying a post");
            self.clock.sleep(delay).await;
            slot = self.slots.acquire().await.ok();
            retry += 1;
        }
    }
}

impl<G: Close, C> Deliverer<'_, G, C> {
    /// Closes the connection `id`.
    ///
    /// # Errors
    ///
    /// As [`Close::close`].
    pub async fn close(&self, id: &ConnectionId) -> Result<(), PostError> {
        self.gateway.close(id).await
    }

    /// Closes a connection that throttled every attempt of a delivery: its client does not read. Other failures say nothing
    /// about the client.
    ///
    /// When API Gateway throttles the whole account instead, it throttles most of these requests too, and of the others, only
    /// [`MAX_CLOSED`] are made.
    pub(crate) async fn close_if_refusing(&self, id: &ConnectionId, error: &PostError) {
        let PostError::Retryable {
            cause: TransientCause::Throttled,
            ..
        } = error
        else {
            return;
        };
        if self.refusing.fetch_add(1, Ordering::Relaxed) >= MAX_CLOSED {
            return;
        }
        let closed = self.gateway.close(id).await;
        let failure = closed.as_ref().err().map(tracing::field::display);
        tracing::warn!(
            to = id.as_str(),
            closed = closed.is_ok(),
            failure,
            "the client does not read its frames"
        );
    }
}
