//! `ping`: replies with the end of the log.

use papo_protocol::{Event, Pong};

use crate::clock::Clock;
use crate::connections::ListRoom;
use crate::error::Error;
use crate::management::{Close, Post};
use crate::message_log::{BeginLog, Freshness, ReadHead};
use crate::request::Request;

/// Handles the action.
///
/// The head is read from a replica, at half the price: if it lags behind, the client learns a little later that it missed
/// something. Clients ignore a head below their own. A client that has introduced itself also learns how many people are in
/// the room.
///
/// # Errors
///
/// [`Error`] if the client could not be answered.
pub async fn handle<S: ListRoom, L: ReadHead + BeginLog, G: Post + Close, C: Clock>(
    request: &Request<'_, S, L, G, C>,
) -> Result<(), Error> {
    let clock = request.deliverer.clock();
    let now_ms = request.context.request_time_epoch;
    match request.room.head(Freshness::Recent, clock, now_ms).await {
        Ok(head) => {
            let presence = match &request.person {
                Some(_) => request.presence().await,
                None => None,
            };
            let people_count = presence.map(|presence| presence.count());
            let pong = Event::Pong(Pong { head, people_count });
            request.reply(&pong).await?;
            tracing::debug!("replied to a ping");
            Ok(())
        }
        Err(error) => request.reply_unavailable(error).await,
    }
}
