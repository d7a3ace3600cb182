//! Everything that a client says: `connected`, `sendMessage`, and what no route takes.
//!
//! All three routes take the same way, because the frame says what it is better than the route does: API Gateway reads
//! frames more leniently than JSON allows and routes `{action: "sendMessage"}` to `sendMessage`.
//!
//! Whoever says something hears exactly one thing about it: the answer, one's own message back, or an error. Nothing is
//! said through the function's return value. A broadcast that did not get to everybody is an error in the log; the
//! invocation fails only if the sender could not be told, because API Gateway makes a second and anonymous error frame out
//! of a failed invocation.

use std::time::{Duration, SystemTime};

use jiff::Timestamp;
use lambda_runtime::LambdaEvent;
use papo_protocol::refusal::ErrorCode;
use papo_protocol::{Action, ClientMessageId, ConnectionId, Event, Message, MessageText, Refusal};
use tracing::Instrument;

use crate::broadcast::{Interruption, Report, broadcast};
use crate::delivery::Courier;
use crate::error::Error;
use crate::event::{Done, RequestContext, WebSocketEvent, time_left};
use crate::pace::Pace;
use crate::push::{Post, PushError};
use crate::store::{ListConnections, RemoveConnection};

/// When a client may try again after the table could not be read, in milliseconds.
///
/// DynamoDB's throttling passes within seconds; a client adds its own jitter.
const RETRY_AFTER_MS: u32 = 2_000;

/// Serves one invocation.
///
/// # Errors
///
/// [`Error`] if the sender could not be answered. It has been logged, and API Gateway tells the sender.
pub async fn handle(
    store: &(impl ListConnections + RemoveConnection),
    push: &impl Post,
    pace: &impl Pace,
    event: LambdaEvent<WebSocketEvent>,
) -> Result<Done, Error> {
    let WebSocketEvent {
        request_context: about,
        body,
    } = event.payload;
    let span = about.span(&event.context);
    let time_left = time_left(&event.context, SystemTime::now());
    async {
        let courier = Courier::new(push, pace);
        let body = body.unwrap_or_default();
        follow(store, &courier, &about, &body, time_left)
            .await
            .map_err(Error::logged)
    }
    .instrument(span)
    .await
}

async fn follow<P: Post, C: Pace>(
    store: &(impl ListConnections + RemoveConnection),
    courier: &Courier<'_, P, C>,
    about: &RequestContext,
    body: &str,
    time_left: Duration,
) -> Result<Done, Error> {
    let sender = &about.connection_id;
    match Action::parse(body) {
        Ok(Action::Connected) => {
            let connection_id = sender.clone();
            answer(courier, sender, &Event::Connected { connection_id }).await?;
            tracing::info!("told its id");
        }
        Ok(Action::SendMessage {
            message,
            client_message_id,
        }) => say(store, courier, about, message, client_message_id, time_left).await?,
        Err(refusal) => {
            tracing::info!(code = refusal.code.as_str(), "refused");
            answer(courier, sender, &Event::Error(refusal)).await?;
        }
    }
    Ok(Done::OK)
}

async fn say<P: Post, C: Pace>(
    store: &(impl ListConnections + RemoveConnection),
    courier: &Courier<'_, P, C>,
    about: &RequestContext,
    message: MessageText,
    client_message_id: Option<ClientMessageId>,
    time_left: Duration,
) -> Result<(), Error> {
    let sender = &about.connection_id;
    let now = Timestamp::from_millisecond(about.request_time_epoch).map_err(|_| {
        Error::IncompleteEvent {
            field: "requestTimeEpoch",
        }
    })?;
    let message_id = about
        .message_id
        .clone()
        .ok_or(Error::IncompleteEvent { field: "messageId" })?;
    let said = Event::Message(Message {
        connection_id: sender.clone(),
        message: message.into(),
        message_id,
        request_time_epoch: about.request_time_epoch,
        client_message_id: client_message_id.clone(),
    });
    let frame = said.to_json();
    let report = broadcast(store, courier, &frame, sender, now, time_left).await;
    report.log();
    match report {
        // Its own copy is the sender's acknowledgement. If that could not be delivered, an error could not be either.
        Report {
            sender: Some(_), ..
        } => Ok(()),
        Report {
            interrupted: Some(why),
            reached,
            ..
        } => {
            let refusal = unavailable(reached).about(client_message_id);
            match answer(courier, sender, &Event::Error(refusal)).await {
                Ok(()) => Ok(()),
                Err(error) => Err(match why {
                    Interruption::Store(why) => why.into(),
                    Interruption::Deadline => error,
                }),
            }
        }
        Report { .. } => {
            // Everybody was tried and the sender not among them: its row is lost, and it is here nevertheless.
            tracing::warn!("the sender has no row");
            answer(courier, sender, &said).await
        }
    }
}

/// Nothing is known to be delivered to the sender. The message may come twice to those who have it, if it is sent again;
/// that is better than never to those who have not.
fn unavailable(reached: usize) -> Refusal {
    let sentence = if reached == 0 {
        "The message could not be sent. Try again in a moment."
    } else {
        "The message may not have reached everybody. Try again in a moment."
    };
    Refusal {
        retry_after_ms: Some(RETRY_AFTER_MS),
        ..Refusal::new(ErrorCode::Unavailable, sentence)
    }
}

/// Says `event` to `sender` alone. That it has left in the meantime is no error.
async fn answer<P: Post, C: Pace>(
    courier: &Courier<'_, P, C>,
    sender: &ConnectionId,
    event: &Event,
) -> Result<(), Error> {
    match courier.deliver(sender, &event.to_json()).await {
        Ok(()) => Ok(()),
        Err(PushError::Gone) => {
            tracing::info!("the sender has left before the answer");
            Ok(())
        }
        Err(error) => Err(error.into()),
    }
}
