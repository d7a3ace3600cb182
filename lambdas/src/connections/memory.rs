//! Connections in memory, for tests and simulations.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use papo_protocol::{ConnectionId, Person, RoomName};

use crate::error::StoreError;

use super::{
    DeleteConnection, FindConnection, Introduce, ListConnections, ListRoom, Listed, Member, Page,
    PutConnection, Row,
};

/// A table of connections in memory, with injectable faults.
#[derive(Debug, Default)]
pub struct MemoryConnections {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    rows: BTreeMap<ConnectionId, Row>,
    people: BTreeMap<ConnectionId, Person>,
    faults: Vec<ConnectionsFault>,
    pages_read: usize,
    rows_read: usize,
    lag: Duration,
}

/// A fault to inject.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ConnectionsFault {
    /// Writes fail.
    Put,
    /// Deletes fail.
    Delete,
    /// Pages fail from this one on, counted from 0.
    PagesFrom(usize),
    /// The next page fails.
    NextPage,
}

impl MemoryConnections {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Injects a fault from now on.
    pub fn fail(&self, fault: ConnectionsFault) {
        self.lock().faults.push(fault);
    }

    /// Makes every page take `lag` from now on.
    pub fn slow_down(&self, lag: Duration) {
        self.lock().lag = lag;
    }

    /// Number of pages read.
    pub fn pages_read(&self) -> usize {
        self.lock().pages_read
    }

    /// Number of rows read by pages.
    pub fn rows_read(&self) -> usize {
        self.lock().rows_read
    }

    /// All rows, in the order of their ids.
    pub fn rows(&self) -> Vec<Row> {
        self.lock().rows.values().cloned().collect()
    }

    /// Whether there is a row for `id`.
    pub fn contains(&self, id: &ConnectionId) -> bool {
        self.lock().rows.contains_key(id)
    }

    /// A panic while the lock is held leaves complete rows behind, so the state is still valid.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn check(&self, fault: ConnectionsFault, operation: &'static str) -> Result<(), StoreError> {
        if self.faults.contains(&fault) {
            return Err(unavailable(operation));
        }
        Ok(())
    }
}

impl PutConnection for MemoryConnections {
    async fn put(&self, row: &Row) -> Result<(), StoreError> {
        let mut state = self.lock();
        state.check(ConnectionsFault::Put, "PutItem")?;
        state.rows.insert(row.connection_id.clone(), row.clone());
        Ok(())
    }
}

impl DeleteConnection for MemoryConnections {
    async fn delete(&self, id: &ConnectionId) -> Result<Option<Member>, StoreError> {
        let mut state = self.lock();
        state.check(ConnectionsFault::Delete, "DeleteItem")?;
        let person = state.people.remove(id);
        let row = state.rows.remove(id);
        Ok(row.map(|row| Member {
            room: row.room,
            person,
        }))
    }
}

impl FindConnection for MemoryConnections {
    async fn find(&self, id: &ConnectionId) -> Result<Option<Member>, StoreError> {
        let state = self.lock();
        Ok(state.rows.get(id).map(|row| Member {
            room: row.room.clone(),
            person: state.people.get(id).cloned(),
        }))
    }
}

impl Introduce for MemoryConnections {
    async fn introduce(&self, id: &ConnectionId, person: &Person) -> Result<(), StoreError> {
        let mut state = self.lock();
        state.check(ConnectionsFault::Put, "UpdateItem")?;
        if state.rows.contains_key(id) {
            state.people.insert(id.clone(), person.clone());
        }
        Ok(())
    }
}

impl ListConnections for MemoryConnections {
    async fn page(&self, limit: u16, after: Option<ConnectionId>) -> Result<Page, StoreError> {
        self.list("Scan", limit, after, |_| true).await
    }
}

impl ListRoom for MemoryConnections {
    async fn room_page(
        &self,
        room: &RoomName,
        limit: u16,
        after: Option<ConnectionId>,
    ) -> Result<Page, StoreError> {
        self.list("Query", limit, after, |row| row.room == *room)
            .await
    }
}

impl MemoryConnections {
    async fn list(
        &self,
        operation: &'static str,
        limit: u16,
        after: Option<ConnectionId>,
        wanted: impl Fn(&Row) -> bool + Send,
    ) -> Result<Page, StoreError> {
        let lag = self.lock().lag;
        if !lag.is_zero() {
            tokio::time::sleep(lag).await;
        }
        let mut state = self.lock();
        let page = state.pages_read;
        state.pages_read += 1;
        let fails = |fault: &ConnectionsFault| matches!(fault, ConnectionsFault::PagesFrom(first) if *first <= page);
        if state.faults.iter().any(fails) {
            return Err(unavailable(operation));
        }
        let next = state
            .faults
            .iter()
            .position(|it| *it == ConnectionsFault::NextPage);
        if let Some(next) = next {
            state.faults.remove(next);
            return Err(unavailable(operation));
        }
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rows: Vec<Listed> = state
            .rows
            .range((from, Bound::Unbounded))
            .filter(|(_, row)| wanted(row))
            .take(usize::from(limit))
            .map(|(id, row)| Listed {
                connection_id: id.clone(),
                connected_at: Some(row.connected_at),
                token_expires_at: row.token_expires_at,
                person: state.people.get(id).cloned(),
            })
            .collect();
        state.rows_read += rows.len();
        // Like DynamoDB, which does not know whether a full page is the last one.
        let full = rows.len() == usize::from(limit);
        let next = rows
            .last()
            .filter(|_| full)
            .map(|row| row.connection_id.clone());
        Ok(Page { rows, next })
    }
}

fn unavailable(operation: &'static str) -> StoreError {
    StoreError::new(operation, "in memory", "injected fault")
}
