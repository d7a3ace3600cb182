//! Everything that a client says: `connected`, `sendMessage`, `history`, `ping`, and what no route takes.
//!
//! All routes take the same way, because the frame says what it is better than the route does: API Gateway reads frames
//! more leniently than JSON allows and routes `{action: "sendMessage"}` to `sendMessage`.
//!
//! A message goes into the log before anybody hears of it. From then on nothing that fails can lose it: whoever misses the
//! broadcast finds it in the log, and its sender is told that it is there. Whoever says something hears exactly one thing
//! about it: the answer, one's own message back, or an error. Nothing is said through the function's return value. A
//! broadcast that did not get to everybody is an error in the log; the invocation fails only if the sender could not be
//! told, because API Gateway makes a second and anonymous error frame out of a failed invocation.

use std::time::SystemTime;

use jiff::Timestamp;
use lambda_runtime::{Context, LambdaEvent};
use papo_protocol::refusal::ErrorCode;
use papo_protocol::{Action, ClientMessageId, Event, Message, MessageText, Refusal};
use tracing::Instrument;

use crate::answer::{answer, unavailable};
use crate::append::{AppendError, Appended, append};
use crate::broadcast::{Interruption, Report, broadcast};
use crate::catch_up;
use crate::delivery::Courier;
use crate::error::Error;
use crate::event::{Done, RequestContext, WebSocketEvent, time_left};
use crate::pace::Pace;
use crate::push::Post;
use crate::room::{Log, Room};
use crate::store::{ListConnections, RemoveConnection};

/// Serves one invocation.
///
/// # Errors
///
/// [`Error`] if the sender could not be answered. It has been logged, and API Gateway tells the sender.
pub async fn handle(
    store: &(impl ListConnections + RemoveConnection),
    room: &Room<impl Log>,
    push: &impl Post,
    pace: &impl Pace,
    event: LambdaEvent<WebSocketEvent>,
) -> Result<Done, Error> {
    let WebSocketEvent {
        request_context: about,
        body,
    } = event.payload;
    let lambda = &event.context;
    let span = about.span(lambda);
    async {
        let courier = Courier::new(push, pace);
        let body = body.unwrap_or_default();
        follow(store, room, &courier, &about, &body, lambda)
            .await
            .map_err(Error::logged)
    }
    .instrument(span)
    .await
}

async fn follow<P: Post, C: Pace>(
    store: &(impl ListConnections + RemoveConnection),
    room: &Room<impl Log>,
    courier: &Courier<'_, P, C>,
    about: &RequestContext,
    body: &str,
    lambda: &Context,
) -> Result<Done, Error> {
    match Action::parse(body) {
        Ok(Action::Connected { resume }) => {
            catch_up::connected(room, courier, about, resume).await?;
        }
        Ok(Action::SendMessage {
            message,
            client_message_id,
        }) => {
            let said = message_of(about, message, client_message_id)?;
            say(store, room, courier, about, said, lambda).await?;
        }
        Ok(Action::History { range, limit }) => {
            catch_up::history(room, courier, about, range, limit).await?;
        }
        Ok(Action::Ping) => catch_up::ping(room, courier, about).await?,
        Err(refusal) => refuse(courier, about, refusal).await?,
    }
    Ok(Done::OK)
}

async fn refuse<P: Post, C: Pace>(
    courier: &Courier<'_, P, C>,
    about: &RequestContext,
    refusal: Refusal,
) -> Result<(), Error> {
    tracing::info!(code = refusal.code.as_str(), "refused");
    answer(courier, &about.connection_id, &Event::Error(refusal)).await
}

fn message_of(
    about: &RequestContext,
    message: MessageText,
    client_message_id: Option<ClientMessageId>,
) -> Result<Message, Error> {
    let message_id = about.message_id.clone();
    Ok(Message {
        connection_id: about.connection_id.clone(),
        message: message.into(),
        message_id: message_id.ok_or(Error::IncompleteEvent { field: "messageId" })?,
        request_time_epoch: about.request_time_epoch,
        seq: None,
        client_message_id,
    })
}

async fn say<P: Post, C: Pace>(
    store: &(impl ListConnections + RemoveConnection),
    room: &Room<impl Log>,
    courier: &Courier<'_, P, C>,
    about: &RequestContext,
    said: Message,
    lambda: &Context,
) -> Result<(), Error> {
    let sender = &about.connection_id;
    let now = Timestamp::from_millisecond(about.request_time_epoch).map_err(|_| {
        Error::IncompleteEvent {
            field: "requestTimeEpoch",
        }
    })?;
    let left = time_left(lambda, SystemTime::now());
    let stored = match append(room, courier.pace(), &said, left).await {
        Ok(Appended::Now(message)) => message,
        Ok(Appended::Before(message)) => {
            // Whoever appended it may have died before the broadcast; clients skip what they have.
            tracing::info!(seq = message.seq, "said again");
            message
        }
        Ok(Appended::Expired(message)) => {
            tracing::info!(seq = message.seq, "said again after it expired");
            return answer(courier, sender, &Event::Message(message)).await;
        }
        Ok(Appended::NameTaken) => {
            let sentence = "Another message has this clientMessageId. Give each message its own.";
            let refusal = Refusal::new(ErrorCode::InvalidClientMessageId, sentence);
            return refuse(courier, about, refusal.about(said.client_message_id)).await;
        }
        Err(why) => return not_said(courier, about, said.client_message_id, why).await,
    };
    let seq = stored.seq;
    let event = Event::Message(stored);
    let frame = event.to_json();
    let left = time_left(lambda, SystemTime::now());
    let report = broadcast(store, courier, &frame, sender, now, left).await;
    report.log(seq);
    match report {
        // Its own copy is the sender's acknowledgement. If that could not be delivered, nothing else could be either.
        Report {
            sender: Some(_), ..
        } => Ok(()),
        Report { interrupted, .. } => {
            // The sender was not among those who were tried: the rest of the rows could not be read, or its own is lost.
            // It is here nevertheless, and its message is in the log.
            tracing::warn!("the sender was not reached by the broadcast");
            let told = answer(courier, sender, &event).await;
            told.map_err(|error| match interrupted {
                Some(Interruption::Store(why)) => why.into(),
                Some(Interruption::Deadline) | None => error,
            })
        }
    }
}

/// Nobody has heard of the message. Whether it is in the log is not known, but said again under the same name it is there
/// once.
async fn not_said<P: Post, C: Pace>(
    courier: &Courier<'_, P, C>,
    about: &RequestContext,
    client_message_id: Option<ClientMessageId>,
    why: AppendError,
) -> Result<(), Error> {
    tracing::error!(error = %why, "the message may not be in the log");
    let refusal = unavailable("The message could not be sent. Try again in a moment.");
    let refusal = Event::Error(refusal.about(client_message_id));
    let told = answer(courier, &about.connection_id, &refusal).await;
    told.map_err(|error| match why {
        AppendError::Store(why) => why.into(),
        AppendError::Deadline => error,
    })
}
