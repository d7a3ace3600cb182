//! `history`: replies with a page of the log.

use papo_protocol::{Event, Position, Range};

use crate::clock::Clock;
use crate::error::Error;
use crate::history::read_page;
use crate::management::{Close, Post};
use crate::message_log::{Freshness, MessageLog};
use crate::request::Request;

/// Handles the action.
///
/// # Errors
///
/// [`Error`] if the client could not be answered.
pub async fn handle<S, L: MessageLog, G: Post + Close, C: Clock>(
    request: &Request<'_, S, L, G, C>,
    range: Range,
    limit: Option<u16>,
) -> Result<(), Error> {
    let clock = request.deliverer.clock();
    let now_ms = request.context.request_time_epoch;
    match request.room.head(Freshness::Latest, clock, now_ms).await {
        Ok(head) => send_page(request, head, range, limit).await,
        Err(error) => request.reply_unavailable(error).await,
    }
}

/// Sends one page of a log that ends at `head`.
///
/// # Errors
///
/// As [`handle`].
pub(crate) async fn send_page<S, L: MessageLog, G: Post + Close, C: Clock>(
    request: &Request<'_, S, L, G, C>,
    head: Position,
    range: Range,
    limit: Option<u16>,
) -> Result<(), Error> {
    let now_ms = request.context.request_time_epoch;
    match read_page(&request.room, head, range, limit, now_ms).await {
        Ok(page) => {
            let (messages, complete) = (page.messages.len(), page.complete);
            request.reply(&Event::History(page)).await?;
            tracing::info!(messages, complete, "sent a page of history");
            Ok(())
        }
        Err(error) => request.reply_unavailable(error).await,
    }
}
