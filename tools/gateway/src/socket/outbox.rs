//! What waits to be sent to one client: bounded, so that a client that never reads costs no more than its share and
//! delays nobody. An empty outbox takes no memory beyond itself, because most connections are idle.

use std::{
    collections::VecDeque,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tokio::sync::Notify;
use tokio_tungstenite::tungstenite::Message;

use super::MAX_MESSAGE;

/// Most messages that wait to be sent to one client.
const MAX_QUEUED: usize = 512;
/// Most bytes that wait to be sent to one client: eight messages of the largest size.
const MAX_QUEUED_BYTES: usize = 8 * MAX_MESSAGE;
/// An empty queue with more room than this gives it back.
const ROOM_KEPT: usize = 8;

/// A message that was not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum NotSent {
    /// The client reads too slowly.
    Full,
    /// The socket has ended.
    Gone,
}

/// The queue of one client: filled by whoever posts, emptied by its socket alone.
#[derive(Debug, Default)]
pub(crate) struct Outbox {
    // Held only for a push or a pop, never across an await.
    queue: Mutex<Queue>,
    filled: Notify,
}

#[derive(Debug, Default)]
struct Queue {
    messages: VecDeque<Message>,
    bytes: usize,
    closed: bool,
}

impl Outbox {
    /// Adds a message at the end.
    ///
    /// # Errors
    /// When the queue is full or closed. A message is taken by an empty queue however large it is.
    pub(crate) fn push(&self, message: Message) -> Result<(), NotSent> {
        let mut queue = self.lock();
        if queue.closed {
            return Err(NotSent::Gone);
        }
        let bytes = queue.bytes + message.len();
        let full = queue.messages.len() >= MAX_QUEUED || bytes > MAX_QUEUED_BYTES;
        if full && !queue.messages.is_empty() {
            return Err(NotSent::Full);
        }
        queue.bytes = bytes;
        queue.messages.push_back(message);
        drop(queue);
        self.filled.notify_one();
        Ok(())
    }

    /// Takes the message that has waited longest, waiting for one where there is none.
    ///
    /// # Cancel safety
    /// Nothing is lost.
    pub(super) async fn next(&self) -> Message {
        loop {
            if let Some(message) = self.try_next() {
                return message;
            }
            self.filled.notified().await;
        }
    }

    /// Takes the message that has waited longest.
    pub(crate) fn try_next(&self) -> Option<Message> {
        let mut queue = self.lock();
        let message = queue.messages.pop_front()?;
        queue.bytes -= message.len();
        if queue.messages.is_empty() && queue.messages.capacity() > ROOM_KEPT {
            queue.messages = VecDeque::new();
        }
        Some(message)
    }

    /// Takes nothing any more; what waits can still be had.
    pub(super) fn close(&self) {
        self.lock().closed = true;
    }

    pub(crate) fn is_closed(&self) -> bool {
        self.lock().closed
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_length(length: usize) -> Message {
        Message::text("x".repeat(length))
    }

    #[test]
    fn a_client_that_never_reads_costs_no_more_than_its_share() {
        let outbox = Outbox::default();
        let taken = (0..100)
            .take_while(|_| outbox.push(of_length(MAX_MESSAGE)).is_ok())
            .count();
        assert_eq!(taken, 8);
        assert_eq!(outbox.push(of_length(1)), Err(NotSent::Full));
    }

    #[test]
    fn many_small_messages_are_bounded_too() {
        let outbox = Outbox::default();
        let taken = (0..10_000)
            .take_while(|_| outbox.push(of_length(0)).is_ok())
            .count();
        assert_eq!(taken, MAX_QUEUED);
    }

    #[test]
    fn what_is_taken_out_makes_room_and_leaves_no_memory_behind() {
        let outbox = Outbox::default();
        while outbox.push(of_length(4096)).is_ok() {}
        let all = std::iter::from_fn(|| outbox.try_next());
        assert_eq!(
            all.map(|message| message.len()).sum::<usize>(),
            MAX_QUEUED_BYTES
        );
        assert_eq!(outbox.lock().messages.capacity(), 0);
        assert_eq!(outbox.push(of_length(MAX_QUEUED_BYTES)), Ok(()));
    }

    #[test]
    fn a_closed_outbox_takes_nothing_and_still_gives() {
        let outbox = Outbox::default();
        outbox.push("last".into()).unwrap();
        outbox.close();
        assert_eq!(outbox.push("late".into()), Err(NotSent::Gone));
        assert_eq!(outbox.try_next(), Some("last".into()));
        assert_eq!(outbox.try_next(), None);
    }

    #[tokio::test]
    async fn who_waits_is_woken_by_a_message() {
        let outbox = std::sync::Arc::new(Outbox::default());
        let waiting = tokio::spawn({
            let outbox = std::sync::Arc::clone(&outbox);
            async move { outbox.next().await }
        });
        tokio::task::yield_now().await;
        outbox.push("now".into()).unwrap();
        assert_eq!(waiting.await.unwrap(), "now".into());
    }
}
