//! The store in memory: the twin of [`super::dynamodb`] for tests and simulations.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use papo_protocol::ConnectionId;

use super::{ListConnections, Listed, Page, PutConnection, RemoveConnection, Row, StoreError};

/// A table of connections in memory, which can be told to fail.
#[derive(Debug, Default)]
pub struct MemoryStore {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    rows: BTreeMap<ConnectionId, Row>,
    failing: Vec<Failing>,
    pages_read: usize,
    lag: Duration,
}

/// A fault that a [`MemoryStore`] can be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Failing {
    /// No row is written.
    Put,
    /// No row is removed.
    Remove,
    /// Pages fail from this one on; the first is 0.
    PagesFrom(usize),
}

impl MemoryStore {
    /// An empty table.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes operations fail from now on.
    pub fn fail(&self, fault: Failing) {
        self.lock().failing.push(fault);
    }

    /// Makes every page take `lag` from now on.
    pub fn slow_down(&self, lag: Duration) {
        self.lock().lag = lag;
    }

    /// How many pages were asked for.
    pub fn pages_read(&self) -> usize {
        self.lock().pages_read
    }

    /// All rows, in the order of their ids.
    pub fn rows(&self) -> Vec<Row> {
        self.lock().rows.values().cloned().collect()
    }

    /// Whether there is a row for `id`.
    pub fn contains(&self, id: &ConnectionId) -> bool {
        self.lock().rows.contains_key(id)
    }

    /// A panic elsewhere leaves whole rows behind, so the state is still good.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn check(&self, fault: Failing, operation: &'static str) -> Result<(), StoreError> {
        if self.failing.contains(&fault) {
            return Err(unavailable(operation));
        }
        Ok(())
    }
}

impl PutConnection for MemoryStore {
    async fn put(&self, row: &Row) -> Result<(), StoreError> {
        let mut state = self.lock();
        state.check(Failing::Put, "PutItem")?;
        state.rows.insert(row.connection_id.clone(), row.clone());
        Ok(())
    }
}

impl RemoveConnection for MemoryStore {
    async fn remove(&self, id: &ConnectionId) -> Result<(), StoreError> {
        let mut state = self.lock();
        state.check(Failing::Remove, "DeleteItem")?;
        state.rows.remove(id);
        Ok(())
    }
}

impl ListConnections for MemoryStore {
    async fn page(&self, limit: u16, after: Option<ConnectionId>) -> Result<Page, StoreError> {
        let lag = self.lock().lag;
        if !lag.is_zero() {
            tokio::time::sleep(lag).await;
        }
        let mut state = self.lock();
        let page = state.pages_read;
        state.pages_read += 1;
        let fails = |fault: &Failing| matches!(fault, Failing::PagesFrom(first) if *first <= page);
        if state.failing.iter().any(fails) {
            return Err(unavailable("Scan"));
        }
        let from = after.map_or(Bound::Unbounded, Bound::Excluded);
        let rows: Vec<Listed> = state
            .rows
            .range((from, Bound::Unbounded))
            .take(usize::from(limit))
            .map(|(id, row)| Listed {
                connection_id: id.clone(),
                connected_at: Some(row.connected_at),
            })
            .collect();
        // Like DynamoDB, which cannot know whether a full page was the last one.
        let full = rows.len() == usize::from(limit);
        let next = rows
            .last()
            .filter(|_| full)
            .map(|row| row.connection_id.clone());
        Ok(Page { rows, next })
    }
}

fn unavailable(operation: &'static str) -> StoreError {
    StoreError::new(operation, "in memory", "it was told to fail")
}
