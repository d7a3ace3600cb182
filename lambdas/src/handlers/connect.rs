//! `$connect`: writes the connection row.
//!
//! API Gateway completes the handshake only after the row is written, so every open connection has a row.

use crate::connections::{PutConnection, Row};
use crate::error::Error;
use crate::event::RequestContext;

/// Handles the event.
///
/// # Errors
///
/// [`Error`] if the row could not be written, which rejects the handshake.
pub async fn handle(
    connections: &impl PutConnection,
    context: &RequestContext,
) -> Result<(), Error> {
    let row = Row::new(context.connection_id.clone(), context.connected_at()?);
    connections.put(&row).await?;
    tracing::info!("connected");
    Ok(())
}
