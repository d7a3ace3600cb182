//! Who is in a room.
//!
//! A person counts once, however many connections it has. Joins, leaves and typing go to clients that have introduced
//! themselves, and only while a room has at most [`PRESENCE_CONNECTIONS`] connections, because their cost grows with the square
//! of that number; above it, clients get a count in `people` and `pong`. In frames, in a room of n introduced connections: a
//! join or leave n - 1, a name change n - 1, typing n - 1 every three seconds. Clients smooth out reconnections.
//!
//! A failure here fails no request: it is logged, and the next `people` corrects what clients show.

use std::collections::BTreeMap;

use futures::TryStreamExt;
use jiff::Timestamp;
use papo_protocol::limits::PRESENCE_CONNECTIONS;
use papo_protocol::{ConnectionId, Event, People, Person, PersonId, RoomName};

use crate::broadcast::{Frames, all_rows, deliver};
use crate::clock::Clock;
use crate::connections::{DeleteConnection, ListRoom, Listed};
use crate::deliverer::Deliverer;
use crate::management::{Close, Post};

/// The connections of a room.
#[derive(Clone, Debug)]
pub struct Presence {
    rows: Vec<Listed>,
}

impl Presence {
    /// Reads the rows of `room`. Logs a failure and returns `None`.
    pub async fn read(connections: &impl ListRoom, room: &RoomName) -> Option<Self> {
        match all_rows(connections, room).try_collect().await {
            Ok(rows) => Some(Self { rows }),
            Err(error) => {
                tracing::warn!(%error, "could not read who is in the room");
                None
            }
        }
    }

    /// Whether single persons are announced.
    pub fn is_small(&self) -> bool {
        self.rows.len() <= PRESENCE_CONNECTIONS
    }

    /// The persons, each once. `own` is the caller, whose row the index may still lack.
    fn persons<'a>(&'a self, own: Option<&'a Person>) -> BTreeMap<&'a PersonId, &'a Person> {
        let persons = self.rows.iter().filter_map(|row| row.person.as_ref());
        let persons = persons.chain(own);
        persons.map(|person| (&person.person_id, person)).collect()
    }

    /// How many persons there are.
    pub fn count(&self) -> u32 {
        u32::try_from(self.persons(None).len()).unwrap_or(u32::MAX)
    }

    /// The `people` event for `own`.
    pub fn people(&self, own: &Person) -> Event {
        let persons = self.persons(Some(own));
        let people = self
            .is_small()
            .then(|| persons.values().copied().cloned().collect());
        Event::People(People {
            people_count: u32::try_from(persons.len()).unwrap_or(u32::MAX),
            people,
        })
    }

    /// Whether `person` has a connection other than `id`.
    pub fn has_other(&self, person: &PersonId, id: &ConnectionId) -> bool {
        self.rows.iter().any(|row| {
            row.connection_id != *id
                && row
                    .person
                    .as_ref()
                    .is_some_and(|it| it.person_id == *person)
        })
    }

    /// Sends `event` to all connections of other persons than `person`.
    pub async fn tell_others<G: Post + Close, C: Clock>(
        &self,
        connections: &impl DeleteConnection,
        deliverer: &Deliverer<'_, G, C>,
        event: &Event,
        person: &PersonId,
        now: Timestamp,
    ) {
        let others = self.rows.iter().filter(|row| {
            let theirs = row.person.as_ref().map(|it| &it.person_id);
            theirs.is_some_and(|theirs| theirs != person)
        });
        let frames = Frames::new(event);
        let posts = others.map(|row| deliver(connections, deliverer, &frames, row, now));
        futures::future::join_all(posts).await;
    }
}
