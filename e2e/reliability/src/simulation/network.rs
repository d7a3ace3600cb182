//! API Gateway's side of the connections, and the frames posted to them.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Mutex, MutexGuard, PoisonError};

use papo_lambdas::management::{Close, Post, PostError};
use papo_protocol::{ConnectionId, Entries, Event, LogEntry, RoomName, Seq, ServerFrame};

use super::step_executor::step;

/// The connections that API Gateway considers open.
#[derive(Debug, Default)]
pub(crate) struct Network(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    /// Each with its room.
    open: BTreeMap<ConnectionId, RoomName>,
    posted: Vec<(ConnectionId, String)>,
    /// The messages that were posted to each connection.
    messages: BTreeMap<ConnectionId, BTreeSet<Seq>>,
}

impl Network {
    pub(crate) fn is_open(&self, id: &ConnectionId) -> bool {
        self.lock().open.contains_key(id)
    }

    pub(crate) fn open(&self, id: &ConnectionId, room: &RoomName) {
        self.lock().open.insert(id.clone(), room.clone());
    }

    /// The open connections of a room.
    pub(crate) fn open_in(&self, room: &RoomName) -> Vec<ConnectionId> {
        let state = self.lock();
        let open = state.open.iter().filter(|(_, of)| *of == room);
        open.map(|(id, _)| id.clone()).collect()
    }

    /// Whether the message `seq` was posted to a connection.
    pub(crate) fn was_posted(&self, id: &ConnectionId, seq: Seq) -> bool {
        let state = self.lock();
        state
            .messages
            .get(id)
            .is_some_and(|seqs| seqs.contains(&seq))
    }

    /// Closes a connection. Returns whether it was open.
    pub(crate) fn close(&self, id: &ConnectionId) -> bool {
        self.lock().open.remove(id).is_some()
    }

    /// All open connections.
    pub(crate) fn all_open(&self) -> Vec<ConnectionId> {
        self.lock().open.keys().cloned().collect()
    }

    /// Posts a frame.
    pub(crate) fn put(&self, to: &ConnectionId, frame: &str) {
        let seqs = seqs(frame);
        let mut state = self.lock();
        state.posted.push((to.clone(), frame.to_owned()));
        state.messages.entry(to.clone()).or_default().extend(seqs);
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

/// The messages in a frame.
fn seqs(frame: &str) -> Vec<Seq> {
    match ServerFrame::parse(frame) {
        Ok(ServerFrame::Event(Event::Message(message))) => message.seq.into_iter().collect(),
        Ok(ServerFrame::Event(Event::Entries(Entries { entries }))) => {
            entries.iter().filter_map(LogEntry::seq).collect()
        }
        _ => Vec::new(),
    }
}

impl Post for Network {
    async fn post(&self, to: &ConnectionId, frame: &str) -> Result<(), PostError> {
        if !self.is_open(to) {
            return Err(PostError::Gone);
        }
        self.put(to, frame);
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
