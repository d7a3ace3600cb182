//! Appends an entry to the log and broadcasts it, unless the reader of the table's stream does; see [`crate::fanout`].
//!
//! An entry that is sent again is sent to its author only: all other clients have it, or notice that it is missing.
//! An incomplete broadcast is logged and does not fail the invocation, because API Gateway would send the author a second,
//! anonymous error frame.

use std::time::SystemTime;

use papo_protocol::{ClientMessageId, Epoch, ErrorCode, ErrorEvent, Event, LogEntry};

use crate::append::{AppendError, Appended, TargetRefusal, append};
use crate::broadcast::{Broadcast, Frames};
use crate::clock::Clock;
use crate::connections::{DeleteConnection, ListRoom, Listed};
use crate::error::Error;
use crate::event::time_left;
use crate::fanout::Fanout;
use crate::management::{Close, Post};
use crate::message_log::MessageLog;
use crate::reply::unavailable;
use crate::request::Request;

/// Appends `entry`, whose seq is ignored, and broadcasts it. `epoch` is as for [`append`].
///
/// # Errors
///
/// [`Error`] if the event is incomplete or the author could not be answered.
pub(crate) async fn append_and_broadcast<S, L, G, C>(
    request: &Request<'_, S, L, G, C>,
    entry: LogEntry,
    epoch: Option<&Epoch>,
) -> Result<(), Error>
where
    S: ListRoom + DeleteConnection,
    L: MessageLog,
    G: Post + Close,
    C: Clock,
{
    let now_ms = request.context.request_time_epoch;
    let left = time_left(request.lambda, SystemTime::now());
    let clock = request.deliverer.clock();
    let id = entry.client_message_id().cloned();
    match append(&request.room, clock, &entry, epoch, now_ms, left).await {
        Ok(Appended::New(stored)) => match request.fanout {
            // Boxed, because the future of a broadcast is large.
            Fanout::Direct => Box::pin(broadcast_entry(request, stored)).await,
            Fanout::Stream => {
                tracing::info!(seq = stored.seq(), "appended");
                Ok(())
            }
        },
        Ok(Appended::Duplicate(stored) | Appended::Expired(stored)) => {
            tracing::info!(seq = stored.seq(), "sent again");
            request.reply(&Event::from(stored)).await
        }
        Ok(Appended::IdInUse) => {
            let sentence = "Another message has this clientMessageId. Give each message its own.";
            let error = ErrorEvent::new(ErrorCode::InvalidClientMessageId, sentence);
            request.refuse(error.about(id)).await
        }
        Ok(Appended::Refused(refusal)) => request.refuse(refusal_event(refusal).about(id)).await,
        Err(error) => reply_not_appended(request, id, error).await,
    }
}

fn refusal_event(refusal: TargetRefusal) -> ErrorEvent {
    let (code, sentence) = match refusal {
        TargetRefusal::Unknown => (ErrorCode::UnknownMessage, "There is no such message."),
        TargetRefusal::OtherLog => (
            ErrorCode::UnknownMessage,
            "The message is in another log, which is no longer kept.",
        ),
        TargetRefusal::NotAuthor => (
            ErrorCode::NotAuthor,
            "Only the author can edit or delete a message.",
        ),
        TargetRefusal::Deleted => (ErrorCode::MessageDeleted, "The message was deleted."),
        TargetRefusal::EditedTooOften => (
            ErrorCode::InvalidTarget,
            "The message has been edited too often.",
        ),
    };
    ErrorEvent::new(code, sentence)
}

async fn broadcast_entry<S, L, G, C>(
    request: &Request<'_, S, L, G, C>,
    stored: LogEntry,
) -> Result<(), Error>
where
    S: ListRoom + DeleteConnection,
    G: Post + Close,
    C: Clock,
{
    let seq = stored.seq();
    let frames = Frames::new(&Event::from(stored));
    let author = Listed {
        connection_id: request.context.connection_id.clone(),
        connected_at: Some(request.context.connected_at()?),
        token_expires_at: request.context.token_expires_at(),
        person: request.person.clone(),
    };
    let now = request.context.requested_at()?;
    let room = &request.room.id;
    let broadcast = Broadcast {
        connections: request.connections,
        deliverer: &request.deliverer,
        frames: &frames,
        now,
        time_left: time_left(request.lambda, SystemTime::now()),
    };
    let report = broadcast.to_room(room, Some(author)).await;
    report.log(seq, now);
    let recipients = report.reached + report.skipped + report.failed;
    request.room_sizes.observe(room, recipients);
    Ok(())
}

/// Replies that no client has received the entry. It may be in the log; sent again with the same `clientMessageId`, it is stored
/// once.
async fn reply_not_appended<S, L, G: Post + Close, C: Clock>(
    request: &Request<'_, S, L, G, C>,
    client_message_id: Option<ClientMessageId>,
    error: AppendError,
) -> Result<(), Error> {
    tracing::error!(%error, "the append failed");
    let refusal = unavailable("The message could not be sent. Try again in a moment.");
    let refusal = Event::Error(refusal.about(client_message_id));
    let replied = request.reply(&refusal).await;
    replied.map_err(|reply_error| match error {
        AppendError::Store(error) => error.into(),
        AppendError::Deadline => reply_error,
    })
}
