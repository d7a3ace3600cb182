//! Limits what one person can make the back end spend in a minute.
//!
//! A request is charged by what it costs: a message by its number of recipients, everything else a fixed amount. The counter
//! is one item per person, minute and [`Budget`]; a person is the signed-in user, or the address of an anonymous client. When the budget
//! is used up, requests are refused with `rateLimited` and the time until the next minute. If the counter cannot be updated,
//! the request is allowed: a limit must not stop the chat.

use std::collections::HashMap;
use std::future::Future;
use std::num::NonZeroU32;
use std::str::FromStr;
use std::sync::{Mutex, PoisonError};

use papo_protocol::{ErrorCode, ErrorEvent, RoomName};

use crate::error::StoreError;
use crate::event::RequestContext;

const MINUTE_MS: i64 = 60_000;

/// The charge of a request with one recipient. A message is charged one more for each recipient.
const BASE_CHARGE: u32 = 50;

/// How many rooms [`RoomSizes`] remembers.
const REMEMBERED_ROOMS: usize = 1_000;

/// Counts charges.
pub trait CountCharges: Sync {
    /// Adds `charge` to the counter of `subject` in `minute` (minutes since 1970), and returns the sum.
    ///
    /// # Errors
    ///
    /// [`StoreError`]; the charge may have been added nevertheless.
    fn charge(
        &self,
        subject: &str,
        minute: i64,
        charge: u32,
    ) -> impl Future<Output = Result<u64, StoreError>> + Send;
}

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
}

impl Budget {
    /// The key of the counter of `subject`.
    fn key(self, subject: &str) -> String {
        match self {
            Self::Writing => subject.to_owned(),
            Self::Reading => format!("{subject}#reading"),
            Self::Joining => format!("{subject}#joining"),
        }
    }
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

impl RateLimit {
    /// Charges a request with `recipients` recipients to `budget`. Returns the refusal if it is used up.
    pub async fn refusal(
        self,
        counter: &impl CountCharges,
        context: &RequestContext,
        budget: Budget,
        recipients: u32,
    ) -> Option<ErrorEvent> {
        let limit = self.0?;
        let now_ms = context.request_time_epoch;
        let minute = now_ms.div_euclid(MINUTE_MS);
        let charge = BASE_CHARGE.saturating_add(recipients.saturating_sub(1));
        let subject = budget.key(context.subject());
        match counter.charge(&subject, minute, charge).await {
            // The first request of a minute is always allowed, however large the room is.
            Ok(sum) if sum <= u64::from(limit.get()).max(charge.into()) => None,
            Ok(_) => Some(rate_limited(MINUTE_MS - now_ms.rem_euclid(MINUTE_MS))),
            Err(error) => {
                tracing::warn!(%error, "the request could not be charged");
                None
            }
        }
    }
}

fn rate_limited(retry_after_ms: i64) -> ErrorEvent {
    ErrorEvent {
        retry_after_ms: u32::try_from(retry_after_ms).ok(),
        ..ErrorEvent::new(
            ErrorCode::RateLimited,
            "Too many requests in this minute. Try again later.",
        )
    }
}

/// How many recipients the last broadcast of this process had in each room: the estimate for the next charge.
#[derive(Debug, Default)]
pub struct RoomSizes(Mutex<HashMap<RoomName, u32>>);

impl RoomSizes {
    /// The estimate for `room`; 1 if this process has not broadcast there.
    pub fn estimate(&self, room: &RoomName) -> u32 {
        let sizes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sizes.get(room).copied().unwrap_or(1)
    }

    /// Remembers how many recipients a broadcast had.
    pub fn observe(&self, room: &RoomName, recipients: usize) {
        let mut sizes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sizes.len() >= REMEMBERED_ROOMS && !sizes.contains_key(room) {
            sizes.clear();
        }
        let recipients = u32::try_from(recipients).unwrap_or(u32::MAX);
        sizes.insert(room.clone(), recipients);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_limit_is_a_whole_number() {
        assert_eq!("0".parse(), Ok(RateLimit(None)));
        assert_eq!("6000".parse(), Ok(RateLimit(NonZeroU32::new(6_000))));
        for bad in ["", "-1", "1.5", "many"] {
            assert_eq!(bad.parse::<RateLimit>(), Err(InvalidRateLimit), "{bad}");
        }
    }

    #[test]
    fn room_sizes_stay_bounded() {
        let sizes = RoomSizes::default();
        for n in 0..10 * REMEMBERED_ROOMS {
            sizes.observe(&RoomName::parse(n.to_string()).unwrap(), n);
        }
        assert!(sizes.0.lock().unwrap().len() <= REMEMBERED_ROOMS);
        assert_eq!(sizes.estimate(&RoomName::default()), 1);
    }
}
