//! How many people are in the large rooms.
//!
//! Counting reads every row of the room: half a read unit for each 4 KB, 178 units for 10,000 people. So a process counts a room
//! at most once in [`MAX_AGE_MS`] and answers all other requests from memory. For 10,000 people, who send 37 pings a second,
//! that is about 3 units a second for each process that serves them, instead of 6,600. Clients may show a count that is a minute
//! old, less than the time between two of their pings.
//!
//! Kept in memory, because a counter in a table would cost a write for each handshake and drift whenever API Gateway fails
//! to deliver a `$disconnect`.

use std::collections::HashSet;

use futures::TryStreamExt;
use papo_protocol::RoomName;

use super::{Presence, SmallRoom, log_unreadable};
use crate::bounded_map::BoundedMap;
use crate::broadcast::{PAGE_ROWS, all_rows};
use crate::connections::ListRoom;
use crate::error::StoreError;

/// How old a count may be, in milliseconds.
const MAX_AGE_MS: u64 = 60_000;

/// The counts of this process.
#[derive(Debug, Default)]
pub struct PeopleCounts(BoundedMap<RoomName, Count>);

#[derive(Clone, Copy, Debug)]
struct Count {
    people: u32,
    /// When it was counted, in milliseconds since 1970.
    at_ms: i64,
}

impl PeopleCounts {
    /// Who is in `room` at `now_ms` (milliseconds since 1970). Logs a failure and returns `None`.
    pub async fn presence(
        &self,
        connections: &impl ListRoom,
        room: &RoomName,
        now_ms: i64,
    ) -> Option<Presence> {
        if let Some(people_count) = self.recent(room, now_ms) {
            return Some(Presence::Large { people_count });
        }
        match self.read(connections, room, now_ms).await {
            Ok(presence) => Some(presence),
            Err(error) => {
                log_unreadable(&error);
                None
            }
        }
    }

    fn recent(&self, room: &RoomName, now_ms: i64) -> Option<u32> {
        let count = self.0.get(room)?;
        (count.at_ms.abs_diff(now_ms) < MAX_AGE_MS).then_some(count.people)
    }

    async fn read(
        &self,
        connections: &impl ListRoom,
        room: &RoomName,
        now_ms: i64,
    ) -> Result<Presence, StoreError> {
        if let Some(small) = SmallRoom::try_read(connections, room).await? {
            return Ok(Presence::Small(small));
        }
        let people_count = count(connections, room).await?;
        let counted = Count {
            people: people_count,
            at_ms: now_ms,
        };
        self.0.insert(room.clone(), counted);
        Ok(Presence::Large { people_count })
    }
}

/// Reads every row of `room`.
async fn count(connections: &impl ListRoom, room: &RoomName) -> Result<u32, StoreError> {
    let people =
        all_rows(connections, room, PAGE_ROWS).try_fold(HashSet::new(), async |mut people, row| {
            people.extend(row.person.map(|person| person.person_id));
            Ok(people)
        });
    let people = people.await?.len();
    Ok(u32::try_from(people).unwrap_or(u32::MAX))
}
