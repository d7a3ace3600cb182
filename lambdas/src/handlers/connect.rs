//! `$connect`: writes the connection row.
//!
//! API Gateway completes the handshake only after the row is written, so every open connection has a row.

use papo_protocol::RoomName;

use crate::connections::{PutConnection, Row};
use crate::error::Error;
use crate::event::{RequestContext, Response};

/// Handles the event. `room` is the `?room=` of the handshake; an invalid one rejects the handshake with 400.
/// `offers_protocol`: whether the client offers our sub-protocol, which is then selected.
///
/// # Errors
///
/// [`Error`] if the row could not be written, which rejects the handshake with 502.
pub async fn handle(
    connections: &impl PutConnection,
    context: &RequestContext,
    room: Option<String>,
    offers_protocol: bool,
) -> Result<Response, Error> {
    let Ok(room) = room.map_or_else(|| Ok(RoomName::default()), RoomName::parse) else {
        tracing::info!("rejected: invalid room");
        return Ok(Response::BAD_REQUEST);
    };
    let id = context.connection_id.clone();
    let row = Row {
        token_expires_at: context.token_expires_at(),
        ..Row::new(id, room, context.connected_at()?)
    };
    connections.put(&row).await?;
    tracing::info!(room = row.room.as_str(), "connected");
    Ok(if offers_protocol {
        Response::OK_WITH_PROTOCOL
    } else {
        Response::OK
    })
}
