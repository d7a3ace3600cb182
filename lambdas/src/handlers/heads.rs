//! `heads`: replies with the ends of the logs of several rooms, for unread counts.

use futures::future::try_join_all;
use papo_protocol::{Event, Heads, RoomHead, RoomName};

use crate::clock::Clock;
use crate::error::Error;
use crate::management::{Close, Post};
use crate::message_log::{Freshness, ReadHead};
use crate::request::Request;

/// Handles the action.
///
/// Costs half a read unit for each room. Does not begin a log; a room that the user may not enter looks like one without a log.
///
/// # Errors
///
/// [`Error`] if the client could not be answered.
pub async fn handle<S, L: ReadHead, G: Post + Close, C: Clock>(
    request: &Request<'_, S, L, G, C>,
    rooms: Vec<RoomName>,
) -> Result<(), Error> {
    let heads = rooms.into_iter().map(async |room| {
        let head = if request.context.may_read(&room) {
            request.room.log.head(&room, Freshness::Recent).await?
        } else {
            None
        };
        let (epoch, head) = head.map_or((None, 0), |head| (Some(head.epoch), head.seq));
        Ok(RoomHead { room, epoch, head })
    });
    match try_join_all(heads).await {
        Ok(rooms) => request.reply(&Event::Heads(Heads { rooms })).await,
        Err(error) => request.reply_unavailable(error).await,
    }
}
