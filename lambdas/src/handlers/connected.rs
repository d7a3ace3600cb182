//! `connected`: replies with the connection id and the end of the log, then the first page of what the client missed.

use papo_protocol::{Connected, Event, Range, Resume};

use super::{history, reply_unavailable};
use crate::clock::Clock;
use crate::dispatch::Request;
use crate::error::Error;
use crate::management::{Close, Post};
use crate::message_log::{Freshness, MessageLog};

/// Handles the action.
///
/// A client that resumes another log gets no page: its seqs mean other messages. It notices by the epoch.
///
/// # Errors
///
/// [`Error`] if the client could not be answered.
pub async fn handle<S, L: MessageLog, G: Post + Close, C: Clock>(
    request: &Request<'_, S, L, G, C>,
    resume: Option<Resume>,
) -> Result<(), Error> {
    let clock = request.deliverer.clock();
    let now_ms = request.context.request_time_epoch;
    let head = match request.room.head(Freshness::Latest, clock, now_ms).await {
        Ok(head) => head,
        Err(error) => return reply_unavailable(request, error).await,
    };
    let connected = Event::Connected(Connected {
        connection_id: request.context.connection_id.clone(),
        head: Some(head.clone()),
        person_id: None,
        room: None,
    });
    request.reply(&connected).await?;
    tracing::info!("replied with the connection id");
    match resume {
        Some(from) if from.epoch == head.epoch && from.after < head.seq => {
            history::send_page(request, head, Range::After(from.after), None).await
        }
        Some(_) | None => Ok(()),
    }
}
