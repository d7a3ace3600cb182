//! The messages that wait to be sent to one client. Bounded, so that a client that never reads costs a fixed amount of
//! memory and delays no other client. An empty queue allocates nothing, because most connections are idle.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Utf8Bytes;

use crate::{limits::MAX_MESSAGE, memory::Queued};

/// Maximum number of messages that wait for one client.
const MAX_MESSAGES: usize = 512;
/// Maximum number of bytes that wait for one client: eight messages of the largest size.
const MAX_BYTES: usize = 8 * MAX_MESSAGE;
/// An empty queue may always take a message of this size, even when other clients have used up the memory of all.
const GUARANTEED_BYTES: usize = 32 * 1024;
/// An emptied queue with a larger capacity than this releases it.
const CAPACITY_KEPT: usize = 8;

/// Why a message was not queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum SendError {
    /// The client reads too slowly, or slow clients have used up the memory for queues.
    #[error("the client reads too slowly and its queue is full")]
    Full,
    /// The socket has ended.
    #[error("the connection has ended")]
    Closed,
}

/// The queue of one client. Any task may push; only the client's socket takes out.
#[derive(Debug, Default)]
pub(crate) struct SendQueue {
    // Locked only for a push or a pop, never across an await.
    queue: Mutex<Queue>,
    pushed: Notify,
    memory: Arc<Queued>,
}

#[derive(Debug, Default)]
struct Queue {
    messages: VecDeque<Utf8Bytes>,
    bytes: usize,
    closed: bool,
}

impl SendQueue {
    /// An empty queue whose messages count towards `memory`.
    pub(crate) fn new(memory: Arc<Queued>) -> Self {
        Self {
            queue: Mutex::default(),
            pushed: Notify::new(),
            memory,
        }
    }

    /// Appends a message.
    pub(crate) fn push(&self, text: Utf8Bytes) -> Result<(), SendError> {
        let mut queue = self.lock();
        if queue.closed {
            return Err(SendError::Closed);
        }
        let length = text.len();
        let is_empty = queue.messages.is_empty();
        let full = queue.messages.len() >= MAX_MESSAGES || queue.bytes + length > MAX_BYTES;
        if full && !is_empty {
            return Err(SendError::Full);
        }
        if is_empty && length <= GUARANTEED_BYTES {
            self.memory.take(length);
        } else if !self.memory.try_take(length) {
            return Err(SendError::Full);
        }
        queue.bytes += length;
        queue.messages.push_back(text);
        drop(queue);
        self.pushed.notify_one();
        Ok(())
    }

    /// Takes the oldest message, waiting for one if there is none.
    ///
    /// # Cancel safety
    /// No message is lost.
    pub(crate) async fn next(&self) -> Utf8Bytes {
        loop {
            if let Some(text) = self.try_next() {
                return text;
            }
            self.pushed.notified().await;
        }
    }

    /// Takes the oldest message.
    pub(crate) fn try_next(&self) -> Option<Utf8Bytes> {
        let mut queue = self.lock();
        let text = queue.messages.pop_front()?;
        queue.bytes -= text.len();
        self.memory.give_back(text.len());
        if queue.messages.is_empty() && queue.messages.capacity() > CAPACITY_KEPT {
            queue.messages = VecDeque::new();
        }
        Some(text)
    }

    /// Refuses further messages. Queued ones can still be taken.
    pub(crate) fn close(&self) {
        self.lock().closed = true;
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    /// Messages and bytes that wait.
    pub(crate) fn waiting(&self) -> (usize, usize) {
        let queue = self.lock();
        (queue.messages.len(), queue.bytes)
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for SendQueue {
    fn drop(&mut self) {
        self.memory.give_back(self.lock().bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_length(length: usize) -> Utf8Bytes {
        "x".repeat(length).into()
    }

    #[test]
    fn eight_messages_of_the_largest_size_fit() {
        let queue = SendQueue::default();
        let taken = (0..100)
            .take_while(|_| queue.push(of_length(MAX_MESSAGE)).is_ok())
            .count();
        assert_eq!(taken, 8);
        assert_eq!(queue.push(of_length(1)), Err(SendError::Full));
    }

    #[test]
    fn the_number_of_small_messages_is_bounded() {
        let queue = SendQueue::default();
        let taken = (0..10_000)
            .take_while(|_| queue.push(of_length(0)).is_ok())
            .count();
        assert_eq!(taken, MAX_MESSAGES);
    }

    #[test]
    fn an_emptied_queue_has_room_again_and_releases_its_memory() {
        let queue = SendQueue::default();
        while queue.push(of_length(4096)).is_ok() {}
        let all = std::iter::from_fn(|| queue.try_next());
        assert_eq!(all.map(|text| text.len()).sum::<usize>(), MAX_BYTES);
        assert_eq!(queue.lock().messages.capacity(), 0);
        assert_eq!(queue.push(of_length(MAX_BYTES)), Ok(()));
    }

    #[test]
    fn a_closed_queue_refuses_messages_and_still_gives_out_the_rest() {
        let queue = SendQueue::default();
        queue.push("last".into()).unwrap();
        queue.close();
        assert_eq!(queue.push("late".into()), Err(SendError::Closed));
        assert_eq!(queue.try_next(), Some("last".into()));
        assert_eq!(queue.try_next(), None);
    }

    #[test]
    fn all_queues_together_are_bounded_and_clients_that_read_are_still_served() {
        let memory = Arc::new(Queued::new(4 * MAX_MESSAGE));
        let slow: Vec<_> = (0..3)
            .map(|_| SendQueue::new(Arc::clone(&memory)))
            .collect();
        let taken: usize = slow
            .iter()
            .map(|queue| {
                (0..8)
                    .take_while(|_| queue.push(of_length(MAX_MESSAGE)).is_ok())
                    .count()
            })
            .sum();
        assert_eq!(taken, 4);
        let reader = SendQueue::new(Arc::clone(&memory));
        assert_eq!(reader.push(of_length(GUARANTEED_BYTES)), Ok(()));
        assert_eq!(reader.push(of_length(1)), Err(SendError::Full));
        drop(slow);
        assert_eq!(reader.push(of_length(MAX_MESSAGE)), Ok(()));
    }

    #[tokio::test]
    async fn a_waiting_task_is_woken_by_a_message() {
        let queue = Arc::new(SendQueue::default());
        let waiting = tokio::spawn({
            let queue = Arc::clone(&queue);
            async move { queue.next().await }
        });
        tokio::task::yield_now().await;
        queue.push("now".into()).unwrap();
        assert_eq!(waiting.await.unwrap(), Utf8Bytes::from("now"));
    }
}
