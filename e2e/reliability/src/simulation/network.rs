//! API Gateway's side of the connections, and the frames posted to them.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use papo_lambdas::management::{Close, Post, PostError};
use papo_protocol::ConnectionId;

use super::step_executor::step;

/// The connections that API Gateway considers open.
#[derive(Debug, Default)]
pub(crate) struct Network(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    open: BTreeSet<ConnectionId>,
    posted: Vec<(ConnectionId, String)>,
}

impl Network {
    pub(crate) fn is_open(&self, id: &ConnectionId) -> bool {
        self.lock().open.contains(id)
    }

    pub(crate) fn open(&self, id: &ConnectionId) {
        self.lock().open.insert(id.clone());
    }

    /// Closes a connection. Returns whether it was open.
    pub(crate) fn close(&self, id: &ConnectionId) -> bool {
        self.lock().open.remove(id)
    }

    /// Takes the frames that were posted since the last call.
    pub(crate) fn take_posted(&self) -> Vec<(ConnectionId, String)> {
        std::mem::take(&mut self.lock().posted)
    }

    /// A panic elsewhere cannot leave an entry incomplete, so a poisoned lock is still valid.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Post for Network {
    async fn post(&self, to: &ConnectionId, frame: &str) -> Result<(), PostError> {
        if !self.is_open(to) {
            return Err(PostError::Gone);
        }
        self.lock().posted.push((to.clone(), frame.to_owned()));
        step().await;
        Ok(())
    }
}

impl Close for Network {
    async fn close(&self, id: &ConnectionId) -> Result<(), PostError> {
        let was_open = Network::close(self, id);
        was_open.then_some(()).ok_or(PostError::Gone)
    }
}
