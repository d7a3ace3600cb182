//! The clients that are connected, and the way to reach each: what [`crate::management`] and error frames go through.
//!
//! A connection is in here from the moment that `$connect` has let it in until its socket has ended; whoever asks for
//! it before or after is told that it is gone.

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
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};
use tokio_util::sync::CancellationToken;

use crate::{
    event::Origin,
    ids::ConnectionId,
    socket::{NotSent, Outbox},
};

/// One connected client.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) origin: Origin,
    started: Instant,
    /// Milliseconds from `started` to the last message in either direction.
    last_active: AtomicU64,
    /// What waits to be sent; taken out by the connection's socket.
    pub(crate) outbox: Outbox,
    hang_up: CancellationToken,
}

impl Connection {
    /// A connection that has just come to be.
    pub(crate) fn new(origin: Origin) -> Arc<Self> {
        Arc::new(Self {
            origin,
            started: Instant::now(),
            last_active: AtomicU64::new(0),
            outbox: Outbox::default(),
            hang_up: CancellationToken::new(),
        })
    }

    /// Queues a text frame.
    ///
    /// # Errors
    /// When the queue is full or the socket has ended.
    pub(crate) fn send(&self, text: Utf8Bytes) -> Result<(), NotSent> {
        self.outbox.push(Message::Text(text))?;
        self.touch();
        Ok(())
    }

    /// A message has passed, in whichever direction.
    pub(crate) fn touch(&self) {
        let elapsed = u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX);
        self.last_active.fetch_max(elapsed, Ordering::Relaxed);
    }

    /// When the connection came to be.
    pub(crate) fn started(&self) -> Instant {
        self.started
    }

    /// When the last message passed.
    pub(crate) fn last_active(&self) -> Instant {
        self.started + Duration::from_millis(self.last_active.load(Ordering::Relaxed))
    }

    /// The same, on the wall clock.
    pub(crate) fn last_active_at(&self) -> Timestamp {
        let elapsed = self.last_active().duration_since(self.started);
        self.origin
            .connected_at
            .checked_add(elapsed)
            .unwrap_or(self.origin.connected_at)
    }

    /// Asks the socket to close, as `DELETE @connections` does.
    pub(crate) fn hang_up(&self) {
        self.hang_up.cancel();
    }

    /// Whether the socket takes nothing any more.
    fn is_ending(&self) -> bool {
        self.hang_up.is_cancelled() || self.outbox.is_closed()
    }

    /// Completes when [`Self::hang_up`] was called.
    pub(crate) async fn hung_up(&self) {
        self.hang_up.cancelled().await;
    }
}

/// All connected clients.
#[derive(Debug, Default)]
pub(crate) struct Connections {
    // Held only for a lookup, never across an await.
    by_id: Mutex<HashMap<ConnectionId, Arc<Connection>>>,
}

impl Connections {
    pub(crate) fn insert(&self, connection: Arc<Connection>) {
        self.lock()
            .insert(connection.origin.connection_id.clone(), connection);
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

    fn lock(&self) -> MutexGuard<'_, HashMap<ConnectionId, Arc<Connection>>> {
        self.by_id.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use crate::ids::Ids;

    pub(crate) fn connection() -> Arc<Connection> {
        Connection::new(Origin {
            api_id: "abc".into(),
            stage: "dev".into(),
            domain_name: "localhost".into(),
            connection_id: Ids::new(1).connection(Timestamp::UNIX_EPOCH),
            connected_at: Timestamp::UNIX_EPOCH,
            source_ip: "127.0.0.1".into(),
            user_agent: None,
            authorizer: [].into(),
            stage_variables: Arc::default(),
        })
    }

    #[tokio::test(start_paused = true)]
    async fn messages_move_the_last_activity() {
        let connection = connection();
        tokio::time::advance(Duration::from_millis(1500)).await;
        assert_eq!(connection.last_active_at().as_millisecond(), 0);
        connection.send("x".into()).unwrap();
        assert_eq!(connection.last_active_at().as_millisecond(), 1500);
    }
}
