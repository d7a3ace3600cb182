//! Frames to the client that sent the request, and to no other.

use papo_protocol::{ConnectionId, ErrorCode, ErrorEvent, Event};

use crate::clock::Clock;
use crate::deliverer::{Deliverer, REPLY};
use crate::error::Error;
use crate::management::{Close, Post, PostError};

/// When a client may retry after a table was unavailable, in milliseconds.
///
/// DynamoDB's throttling passes within seconds; clients add their own jitter.
const RETRY_AFTER_MS: u32 = 2_000;

/// Sends `event` to `client`.
///
/// Succeeds if the client has disconnected or does not read its frames: it asks again when it is back.
///
/// # Errors
///
/// [`Error::Post`] after any other failure.
pub(crate) async fn reply<G: Post + Close, C: Clock>(
    deliverer: &Deliverer<'_, G, C>,
    client: &ConnectionId,
    event: &Event,
) -> Result<(), Error> {
    match deliverer.deliver(client, &event.to_json(), REPLY).await {
        Ok(()) => Ok(()),
        Err(PostError::Gone) => {
            tracing::info!("the client disconnected before the reply");
            Ok(())
        }
        Err(error @ PostError::Retryable { .. }) => {
            tracing::warn!(%error, "the client did not take the reply");
            deliverer.close_if_refusing(client, &error).await;
            Ok(())
        }
        Err(error @ PostError::Permanent { .. }) => Err(error.into()),
    }
}

/// A refusal of a valid request that may succeed later.
pub(crate) fn unavailable(sentence: &str) -> ErrorEvent {
    ErrorEvent {
        retry_after_ms: Some(RETRY_AFTER_MS),
        ..ErrorEvent::new(ErrorCode::Unavailable, sentence)
    }
}
