//! `$disconnect`: deletes the connection row.
//!
//! API Gateway delivers this event on a best-effort basis. Rows that remain are deleted by the next broadcast, the
//! clean-up, or their time to live.

use crate::connections::DeleteConnection;
use crate::error::Error;
use crate::event::{RequestContext, Response};

/// Handles the event.
///
/// # Errors
///
/// [`Error`] if the row could not be deleted.
pub async fn handle(
    connections: &impl DeleteConnection,
    context: &RequestContext,
) -> Result<Response, Error> {
    connections.delete(&context.connection_id).await?;
    tracing::info!(closeCode = context.disconnect_status_code, "disconnected");
    Ok(Response::OK)
}
