//! SQS on this machine: the queues of the template, in memory, behind the protocols of the SDKs.
//!
//! `protocol` reads requests and writes responses, with `query` for the older of the two protocols; `action` decides what a
//! request means, `queue` what happens to messages; `message` writes messages as clients and functions see them. Signatures
//! are not verified, and queues cannot be created: the template does that.

mod action;
mod error;
pub(crate) mod message;
mod protocol;
mod query;
mod queue;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};
use tracing::warn;

pub(crate) use self::message::Received;
pub(crate) use self::protocol::{Call, answer, by_form, is_for_queues};
use self::queue::Queue;
pub(crate) use self::queue::{Outgoing, Refusal};
use crate::{
    clock::Clock,
    template::{self, resolve::ACCOUNT},
};

/// Largest request, in bytes: a batch of messages with what surrounds them.
pub(crate) const MAX_REQUEST: usize = 2 * 1024 * 1024;

/// All queues. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Queues(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    // Locked only for one operation, never across an await.
    by_name: Mutex<BTreeMap<String, Queue>>,
    /// Wakes receivers, because an operation may have made messages available.
    changed: Notify,
    clock: Clock,
    address: SocketAddr,
}

impl Queues {
    /// Empty queues, reached under `address`.
    pub(crate) fn new(queues: &[template::Queue], clock: Clock, address: SocketAddr) -> Self {
        let by_name = queues
            .iter()
            .map(|queue| (queue.name.clone(), Queue::new(queue.clone())));
        Self(Arc::new(Inner {
            by_name: Mutex::new(by_name.collect()),
            changed: Notify::new(),
            clock,
            address,
        }))
    }

    pub(crate) fn url(&self, name: &str) -> String {
        format!("http://{}/{ACCOUNT}/{name}", self.0.address)
    }

    pub(crate) fn names(&self) -> Vec<String> {
        self.lock().keys().cloned().collect()
    }

    /// Messages of each queue that are visible, being processed, and delayed.
    pub(crate) fn counts(&self) -> Vec<(String, [usize; 3])> {
        let now = self.0.clock.now().as_millisecond();
        let queues = self.lock();
        let counts = queues
            .iter()
            .map(|(name, queue)| (name.clone(), queue.counts(now)));
        counts.collect()
    }

    /// Sends a message on behalf of a service. Logs a warning if the queue does not exist.
    pub(crate) fn send(&self, name: &str, message: Outgoing) {
        match self.change(name, |queue, now| queue.send(now, message)) {
            Some(Ok(_)) => {}
            Some(Err(refusal)) => warn!("the queue {name} rejects a message: {refusal}"),
            None => warn!("there is no queue {name} for a message"),
        }
    }

    /// Runs an operation on a queue with the current time in milliseconds. `None` when there is no such queue.
    fn with<T>(&self, name: &str, operation: impl FnOnce(&mut Queue, i64) -> T) -> Option<T> {
        let now = self.0.clock.now().as_millisecond();
        self.lock().get_mut(name).map(|queue| operation(queue, now))
    }

    /// The same for an operation after which receivers may get messages that they wait for.
    fn change<T>(&self, name: &str, operation: impl FnOnce(&mut Queue, i64) -> T) -> Option<T> {
        let result = self.with(name, operation);
        self.0.changed.notify_waiters();
        result
    }

    /// Takes up to `max` messages, waiting until `deadline` for the first. `None` if there is no such queue.
    ///
    /// # Cancel safety
    /// Messages that were taken become visible again when their timeout has passed.
    pub(crate) async fn receive(
        &self,
        name: &str,
        max: usize,
        visibility: Option<Duration>,
        deadline: Instant,
    ) -> Option<Vec<Received>> {
        loop {
            let changed = self.0.changed.notified();
            let (messages, dead, dead_letters, next) = self.with(name, |queue, now| {
                let (messages, dead) = queue.receive(now, max, visibility);
                let next = queue.next_visible(now).map(|time| time.abs_diff(now));
                (messages, dead, queue.dead_letter_queue(), next)
            })?;
            if let Some(target) = dead_letters.filter(|_| !dead.is_empty()) {
                warn!(
                    "queue      {name}: {} received too often and moved to {target}",
                    dead.len()
                );
                self.change(&target, |queue, now| queue.adopt(now, dead));
            }
            if !messages.is_empty() || Instant::now() >= deadline {
                return Some(messages);
            }
            let visible = async {
                match next {
                    Some(wait) => {
                        let time = self.0.clock.instant() + Duration::from_millis(wait);
                        self.0.clock.sleep_until(time).await;
                    }
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = changed => {}
                () = visible => {}
                () = tokio::time::sleep_until(deadline) => {}
            }
        }
    }

    /// Deletes a message by its receipt handle.
    pub(crate) fn delete(&self, name: &str, receipt: &str) {
        self.change(name, |queue, _| queue.delete(receipt));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Queue>> {
        self.0
            .by_name
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The queue `work.fifo` with the group `g`, in which `a` was received and `b` waits for it to be processed.
    async fn group_in_progress(clock: &Clock) -> (Queues, String) {
        let settings = template::Queue {
            content_based_deduplication: true,
            ..template::Queue::named("work.fifo", true)
        };
        let queues = Queues::new(&[settings], clock.clone(), ([127, 0, 0, 1], 1).into());
        for body in ["a", "b"] {
            let message = Outgoing {
                group: Some("g".to_owned()),
                ..Outgoing::plain(body.to_owned())
            };
            let sent = queues.with("work.fifo", |queue, now| queue.send(now, message));
            sent.unwrap().unwrap();
        }
        let first = receive(&queues, 1).await;
        assert_eq!(first[0].body, "a");
        (queues, first[0].receipt.clone())
    }

    async fn receive(queues: &Queues, max: usize) -> Vec<Received> {
        let deadline = Instant::now() + Duration::from_mins(1);
        let received = queues.receive("work.fifo", max, None, deadline).await;
        received.unwrap()
    }

    /// The messages of a receiver that waits while `meanwhile` happens.
    async fn received_after(queues: &Queues, meanwhile: impl FnOnce()) -> Vec<String> {
        let mut waiting = std::pin::pin!(receive(queues, 10));
        assert!(futures::poll!(waiting.as_mut()).is_pending());
        meanwhile();
        let received = tokio::time::timeout(Duration::from_secs(20), waiting).await;
        let received = received.expect("the receiver was not woken");
        received.into_iter().map(|message| message.body).collect()
    }

    #[tokio::test]
    async fn deleting_a_message_wakes_the_receiver_of_the_next_one_in_its_group() {
        let (queues, receipt) = group_in_progress(&Clock::default()).await;
        let received = received_after(&queues, || queues.delete("work.fifo", &receipt)).await;
        assert_eq!(received, ["b"]);
    }

    #[tokio::test]
    async fn a_receiver_gets_a_message_when_its_visibility_timeout_has_passed() {
        let clock = Clock::default();
        let (queues, _) = group_in_progress(&clock).await;
        let received = received_after(&queues, || clock.advance(Duration::from_secs(30))).await;
        assert_eq!(received, ["a", "b"]);
    }
}
