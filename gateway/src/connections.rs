//! The clients that are connected, and the way to reach each: what [`crate::management`] and error frames go through.
//!
//! A connection is in here from the moment that `$connect` has let it in until its socket has ended; whoever asks for
//! it before or after is told that it is gone. What waits to be sent is bounded, so that a client that never reads
//! costs no more than its share and delays nobody.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use jiff::Timestamp;
use tokio::{sync::mpsc, time::Instant};
use tokio_tungstenite::tungstenite::Utf8Bytes;
use tokio_util::sync::CancellationToken;

use crate::{event::Origin, ids::ConnectionId};

/// Most messages that wait to be sent to one client.
const MAX_QUEUED: usize = 512;
/// Most bytes that wait to be sent to one client: eight messages of the largest size.
const MAX_QUEUED_BYTES: usize = 8 * 128 * 1024;

/// One connected client.
#[derive(Debug)]
pub(crate) struct Connection {
    pub(crate) origin: Origin,
    started: Instant,
    /// Milliseconds from `started` to the last message in either direction.
    last_active: AtomicU64,
    outbox: mpsc::Sender<Utf8Bytes>,
    queued_bytes: AtomicUsize,
    hang_up: CancellationToken,
}

/// A message that was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotSent {
    /// The client reads too slowly.
    Full,
    /// The socket has ended.
    Gone,
}

impl Connection {
    /// A connection, and the end from which its socket takes what is to be sent.
    pub(crate) fn new(origin: Origin) -> (Arc<Self>, mpsc::Receiver<Utf8Bytes>) {
        let (outbox, queue) = mpsc::channel(MAX_QUEUED);
        let connection = Self {
            origin,
            started: Instant::now(),
            last_active: AtomicU64::new(0),
            outbox,
            queued_bytes: AtomicUsize::new(0),
            hang_up: CancellationToken::new(),
        };
        (Arc::new(connection), queue)
    }

    /// Queues a text frame.
    ///
    /// # Errors
    /// When the queue is full or the socket has ended.
    pub(crate) fn send(&self, text: Utf8Bytes) -> Result<(), NotSent> {
        let length = text.len();
        if self.queued_bytes.fetch_add(length, Ordering::Relaxed) + length > MAX_QUEUED_BYTES {
            self.sent(length);
            return Err(NotSent::Full);
        }
        self.outbox.try_send(text).map_err(|error| {
            self.sent(length);
            match error {
                mpsc::error::TrySendError::Full(_) => NotSent::Full,
                mpsc::error::TrySendError::Closed(_) => NotSent::Gone,
            }
        })?;
        self.touch();
        Ok(())
    }

    /// The socket has taken `length` bytes off the queue.
    pub(crate) fn sent(&self, length: usize) {
        self.queued_bytes.fetch_sub(length, Ordering::Relaxed);
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

    pub(crate) fn connection() -> (Arc<Connection>, mpsc::Receiver<Utf8Bytes>) {
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

    #[test]
    fn a_client_that_never_reads_costs_no_more_than_its_share() {
        let (connection, _queue) = connection();
        let message = Utf8Bytes::from("x".repeat(128 * 1024));
        let taken = (0..100)
            .take_while(|_| connection.send(message.clone()).is_ok())
            .count();
        assert_eq!(taken, 8);
        assert_eq!(connection.send(message), Err(NotSent::Full));
    }

    #[test]
    fn many_small_messages_are_bounded_too() {
        let (connection, _queue) = connection();
        let taken = (0..10_000)
            .take_while(|_| connection.send("x".into()).is_ok())
            .count();
        assert_eq!(taken, MAX_QUEUED);
    }

    #[test]
    fn what_is_taken_off_makes_room() {
        let (connection, mut queue) = connection();
        let message = Utf8Bytes::from("x".repeat(MAX_QUEUED_BYTES));
        assert_eq!(connection.send(message.clone()), Ok(()));
        assert_eq!(connection.send("x".into()), Err(NotSent::Full));
        connection.sent(queue.try_recv().unwrap().len());
        assert_eq!(connection.send(message), Ok(()));
    }

    #[test]
    fn a_socket_that_has_ended_takes_nothing() {
        let (connection, queue) = connection();
        drop(queue);
        assert_eq!(connection.send("x".into()), Err(NotSent::Gone));
    }

    #[tokio::test(start_paused = true)]
    async fn messages_move_the_last_activity() {
        let (connection, _queue) = connection();
        tokio::time::advance(Duration::from_millis(1500)).await;
        assert_eq!(connection.last_active_at().as_millisecond(), 0);
        connection.send("x".into()).unwrap();
        assert_eq!(connection.last_active_at().as_millisecond(), 1500);
    }
}
