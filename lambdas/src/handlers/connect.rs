//! `$connect`: writes the connection row.
//!
//! API Gateway completes the handshake only after the row is written, so every open connection has a row.

use papo_protocol::RoomName;

use crate::connections::{PutConnection, Row};
use crate::error::Error;
use crate::event::{RequestContext, Response};
use crate::rate_limit::{Budget, Charge, CountCharges, RateLimiter};

/// What a client asks for.
#[derive(Debug)]
pub struct Handshake<'a> {
    /// The connection, the client and the time.
    pub context: &'a RequestContext,
    /// The `?room=`.
    pub room: Option<String>,
    /// Whether the client offers our sub-protocol, which is then selected.
    pub offers_protocol: bool,
}

/// Handles the event. The handshake is rejected with 400 if the room has an invalid name, with 403 if the client may not enter
/// it, and with 429 if its person has connected too often.
///
/// # Errors
///
/// [`Error`] if the row could not be written, which rejects the handshake with 502.
pub async fn handle(
    connections: &impl PutConnection,
    counter: &impl CountCharges,
    rate_limiter: &RateLimiter,
    handshake: Handshake<'_>,
) -> Result<Response, Error> {
    let Handshake {
        context,
        room,
        offers_protocol,
    } = handshake;
    let Ok(room) = room.map_or_else(|| Ok(RoomName::default()), RoomName::parse) else {
        tracing::info!("rejected: invalid room");
        return Ok(Response::BAD_REQUEST);
    };
    // The authorizer has checked it too, but it reads another event.
    if !context.may_read(&room) {
        tracing::info!("rejected: room");
        return Ok(Response::FORBIDDEN);
    }
    let charge = Charge {
        budget: Budget::Connecting,
        recipients: 1,
    };
    if let Err(refusal) = rate_limiter.charge(counter, context, charge).await {
        tracing::info!(
            code = refusal.code.as_str(),
            "rejected: too many handshakes"
        );
        return Ok(Response::TOO_MANY_REQUESTS);
    }
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
