//! `edit`, `delete` and `reaction`: entries about a message.
//!
//! Only clients that have introduced themselves may send them, because an author is a person and not a connection.

use papo_protocol::{Change, ChangeEntry, ClientMessageId, ErrorCode, ErrorEvent, Target};

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
/// [`Error`] if the author could not be answered.
pub async fn handle<S, L, G, C>(
    request: &Request<'_, S, L, G, C>,
    target: Target,
    change: Change,
    client_message_id: Option<ClientMessageId>,
) -> Result<(), Error>
where
    S: ListRoom + DeleteConnection,
    L: MessageLog,
    G: Post + Close,
    C: Clock,
{
    let Some(person) = request.person.clone() else {
        return request
            .refuse(not_introduced().about(client_message_id))
            .await;
    };
    let Target { of, epoch } = target;
    let request_time_epoch = request.context.request_time_epoch;
    let entry = ChangeEntry {
        name: person.name,
        client_message_id,
        ..ChangeEntry::new(change.into(), of, request_time_epoch, person.person_id)
    };
    append_and_broadcast(request, entry.into(), epoch.as_ref()).await
}

/// The refusal for clients that have not introduced themselves.
pub(super) fn not_introduced() -> ErrorEvent {
    let sentence = "Introduce yourself first: send connected with a name or a key.";
    ErrorEvent::new(ErrorCode::NotIntroduced, sentence)
}
