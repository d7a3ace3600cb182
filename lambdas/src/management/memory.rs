//! `@connections` in memory, for tests.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use papo_protocol::ConnectionId;

use super::{Close, Post, PostError, Probe, TransientCause};

/// Connections in memory. Connections that were never opened are gone, as with API Gateway.
#[derive(Debug, Default)]
pub struct MemoryGateway {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    connections: HashMap<ConnectionId, Connection>,
    delivered: Vec<(ConnectionId, String)>,
    requests: usize,
}

#[derive(Clone, Debug, Default)]
struct Connection {
    faults: VecDeque<PostError>,
    lag: Duration,
}

impl MemoryGateway {
    /// No connections.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens a connection.
    pub fn open(&self, id: &ConnectionId) {
        self.lock().connections.entry(id.clone()).or_default();
    }

    /// The client closes its connection.
    pub fn hang_up(&self, id: &ConnectionId) {
        self.lock().connections.remove(id);
    }

    /// Makes the next requests about an open connection fail, each with one of `faults`.
    pub fn fail(&self, id: &ConnectionId, faults: impl IntoIterator<Item = PostError>) {
        let mut state = self.lock();
        let connection = state.connections.entry(id.clone()).or_default();
        connection.faults.extend(faults);
    }

    /// Makes every request about an open connection take `lag`.
    pub fn slow_down(&self, id: &ConnectionId, lag: Duration) {
        self.lock().connections.entry(id.clone()).or_default().lag = lag;
    }

    /// Every delivered frame with its receiver, in order.
    pub fn delivered(&self) -> Vec<(ConnectionId, String)> {
        self.lock().delivered.clone()
    }

    /// The frames delivered to `id`, in order.
    pub fn delivered_to(&self, id: &ConnectionId) -> Vec<String> {
        let state = self.lock();
        let to_it = state.delivered.iter().filter(|(to, _)| to == id);
        to_it.map(|(_, frame)| frame.clone()).collect()
    }

    /// Number of requests, including failed ones.
    pub fn requests(&self) -> usize {
        self.lock().requests
    }

    async fn request(&self, id: &ConnectionId) -> Result<(), PostError> {
        let connection = {
            let mut state = self.lock();
            state.requests += 1;
            state
                .connections
                .get_mut(id)
                .map(|open| (open.lag, open.faults.pop_front()))
        };
        let Some((lag, fault)) = connection else {
            return Err(PostError::Gone);
        };
        if !lag.is_zero() {
            tokio::time::sleep(lag).await;
        }
        fault.map_or(Ok(()), Err)
    }

    /// A panic while the lock is held leaves complete entries behind, so the state is still valid.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Post for MemoryGateway {
    async fn post(&self, to: &ConnectionId, frame: &str) -> Result<(), PostError> {
        self.request(to).await?;
        self.lock().delivered.push((to.clone(), frame.to_owned()));
        Ok(())
    }
}

impl Probe for MemoryGateway {
    async fn probe(&self, id: &ConnectionId) -> Result<(), PostError> {
        self.request(id).await
    }
}

impl Close for MemoryGateway {
    async fn close(&self, id: &ConnectionId) -> Result<(), PostError> {
        let removed = self.lock().connections.remove(id);
        removed.map(|_| ()).ok_or(PostError::Gone)
    }
}

impl PostError {
    /// A [`PostError::Retryable`] with this cause.
    pub fn transient(cause: TransientCause) -> Self {
        Self::Retryable {
            cause,
            detail: "injected fault".to_owned(),
        }
    }
}
