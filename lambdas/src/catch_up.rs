//! What a client missed: the answers to `connected`, `history` and `ping`.
//!
//! Nothing is written here but a log's beginning, so every answer may be lost and asked for again.

use papo_protocol::{Event, Position, Range};

use crate::answer::{answer, unavailable};
use crate::delivery::Courier;
use crate::error::Error;
use crate::event::RequestContext;
use crate::history::page;
use crate::pace::Pace;
use crate::push::Post;
use crate::room::{BeginLog, Freshness, Log, ReadHead, Room};
use crate::store::StoreError;

/// Answers `connected`: the asker's own id and where the log ends; then the first page of what it missed.
///
/// Who resumes another log gets no page: its numbers mean other messages there. It sees that from the epoch.
///
/// # Errors
///
/// [`Error`] if the asker could not be answered.
pub async fn connected<P: Post, C: Pace>(
    room: &Room<impl Log>,
    courier: &Courier<'_, P, C>,
    about: &RequestContext,
    resume: Option<Position>,
) -> Result<(), Error> {
    let asker = &about.connection_id;
    let now_ms = about.request_time_epoch;
    let head = match room.head(Freshness::Latest, courier.pace(), now_ms).await {
        Ok(head) => head,
        Err(error) => return apologise(courier, about, error).await,
    };
    let hello = Event::Connected {
        connection_id: asker.clone(),
        head: Some(head.clone()),
    };
    answer(courier, asker, &hello).await?;
    tracing::info!("told its id");
    match resume {
        Some(from) if from.epoch == head.epoch && from.seq < head.seq => {
            turn(room, courier, about, head, Range::After(from.seq), None).await
        }
        Some(_) | None => Ok(()),
    }
}

/// Answers `history`.
///
/// # Errors
///
/// As [`connected`].
pub async fn history<P: Post, C: Pace>(
    room: &Room<impl Log>,
    courier: &Courier<'_, P, C>,
    about: &RequestContext,
    range: Range,
    limit: Option<u16>,
) -> Result<(), Error> {
    let now_ms = about.request_time_epoch;
    match room.head(Freshness::Latest, courier.pace(), now_ms).await {
        Ok(head) => turn(room, courier, about, head, range, limit).await,
        Err(error) => apologise(courier, about, error).await,
    }
}

/// Answers `ping`.
///
/// The head need not be the latest, which costs half: one that lags behind only delays what the next ping or the next
/// message tells. It can be lower than what the client has, and means nothing then.
///
/// # Errors
///
/// As [`connected`].
pub async fn ping<P: Post, C: Pace>(
    room: &Room<impl ReadHead + BeginLog>,
    courier: &Courier<'_, P, C>,
    about: &RequestContext,
) -> Result<(), Error> {
    let now_ms = about.request_time_epoch;
    match room.head(Freshness::Recent, courier.pace(), now_ms).await {
        Ok(head) => {
            answer(courier, &about.connection_id, &Event::Pong { head }).await?;
            tracing::debug!("answered a ping");
            Ok(())
        }
        Err(error) => apologise(courier, about, error).await,
    }
}

/// Sends one page.
async fn turn<P: Post, C: Pace>(
    room: &Room<impl Log>,
    courier: &Courier<'_, P, C>,
    about: &RequestContext,
    head: Position,
    range: Range,
    limit: Option<u16>,
) -> Result<(), Error> {
    match page(room, head, range, limit, about.request_time_epoch).await {
        Ok(history) => {
            let (messages, complete) = (history.messages.len(), history.complete);
            answer(courier, &about.connection_id, &Event::History(history)).await?;
            tracing::info!(messages, complete, "sent a page of history");
            Ok(())
        }
        Err(error) => apologise(courier, about, error).await,
    }
}

/// Says that the log cannot be read now. If that cannot be said either, the log's error is the invocation's.
async fn apologise<P: Post, C: Pace>(
    courier: &Courier<'_, P, C>,
    about: &RequestContext,
    why: StoreError,
) -> Result<(), Error> {
    tracing::error!(error = %why, "the log could not be read");
    let refusal = unavailable("The messages could not be read. Try again in a moment.");
    let told = answer(courier, &about.connection_id, &Event::Error(refusal)).await;
    told.map_err(|_| why.into())
}
