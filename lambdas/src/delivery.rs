//! One frame to one connection, tried again where that makes sense.
//!
//! Decides who waits how long: a request that is not answered promptly stops counting among the busy ones, a retry waits
//! without counting, and the whole delivery has an end. So one slow, throttled or dead connection delays nobody else.

use std::time::Duration;

use papo_protocol::ConnectionId;
use tokio::sync::Semaphore;

use crate::back_off::BackOff;
use crate::pace::{Pace, within};
use crate::push::{Post, PushError, Trouble};

/// How many requests are under way at the same time, those that are slow not counted.
///
/// At some 10 ms a request, 64 make 6,000 a second, which is about what the account's quota for API Gateway (10,000 requests
/// a second, shared with everything else) leaves for one broadcast.
const BUSY_REQUESTS: usize = 64;

/// After how long a request counts as slow.
///
/// Healthy requests take some 10 ms, and the first ones of a process, which open their connections, some 200 ms.
const PROMPT: Duration = Duration::from_millis(500);

/// How long one delivery may take with all its retries, counted from its first request.
///
/// Far below the function's time limit in the template, so that a dead connection does not use it up.
const DELIVERY_LIMIT: Duration = Duration::from_secs(6);

/// Waits up to 4 s in sum and 2 s on average: enough for a burst over the quota to pass.
const BACK_OFF: BackOff = BackOff {
    floor: Duration::from_millis(100),
    ceiling: Duration::from_secs(2),
    retries: 6,
};

/// Delivers frames.
#[derive(Debug)]
pub struct Courier<'a, P, C> {
    push: &'a P,
    pace: &'a C,
    busy: Semaphore,
}

impl<'a, P: Post, C: Pace> Courier<'a, P, C> {
    /// Delivers through `push`, and waits as `pace` does.
    pub fn new(push: &'a P, pace: &'a C) -> Self {
        Self {
            push,
            pace,
            busy: Semaphore::new(BUSY_REQUESTS),
        }
    }

    /// Waits as this courier does.
    pub fn pace(&self) -> &'a C {
        self.pace
    }

    /// Hands `frame` to the connection `to`; tries again after what passes.
    ///
    /// # Errors
    ///
    /// The last [`PushError`], or a time-out 6 s after the first request.
    ///
    /// # Cancel safety
    ///
    /// Dropping it leaves open whether the client got the frame.
    pub async fn deliver(&self, to: &ConnectionId, frame: &str) -> Result<(), PushError> {
        // The limit counts from the first request: waiting for one's turn is nobody's fault.
        let turn = self.busy.acquire().await.ok();
        let tries = self.try_until_done(turn, to, frame);
        within(self.pace, DELIVERY_LIMIT, tries)
            .await
            .unwrap_or_else(|| {
                Err(PushError::Retryable {
                    cause: Trouble::TimedOut,
                    detail: format!("{DELIVERY_LIMIT:?} were not enough for all tries"),
                })
            })
    }

    async fn try_until_done(
        &self,
        mut turn: Option<tokio::sync::SemaphorePermit<'_>>,
        to: &ConnectionId,
        frame: &str,
    ) -> Result<(), PushError> {
        for retry in 0.. {
            let mut request = std::pin::pin!(self.push.post(to, frame));
            let prompt = within(self.pace, PROMPT, request.as_mut()).await;
            let answer = if let Some(answer) = prompt {
                answer
            } else {
                drop(turn.take());
                request.await
            };
            drop(turn.take());
            let Err(error @ PushError::Retryable { .. }) = answer else {
                return answer;
            };
            let Some(delay) = BACK_OFF.delay(retry, self.pace.random()) else {
                return Err(error);
            };
            tracing::debug!(to = to.as_str(), retry, ?delay, %error, "a post is tried again");
            self.pace.sleep(delay).await;
            turn = self.busy.acquire().await.ok();
        }
        Ok(())
    }
}
