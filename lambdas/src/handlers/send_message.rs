//! `sendMessage`: appends a message to the log and broadcasts it.

use papo_protocol::{ClientMessageId, Message, MessageText, Seq};

use crate::clock::Clock;
use crate::connections::{DeleteConnection, ListRoom};
use crate::error::Error;
use crate::management::{Close, Post};
use crate::message_log::MessageLog;
use crate::publish::append_and_broadcast;
use crate::request::Request;

/// Handles the action.
///
/// # Errors
///
/// [`Error`] if the event is incomplete or the sender could not be answered.
pub async fn handle<S, L, G, C>(
    request: &Request<'_, S, L, G, C>,
    text: MessageText,
    client_message_id: Option<ClientMessageId>,
    reply_to: Option<Seq>,
) -> Result<(), Error>
where
    S: ListRoom + DeleteConnection,
    L: MessageLog,
    G: Post + Close,
    C: Clock,
{
    let context = request.context;
    let message_id = context.message_id.clone();
    let message_id = message_id.ok_or(Error::IncompleteEvent { field: "messageId" })?;
    // Where people sign in, every message has an author, although the client may not have introduced itself.
    let person = request.person.clone().or_else(|| context.user_person());
    let (person_id, name) = person.map(|it| (it.person_id, it.name)).unzip();
    let message = Message {
        client_message_id,
        person_id,
        name: name.flatten(),
        reply_to,
        ..Message::new(
            context.connection_id.clone(),
            message_id,
            context.request_time_epoch,
            String::from(text),
        )
    };
    append_and_broadcast(request, message.into(), None).await
}
