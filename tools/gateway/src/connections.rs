//! The connected clients, and how to send to each of them.
//!
//! A connection is listed from the moment `$connect` succeeds until its socket has ended; before and after, lookups find
//! nothing and callers answer 410.

mod send_queue;

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_util::sync::CancellationToken;

pub(crate) use self::send_queue::{SendError, SendQueue};
use crate::{clock::Clock, event::Origin, ids::ConnectionId, memory::Queued};

/// One connected client.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) origin: Origin,
    started: Instant,
    /// Milliseconds from `started` to the last message in either direction.
    last_active: AtomicU64,
    /// The messages that wait to be sent. Emptied by the connection's socket.
    pub(crate) send_queue: SendQueue,
    close_requested: CancellationToken,
    clock: Clock,
}

impl Connection {
    fn new(origin: Origin, memory: Arc<Queued>, clock: Clock) -> Arc<Self> {
        Arc::new(Self {
            origin,
            started: clock.instant(),
            last_active: AtomicU64::new(0),
            send_queue: SendQueue::new(memory),
            close_requested: CancellationToken::new(),
            clock,
        })
    }

    /// Queues a text frame.
    pub(crate) fn send(&self, text: Utf8Bytes) -> Result<(), SendError> {
        self.send_queue.push(text)?;
        self.touch();
        Ok(())
    }

    /// Records that a message has passed, in either direction.
    pub(crate) fn touch(&self) {
        let elapsed = u64::try_from(self.age().as_millis()).unwrap_or(u64::MAX);
        self.last_active.fetch_max(elapsed, Ordering::Relaxed);
    }

    /// When the handshake was accepted.
    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// The time since then.
    pub(crate) fn age(&self) -> Duration {
        self.clock.instant().saturating_duration_since(self.started)
    }

    /// The clock that determines the connection's age.
    pub(crate) fn clock(&self) -> &Clock {
        &self.clock
    }

    /// When the last message passed.
    pub(crate) fn last_active(&self) -> Instant {
        self.started + Duration::from_millis(self.last_active.load(Ordering::Relaxed))
    }

    /// The same as wall-clock time.
    pub(crate) fn last_active_at(&self) -> Timestamp {
        let elapsed = self.last_active().duration_since(self.started);
        self.origin
            .connected_at
            .checked_add(elapsed)
            .unwrap_or(self.origin.connected_at)
    }

    /// Asks the socket to close, as `DELETE @connections` does.
    pub(crate) fn close(&self) {
        self.close_requested.cancel();
    }

    /// Whether the socket accepts no more messages.
    fn is_ending(&self) -> bool {
        self.close_requested.is_cancelled() || self.send_queue.is_closed()
    }

    /// Completes once [`Self::close`] has been called.
    ///
    /// # Cancel safety
    /// Cancel safe.
    pub(crate) async fn close_requested(&self) {
        self.close_requested.cancelled().await;
    }
}

/// All connected clients.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    // Locked only for a lookup, never across an await.
    by_id: Mutex<HashMap<ConnectionId, Arc<Connection>>>,
    memory: Arc<Queued>,
    clock: Clock,
}

impl Connections {
    /// No connections yet.
    pub(crate) fn new(clock: Clock) -> Self {
        Self {
            clock,
            ..Self::default()
        }
    }

    /// Adds a client whose handshake was accepted.
    pub(crate) fn open(&self, origin: Origin) -> Arc<Connection> {
        let id = origin.connection_id.clone();
        let connection = Connection::new(origin, Arc::clone(&self.memory), self.clock.clone());
        self.lock().insert(id, Arc::clone(&connection));
        connection
    }

    /// The connection, unless it is ending already.
    pub(crate) fn get(&self, id: &ConnectionId) -> Option<Arc<Connection>> {
        let connection = self.lock().get(id).cloned();
        connection.filter(|connection| !connection.is_ending())
    }

    pub(crate) fn remove(&self, id: &ConnectionId) {
        self.lock().remove(id);
    }

    pub(crate) fn count(&self) -> usize {
        self.lock().len()
    }

    /// All connections, the oldest first.
    pub(crate) fn all(&self) -> Vec<Arc<Connection>> {
        let mut all: Vec<_> = self.lock().values().cloned().collect();
        all.sort_by_key(|connection| connection.started);
        all
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<ConnectionId, Arc<Connection>>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::ids::Ids;

    pub(crate) fn origin() -> Origin {
        Origin {
            api_id: "abc".into(),
            stage: "dev".into(),
            domain_name: "localhost".into(),
            connection_id: Ids::new(1).connection(Timestamp::UNIX_EPOCH),
            connected_at: Timestamp::UNIX_EPOCH,
            source_ip: "127.0.0.1".into(),
            user_agent: None,
            authorizer: [].into(),
            stage_variables: Arc::default(),
        }
    }

    pub(crate) fn connection() -> Arc<Connection> {
        Connection::new(origin(), Arc::default(), Clock::default())
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_updates_the_last_activity() {
        let connection = connection();
        tokio::time::advance(Duration::from_millis(1500)).await;
        assert_eq!(connection.last_active_at().as_millisecond(), 0);
        connection.send("x".into()).unwrap();
        assert_eq!(connection.last_active_at().as_millisecond(), 1500);
    }
}
