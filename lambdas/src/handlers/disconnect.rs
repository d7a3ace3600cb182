//! `$disconnect`: deletes the connection row, and tells the others in a small room when a person has left.
//!
//! API Gateway delivers this event on a best-effort basis. Rows that remain are deleted by the next broadcast, the
//! clean-up, or their time to live.

use papo_protocol::{Event, Left};

use crate::clock::Clock;
use crate::connections::{DeleteConnection, ListRoom, Member};
use crate::deliverer::Deliverer;
use crate::error::Error;
use crate::event::{RequestContext, Response};
use crate::management::{Close, Post};
use crate::presence::SmallRoom;

/// Handles the event.
///
/// # Errors
///
/// [`Error`] if the row could not be deleted.
pub async fn handle<G: Post + Close, C: Clock>(
    connections: &(impl DeleteConnection + ListRoom),
    deliverer: &Deliverer<'_, G, C>,
    context: &RequestContext,
) -> Result<Response, Error> {
    let id = &context.connection_id;
    let deleted = connections.delete(id).await?;
    tracing::info!(closeCode = context.disconnect_status_code, "disconnected");
    let Some(Member {
        room,
        person: Some(person),
    }) = deleted
    else {
        return Ok(Response::OK);
    };
    let Some(room) = SmallRoom::read(connections, &room).await else {
        return Ok(Response::OK);
    };
    let person_id = person.person_id;
    if !room.has_other(&person_id, id) {
        let event = Event::Left(Left {
            person_id: person_id.clone(),
        });
        let now = context.requested_at()?;
        room.tell_others(connections, deliverer, &event, &person_id, now)
            .await;
    }
    Ok(Response::OK)
}
