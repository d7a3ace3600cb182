//! What one asker is told, and nobody else.

use papo_protocol::refusal::ErrorCode;
use papo_protocol::{ConnectionId, Event, Refusal};

use crate::delivery::Courier;
use crate::error::Error;
use crate::pace::Pace;
use crate::push::{Post, PushError};

/// When a client may try again after the table could not be read or written, in milliseconds.
///
/// DynamoDB's throttling passes within seconds; a client adds its own jitter.
const RETRY_AFTER_MS: u32 = 2_000;

/// Says `event` to `asker` alone. That it has left in the meantime is no error.
///
/// # Errors
///
/// [`Error::Push`] if it may be there and does not get it.
pub async fn answer<P: Post, C: Pace>(
    courier: &Courier<'_, P, C>,
    asker: &ConnectionId,
    event: &Event,
) -> Result<(), Error> {
    match courier.deliver(asker, &event.to_json()).await {
        Ok(()) => Ok(()),
        Err(PushError::Gone) => {
            tracing::info!("the asker has left before the answer");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}

/// Nothing was wrong with what was asked for; it makes sense to ask again.
pub fn unavailable(sentence: &str) -> Refusal {
    Refusal {
        retry_after_ms: Some(RETRY_AFTER_MS),
        ..Refusal::new(ErrorCode::Unavailable, sentence)
    }
}
