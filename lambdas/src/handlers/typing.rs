//! `typing`: tells the others in a small room that a person is typing. Never stored.

use papo_protocol::{Event, Typing};

use super::change::not_introduced;
use crate::clock::Clock;
use crate::connections::{DeleteConnection, ListRoom};
use crate::error::Error;
use crate::management::{Close, Post};
use crate::presence::SmallRoom;
use crate::request::Request;

/// Handles the action.
///
/// # Errors
///
/// [`Error`] if the client could not be answered.
pub async fn handle<S, L, G, C>(request: &Request<'_, S, L, G, C>) -> Result<(), Error>
where
    S: ListRoom + DeleteConnection,
    G: Post + Close,
    C: Clock,
{
    let Some(person) = &request.person else {
        return request.refuse(not_introduced()).await;
    };
    if let Some(room) = SmallRoom::read(request.connections, &request.room.id).await {
        let event = Event::Typing(Typing {
            connection_id: request.context.connection_id.clone(),
            person_id: person.person_id.clone(),
            name: person.name.clone(),
        });
        let now = request.context.requested_at()?;
        let (connections, deliverer) = (request.connections, &request.deliverer);
        room.tell_others(connections, deliverer, &event, &person.person_id, now)
            .await;
    }
    Ok(())
}
