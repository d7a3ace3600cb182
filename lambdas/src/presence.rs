//! Who is in a room.
//!
//! A person counts once, however many connections they have. Joins, leaves and typing go to clients that have introduced
//! themselves, and only in a [`SmallRoom`], because their cost grows with the square of the number of connections; in a
//! larger one, clients get a count in `people` and `pong`. In a room of n introduced connections, a join, a leave and a change of
//! name are n - 1 frames each, and so is typing every three seconds. Clients smooth out reconnections.
//!
//! Reads are bounded as well: no request reads more than the rows of a small room, except the one in a minute that counts a
//! larger one; see [`PeopleCounts`].
//!
//! A failure here fails no request: it is logged, and the next `people` corrects what clients show.

mod look_alike;
mod people_counts;

use std::collections::BTreeMap;

use futures::{StreamExt, TryStreamExt};
use jiff::Timestamp;
use papo_protocol::limits::PRESENCE_CONNECTIONS;
use papo_protocol::{ConnectionId, Event, People, Person, PersonId, RoomName};

use crate::broadcast::{Frames, all_rows, deliver};
use crate::clock::Clock;
use crate::connections::{DeleteConnection, ListRoom, Listed};
use crate::deliverer::Deliverer;
use crate::error::StoreError;
use crate::management::{Close, Post};

pub use people_counts::PeopleCounts;

/// Who is in a room, as far as clients are told.
#[derive(Clone, Debug)]
pub enum Presence {
    /// At most [`PRESENCE_CONNECTIONS`] connections.
    Small(SmallRoom),
    /// More connections.
    Large {
        /// How many people there were, up to a minute ago.
        people_count: u32,
    },
}

impl Presence {
    /// How many people there are.
    pub fn count(&self) -> u32 {
        match self {
            Self::Small(room) => room.count(None),
            Self::Large { people_count } => *people_count,
        }
    }

    /// The `people` event for `own`.
    pub fn people(&self, own: &Person) -> Event {
        Event::People(match self {
            Self::Small(room) => People {
                people_count: room.count(Some(own)),
                people: Some(room.people(Some(own)).into_values().cloned().collect()),
            },
            Self::Large { people_count } => People {
                people_count: *people_count,
                people: None,
            },
        })
    }
}

/// The connections of a room with at most [`PRESENCE_CONNECTIONS`] of them.
#[derive(Clone, Debug)]
pub struct SmallRoom {
    rows: Vec<Listed>,
}

impl SmallRoom {
    /// Reads the rows of `room`, at most one more than a small room has. `None` if there are more, or if they cannot be read,
    /// which is logged.
    pub async fn read(connections: &impl ListRoom, room: &RoomName) -> Option<Self> {
        match Self::try_read(connections, room).await {
            Ok(small) => small,
            Err(error) => {
                log_unreadable(&error);
                None
            }
        }
    }

    /// Like [`read`](Self::read), but returns errors.
    async fn try_read(
        connections: &impl ListRoom,
        room: &RoomName,
    ) -> Result<Option<Self>, StoreError> {
        let limit = PRESENCE_CONNECTIONS + 1;
        let page_rows = u16::try_from(limit).unwrap_or(u16::MAX);
        let rows = all_rows(connections, room, page_rows).take(limit);
        let rows: Vec<_> = rows.try_collect().await?;
        Ok((rows.len() < limit).then_some(Self { rows }))
    }

    /// The people, each once. `own` is the caller, whose row the index may still lack.
    fn people<'a>(&'a self, own: Option<&'a Person>) -> BTreeMap<&'a PersonId, &'a Person> {
        let people = self.rows.iter().filter_map(|row| row.person.as_ref());
        let people = people.chain(own);
        people.map(|person| (&person.person_id, person)).collect()
    }

    fn count(&self, own: Option<&Person>) -> u32 {
        u32::try_from(self.people(own).len()).unwrap_or(u32::MAX)
    }

    /// `person` with a mark after its name if that looks like the name of another person in the room.
    #[must_use]
    pub fn distinguish(&self, person: Person) -> Person {
        look_alike::distinguished(person, self.people(None).into_values())
    }

    /// Whether `person` has a connection other than `id`.
    pub(crate) fn has_other(&self, person: &PersonId, id: &ConnectionId) -> bool {
        self.rows.iter().any(|row| {
            row.connection_id != *id
                && row
                    .person
                    .as_ref()
                    .is_some_and(|it| it.person_id == *person)
        })
    }

    /// Sends `event` to all connections of other people than `person`.
    pub(crate) async fn tell_others<G: Post + Close, C: Clock>(
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

fn log_unreadable(error: &StoreError) {
    tracing::warn!(%error, "could not read who is in the room");
}
