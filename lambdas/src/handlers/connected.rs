//! `connected`: replies with the connection id and the end of the log, then the first page of missed messages.
//!
//! A client that sends a name or a key introduces itself: its row gets the person, it receives `people`, and the others in a
//! small room receive `joined`. In a small room, a name that looks like another person's gets a mark.

use papo_protocol::{Connected, Event, Person, PersonKey, PersonName, Range, Resume};

use super::history;
use crate::clock::Clock;
use crate::connections::{DeleteConnection, Introduce, ListRoom};
use crate::error::{Error, StoreError};
use crate::management::{Close, Post};
use crate::message_log::{Freshness, MessageLog};
use crate::person::introduced;
use crate::presence::{Presence, SmallRoom};
use crate::request::Request;

/// Handles the action.
///
/// A client that resumes another log gets no page: its seqs mean other messages. It notices by the epoch.
///
/// # Errors
///
/// [`Error`] if the client could not be answered.
pub async fn handle<S, L, G, C>(
    request: &Request<'_, S, L, G, C>,
    name: Option<PersonName>,
    key: Option<PersonKey>,
    resume: Option<Resume>,
) -> Result<(), Error>
where
    S: Introduce + ListRoom + DeleteConnection,
    L: MessageLog,
    G: Post + Close,
    C: Clock,
{
    let clock = request.deliverer.clock();
    let now_ms = request.context.request_time_epoch;
    let id = &request.context.connection_id;
    let mut person = introduced(request.context, name, key.as_ref());
    if let Some(person) = &person
        && let Err(error) = request.connections.introduce(id, person).await
    {
        return request.reply_unavailable(error).await;
    }
    let presence = async {
        match person {
            Some(_) => request.presence().await,
            None => None,
        }
    };
    let head = request.room.head(Freshness::Latest, clock, now_ms);
    let (head, presence) = futures::join!(head, presence);
    let head = match head {
        Ok(head) => head,
        Err(error) => return request.reply_unavailable(error).await,
    };
    if let (Some(person), Some(Presence::Small(room))) = (&mut person, &presence)
        && let Err(error) = mark_look_alike(request, room, person).await
    {
        return request.reply_unavailable(error).await;
    }
    let connected = Event::Connected(Connected {
        connection_id: id.clone(),
        head: Some(head.clone()),
        person_id: person.as_ref().map(|person| person.person_id.clone()),
        room: person.as_ref().map(|_| request.room.id.clone()),
    });
    request.reply(&connected).await?;
    tracing::info!(
        introduced = person.is_some(),
        "replied with the connection id"
    );
    if let Some(from) = resume
        && from.epoch == head.epoch
        && from.after < head.seq
    {
        history::send_page(request, head, Range::After(from.after), None).await?;
    }
    match (person, presence) {
        (Some(person), Some(presence)) => announce(request, &person, presence).await,
        _ => Ok(()),
    }
}

/// Marks the name of `person`, here and in the row, if it looks like the name of another person in the room.
async fn mark_look_alike<S: Introduce, L, G, C>(
    request: &Request<'_, S, L, G, C>,
    room: &SmallRoom,
    person: &mut Person,
) -> Result<(), StoreError> {
    let distinguished = room.distinguish(person.clone());
    if *person != distinguished {
        let id = &request.context.connection_id;
        request.connections.introduce(id, &distinguished).await?;
        *person = distinguished;
    }
    Ok(())
}

async fn announce<S, L, G, C>(
    request: &Request<'_, S, L, G, C>,
    person: &Person,
    presence: Presence,
) -> Result<(), Error>
where
    S: ListRoom + DeleteConnection,
    G: Post + Close,
    C: Clock,
{
    request.reply(&presence.people(person)).await?;
    let Presence::Small(room) = presence else {
        return Ok(());
    };
    let id = &request.context.connection_id;
    let has_changed = request.person.as_ref() != Some(person);
    let is_new = has_changed && !room.has_other(&person.person_id, id);
    let is_renamed = has_changed && request.person.is_some();
    if is_new || is_renamed {
        let event = Event::Joined(person.clone());
        let now = request.context.requested_at()?;
        let (connections, deliverer) = (request.connections, &request.deliverer);
        room.tell_others(connections, deliverer, &event, &person.person_id, now)
            .await;
    }
    Ok(())
}
