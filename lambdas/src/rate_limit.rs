//! Limits what one person can make the back end spend in a minute, and what they can write in five seconds.
//!
//! A request is charged by what it costs: a message by its number of recipients, everything else a fixed amount. The counter
//! is one item per person, minute and [`Budget`]; a person is the signed-in user, or the address of an anonymous client. When the budget
//! is used up, requests are refused with `rateLimited` and the time until the next minute. If the counter cannot be updated,
//! the request is allowed: a limit must not stop the chat.
//!
//! Writers of a room wait for each other's commits (see [`crate::append`]), so the budget of a minute, spent at once, would
//! delay everyone for seconds. A twelfth of it can be used in any window of five seconds, and all but the first requests of a
//! window wait, so that they do not compete for the log all at once. A process that has refused a request refuses all later ones
//! of that window or minute without counting them.
//!
//! Pings, malformed frames and refused ones are not charged. A connection that sends too many of them is closed, which is charged
//! to the person's handshakes: otherwise, a flood could go on over another connection.

mod counter;
mod refusals;
mod room_sizes;
mod uncharged;

use std::num::NonZeroU32;
use std::str::FromStr;
use std::time::Duration;

use papo_protocol::{ErrorCode, ErrorEvent};

use crate::event::RequestContext;
pub use counter::{ChargeTime, Charged, CountCharges};
use counter::{MINUTE_MS, WINDOW_MS};
use refusals::Refusals;
pub use room_sizes::RoomSizes;
use uncharged::{Tolerance, Uncharged};

/// The part of the budget for writing that can be used in a window.
const BURST_SHARE: u64 = 12;

/// What can be used in a window at least, unless the whole budget is smaller: 20 messages in a small room.
const MIN_BURST: u64 = 1_000;

/// How many requests of a window do not wait.
const UNPACED: u64 = 6;

/// The time between two requests that wait: longer than a commit, so that others can commit in between.
const PACE: Duration = Duration::from_millis(25);

/// The longest wait.
const MAX_WAIT: Duration = Duration::from_secs(2);

/// How many connections of a person may be closed for a flood in a minute before further ones are refused.
const FLOODS: u32 = 4;

/// The charge of a request with one recipient. A message is charged one more for each recipient.
const BASE_CHARGE: u32 = 50;

/// What a request is charged to. All budgets are of the same size; each is counted by itself, so that someone who reads old
/// messages or reconnects often can still write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Budget {
    /// Messages, edits, deletions, reactions and typing.
    Writing,
    /// Pages of history, and heads.
    Reading,
    /// Introductions and resumptions.
    Joining,
    /// Handshakes.
    Connecting,
}

impl Budget {
    /// The key of the counter of `subject`.
    fn key(self, subject: &str) -> String {
        match self {
            Self::Writing => subject.to_owned(),
            Self::Reading => format!("{subject}#reading"),
            Self::Joining => format!("{subject}#joining"),
            Self::Connecting => format!("{subject}#connecting"),
        }
    }
}

/// What a request is charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Charge {
    /// What it is charged to.
    pub budget: Budget,
    /// How many recipients it has.
    pub recipients: u32,
}

/// What to do with a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Handle it after this delay.
    After(Duration),
    /// Refuse it.
    Refused(ErrorEvent),
    /// Close its connection, which floods.
    Flood,
}

/// The size of a budget of one person in one minute. `None`: unlimited.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimit(Option<NonZeroU32>);

/// A setting is not a valid [`RateLimit`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("RATE_LIMIT must be a whole number, 0 for no limit; set RateLimit in template.yaml")]
pub struct InvalidRateLimit;

impl FromStr for RateLimit {
    type Err = InvalidRateLimit;

    fn from_str(limit: &str) -> Result<Self, InvalidRateLimit> {
        let limit: u32 = limit.parse().map_err(|_| InvalidRateLimit)?;
        Ok(Self(NonZeroU32::new(limit)))
    }
}

/// What a process knows about limits.
#[derive(Debug, Default)]
pub struct RateLimiter {
    limit: RateLimit,
    /// Estimates what a broadcast costs.
    pub room_sizes: RoomSizes,
    refusals: Refusals,
    uncharged: Uncharged,
}

impl RateLimiter {
    /// Of a process that has handled nothing yet.
    pub fn new(limit: RateLimit) -> Self {
        Self {
            limit,
            ..Self::default()
        }
    }

    /// Decides what to do with a frame. `charge` is `None` for pings and malformed frames.
    pub async fn admit(
        &self,
        counter: &impl CountCharges,
        context: &RequestContext,
        charge: Option<Charge>,
    ) -> Admission {
        let Some(limit) = self.limit.0 else {
            return Admission::After(Duration::ZERO);
        };
        let uncharged = match charge {
            None => Admission::After(Duration::ZERO),
            Some(charge) => match self.charge(counter, context, charge).await {
                Ok(wait) => return Admission::After(wait),
                Err(refusal) => Admission::Refused(refusal),
            },
        };
        let at = ChargeTime::new(context.request_time_epoch);
        match self.uncharged.count(&context.connection_id, at.minute) {
            Tolerance::Tolerated => uncharged,
            Tolerance::Exceeded => {
                tracing::warn!("closing a connection that floods");
                let subject = Budget::Connecting.key(&context.subject());
                if let Err(error) = counter.charge(&subject, at, limit.get() / FLOODS).await {
                    tracing::warn!(%error, "the flood could not be charged");
                }
                Admission::Flood
            }
            Tolerance::ExceededBefore => Admission::Flood,
        }
    }

    /// Charges a request. Returns how long to wait before it is handled.
    ///
    /// # Errors
    ///
    /// The refusal if the budget is used up.
    pub async fn charge(
        &self,
        counter: &impl CountCharges,
        context: &RequestContext,
        Charge { budget, recipients }: Charge,
    ) -> Result<Duration, ErrorEvent> {
        let Some(limit) = self.limit.0 else {
            return Ok(Duration::ZERO);
        };
        let now_ms = context.request_time_epoch;
        let subject = budget.key(&context.subject());
        if let Some(until) = self.refusals.until(&subject, now_ms) {
            return Err(rate_limited(until - now_ms));
        }
        let charge = BASE_CHARGE.saturating_add(recipients.saturating_sub(1));
        let at = ChargeTime::new(now_ms);
        match counter.charge(&subject, at, charge).await {
            Ok(charged) => match retry_after(limit, budget, charge, charged, now_ms) {
                Some(retry_after) => {
                    self.refusals.remember(subject, now_ms + retry_after);
                    Err(rate_limited(retry_after))
                }
                None if budget == Budget::Writing => Ok(wait(charge, charged)),
                None => Ok(Duration::ZERO),
            },
            Err(error) => {
                tracing::warn!(%error, "the request could not be charged");
                Ok(Duration::ZERO)
            }
        }
    }
}

/// How long a request that was charged `charge` waits: longer for each one of the window before it.
fn wait(charge: u32, charged: Charged) -> Duration {
    let requests = charged.window / u64::from(charge.max(1));
    let paced = u32::try_from(requests.saturating_sub(UNPACED)).unwrap_or(u32::MAX);
    PACE.saturating_mul(paced).min(MAX_WAIT)
}

/// When a request that was charged `charge` can be repeated, in milliseconds, if it exceeds the limit. The first request of a
/// minute is always allowed, however large the room is.
fn retry_after(
    limit: NonZeroU32,
    budget: Budget,
    charge: u32,
    charged: Charged,
    now_ms: i64,
) -> Option<i64> {
    let limit = u64::from(limit.get());
    let exceeds = |sum: u64, limit: u64| sum > limit.max(charge.into());
    let burst = (limit / BURST_SHARE).max(MIN_BURST);
    if exceeds(charged.minute, limit) {
        Some(MINUTE_MS - now_ms.rem_euclid(MINUTE_MS))
    } else if budget == Budget::Writing && exceeds(charged.window, burst) {
        Some(WINDOW_MS - now_ms.rem_euclid(WINDOW_MS))
    } else {
        None
    }
}

fn rate_limited(retry_after_ms: i64) -> ErrorEvent {
    ErrorEvent {
        retry_after_ms: u32::try_from(retry_after_ms).ok(),
        ..ErrorEvent::new(
            ErrorCode::RateLimited,
            "Too many requests in a short time. Try again later.",
        )
    }
}

#[cfg(test)]
mod tests;
