//! The one place that reads the wall clock.

use jiff::Timestamp;

/// The present, in milliseconds: more is shown nowhere, and equal instants compare equal after a round trip.
pub(crate) fn now() -> Timestamp {
    let now = Timestamp::now();
    Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now)
}
