//! `sendMessage`: appends a message to the log and broadcasts it.
//!
//! A message that is in the log already is answered to its sender only: the others have it, or notice that it is missing.
//! An incomplete broadcast is logged and does not fail the invocation, because API Gateway would send the sender a second,
//! anonymous error frame.

use std::time::SystemTime;

use jiff::Timestamp;
use papo_protocol::ErrorCode;
use papo_protocol::{ClientMessageId, ErrorEvent, Event, Message, MessageText};

use crate::append::{AppendError, Appended, append};
use crate::broadcast::broadcast;
use crate::clock::Clock;
use crate::connections::{DeleteConnection, ListRoom, Listed};
use crate::dispatch::Request;
use crate::error::Error;
use crate::event::{RequestContext, time_left};
use crate::management::{Close, Post};
use crate::message_log::MessageLog;
use crate::reply::unavailable;

/// Handles the action.
///
/// # Errors
///
/// [`Error`] if the event is incomplete or the sender could not be answered.
pub async fn handle<S, L, G, C>(
    request: &Request<'_, S, L, G, C>,
    text: MessageText,
    client_message_id: Option<ClientMessageId>,
) -> Result<(), Error>
where
    S: ListRoom + DeleteConnection,
    L: MessageLog,
    G: Post + Close,
    C: Clock,
{
    let message = message(request.context, text, client_message_id)?;
    let left = time_left(request.lambda, SystemTime::now());
    let clock = request.deliverer.clock();
    match append(&request.room, clock, &message, left).await {
        Ok(Appended::New(stored)) => broadcast_message(request, stored).await,
        Ok(Appended::Duplicate(stored) | Appended::Expired(stored)) => {
            tracing::info!(seq = stored.seq, "sent again");
            request.reply(&Event::Message(stored)).await
        }
        Ok(Appended::IdInUse) => {
            let sentence = "Another message has this clientMessageId. Give each message its own.";
            let refusal = ErrorEvent::new(ErrorCode::InvalidClientMessageId, sentence);
            tracing::info!(code = refusal.code.as_str(), "refused");
            let refusal = refusal.about(message.client_message_id);
            request.reply(&Event::Error(refusal)).await
        }
        Err(error) => reply_not_sent(request, message.client_message_id, error).await,
    }
}

fn message(
    context: &RequestContext,
    text: MessageText,
    client_message_id: Option<ClientMessageId>,
) -> Result<Message, Error> {
    let message_id = context.message_id.clone();
    Ok(Message {
        connection_id: context.connection_id.clone(),
        message: text.into(),
        message_id: message_id.ok_or(Error::IncompleteEvent { field: "messageId" })?,
        request_time_epoch: context.request_time_epoch,
        seq: None,
        client_message_id,
        person_id: None,
        name: None,
        reply_to: None,
        deleted: false,
    })
}

async fn broadcast_message<S, L, G, C>(
    request: &Request<'_, S, L, G, C>,
    stored: Message,
) -> Result<(), Error>
where
    S: ListRoom + DeleteConnection,
    G: Post + Close,
    C: Clock,
{
    let seq = stored.seq;
    let frame = Event::Message(stored).to_json();
    let sender = Listed {
        connection_id: request.context.connection_id.clone(),
        connected_at: Some(request.context.connected_at()?),
        token_expires_at: request.context.token_expires_at(),
    };
    let now = request.context.requested_at()?;
    let left = time_left(request.lambda, SystemTime::now());
    let (connections, deliverer) = (request.connections, &request.deliverer);
    let room = &request.room.id;
    let report = broadcast(connections, room, deliverer, &frame, sender, now, left).await;
    let since_request = Timestamp::now().duration_since(now);
    report.log(
        seq,
        i64::try_from(since_request.as_millis()).unwrap_or(i64::MAX),
    );
    request
        .room_sizes
        .observe(room, report.reached + report.failed);
    Ok(())
}

/// No client has received the message. It may be in the log; sent again with the same `clientMessageId`, it is there once.
async fn reply_not_sent<S, L, G: Post + Close, C: Clock>(
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
