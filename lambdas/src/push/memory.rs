//! `@connections` in memory: the twin of [`super::api_gateway`] for tests and simulations.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use papo_protocol::ConnectionId;

use super::{Post, Probe, PushError, Trouble};

/// Connections in memory. Those that nobody has opened are gone, as at API Gateway.
#[derive(Debug, Default)]
pub struct MemoryPush {
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
    faults: VecDeque<PushError>,
    lag: Duration,
}

impl MemoryPush {
    /// No connections.
    pub fn new() -> Self {
        Self::default()
    }

    /// Opens a connection that works.
    pub fn open(&self, id: &ConnectionId) {
        self.lock().connections.entry(id.clone()).or_default();
    }

    /// Closes a connection: from now on it is gone.
    pub fn close(&self, id: &ConnectionId) {
        self.lock().connections.remove(id);
    }

    /// Makes the next requests about an open connection fail, one fault each, before it works again.
    pub fn fail(&self, id: &ConnectionId, faults: impl IntoIterator<Item = PushError>) {
        let mut state = self.lock();
        let connection = state.connections.entry(id.clone()).or_default();
        connection.faults.extend(faults);
    }

    /// Makes every request about an open connection take `lag`.
    pub fn slow_down(&self, id: &ConnectionId, lag: Duration) {
        self.lock().connections.entry(id.clone()).or_default().lag = lag;
    }

    /// Every frame that was delivered, with its receiver, in order.
    pub fn delivered(&self) -> Vec<(ConnectionId, String)> {
        self.lock().delivered.clone()
    }

    /// The frames that `id` got, in order.
    pub fn heard_by(&self, id: &ConnectionId) -> Vec<String> {
        let state = self.lock();
        let to_it = state.delivered.iter().filter(|(to, _)| to == id);
        to_it.map(|(_, frame)| frame.clone()).collect()
    }

    /// How many requests there were, those that failed included.
    pub fn requests(&self) -> usize {
        self.lock().requests
    }

    async fn request(&self, id: &ConnectionId) -> Result<(), PushError> {
        let connection = {
            let mut state = self.lock();
            state.requests += 1;
            state
                .connections
                .get_mut(id)
                .map(|open| (open.lag, open.faults.pop_front()))
        };
        let Some((lag, fault)) = connection else {
            return Err(PushError::Gone);
        };
        if !lag.is_zero() {
            tokio::time::sleep(lag).await;
        }
        fault.map_or(Ok(()), Err)
    }

    /// A panic elsewhere leaves whole entries behind, so the state is still good.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Post for MemoryPush {
    async fn post(&self, to: &ConnectionId, frame: &str) -> Result<(), PushError> {
        self.request(to).await?;
        self.lock().delivered.push((to.clone(), frame.to_owned()));
        Ok(())
    }
}

impl Probe for MemoryPush {
    async fn probe(&self, id: &ConnectionId) -> Result<(), PushError> {
        self.request(id).await
    }
}

impl PushError {
    /// The [`PushError::Retryable`] of a kind of trouble, without more detail.
    pub fn passing(cause: Trouble) -> Self {
        Self::Retryable {
            cause,
            detail: "it was told to fail".to_owned(),
        }
    }
}
