//! API Gateway's side of the connections, and what was posted to them.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use papo_lambdas::management::{Close, Post, PostError};
use papo_protocol::ConnectionId;

use crate::stepwise::step;

/// Which connections are open, as far as API Gateway knows.
#[derive(Debug, Default)]
pub(crate) struct Net(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    open: BTreeSet<ConnectionId>,
    posted: Vec<(ConnectionId, String)>,
}

impl Net {
    pub(crate) fn is_open(&self, id: &ConnectionId) -> bool {
        self.lock().open.contains(id)
    }

    pub(crate) fn open(&self, id: &ConnectionId) {
        self.lock().open.insert(id.clone());
    }

    /// Whether it was open.
    pub(crate) fn close(&self, id: &ConnectionId) -> bool {
        self.lock().open.remove(id)
    }

    /// What was posted since this was asked last.
    pub(crate) fn take_posted(&self) -> Vec<(ConnectionId, String)> {
        std::mem::take(&mut self.lock().posted)
    }

    /// A panic elsewhere leaves whole entries behind, so the state is still good.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Post for Net {
    async fn post(&self, to: &ConnectionId, frame: &str) -> Result<(), PostError> {
        if !self.is_open(to) {
            return Err(PostError::Gone);
        }
        self.lock().posted.push((to.clone(), frame.to_owned()));
        step().await;
        Ok(())
    }
}

impl Close for Net {
    async fn close(&self, id: &ConnectionId) -> Result<(), PostError> {
        let was_open = Net::close(self, id);
        was_open.then_some(()).ok_or(PostError::Gone)
    }
}
