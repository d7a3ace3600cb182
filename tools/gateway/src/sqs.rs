//! SQS on this machine: the queues of the template, in memory, behind the JSON protocol of the SDKs.
//!
//! `queue` decides what becomes of messages, `action` what a request means; `message` writes messages as clients and
//! functions see them. Signatures are not verified, and queues cannot be created: the template does that. The older query
//! protocol (SDK for JavaScript v2, boto3 before 1.28) is refused with a remedy.

mod action;
pub(crate) mod message;
mod queue;

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use tokio::{sync::Notify, time::Instant};
use tracing::warn;

pub(crate) use self::action::{Call, answer};
use self::queue::Queue;
pub(crate) use self::queue::{Outgoing, Received, Refusal};
use crate::{
    clock::Clock,
    template::{
        self,
        resolve::{ACCOUNT, REGION},
    },
};

/// How often a waiting receiver looks for messages whose delay or visibility timeout has passed.
const TICK: Duration = Duration::from_millis(100);

/// Largest request, in bytes: a batch of messages with what surrounds them.
pub(crate) const MAX_REQUEST: usize = 2 * 1024 * 1024;

/// Whether a request is for SQS: by the header of the JSON protocol, or by the path of a queue's URL.
pub(crate) fn is_for_queues(request: &http::request::Parts) -> bool {
    let by_header = request.headers.get("x-amz-target");
    let by_path = request
        .uri
        .path()
        .strip_prefix('/')
        .and_then(|path| path.split('/').next());
    request.method == http::Method::POST
        && (by_header.is_some_and(|target| target.as_bytes().starts_with(b"AmazonSQS."))
            || by_path == Some(ACCOUNT))
}

/// All queues. Clones share them.
#[derive(Debug, Clone)]
pub(crate) struct Queues(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    // Locked only for one operation, never across an await.
    by_name: Mutex<BTreeMap<String, Queue>>,
    sent: Notify,
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
            sent: Notify::new(),
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

    /// Sends a plain message, as services do. One to a queue that does not exist is logged.
    pub(crate) fn send(&self, name: &str, body: String) {
        let message = Outgoing::plain(body);
        match self.with(name, |queue, now| queue.send(now, message)) {
            Some(Ok(_)) => self.0.sent.notify_waiters(),
            Some(Err(refusal)) => warn!("the queue {name} refuses a message: {refusal}"),
            None => warn!("there is no queue {name} for a message"),
        }
    }

    /// Runs an operation on a queue at the present time in milliseconds. `None` when there is no such queue.
    fn with<T>(&self, name: &str, operation: impl FnOnce(&mut Queue, i64) -> T) -> Option<T> {
        let now = self.0.clock.now().as_millisecond();
        self.lock().get_mut(name).map(|queue| operation(queue, now))
    }

    /// Takes up to `most` messages, waiting until `deadline` for the first.
    ///
    /// # Cancel safety
    /// Messages that were taken become visible again when their timeout has passed.
    pub(crate) async fn receive(
        &self,
        name: &str,
        most: usize,
        visibility: Option<Duration>,
        deadline: Instant,
    ) -> Option<Vec<Received>> {
        loop {
            let sent = self.0.sent.notified();
            let (messages, dead, dead_letters) = self.with(name, |queue, now| {
                let (messages, dead) = queue.receive(now, most, visibility);
                (messages, dead, queue.dead_letter_queue())
            })?;
            if let Some(target) = dead_letters.filter(|_| !dead.is_empty()) {
                warn!(
                    "queue      {name}: {} received too often and moved to {target}",
                    dead.len()
                );
                self.with(&target, |queue, now| queue.adopt(now, dead));
                self.0.sent.notify_waiters();
            }
            if !messages.is_empty() || Instant::now() >= deadline {
                return Some(messages);
            }
            tokio::select! {
                () = sent => {}
                () = tokio::time::sleep_until(deadline.min(Instant::now() + TICK)) => {}
            }
        }
    }

    /// Deletes a message by its receipt handle.
    pub(crate) fn delete(&self, name: &str, receipt: &str) {
        self.with(name, |queue, _| queue.delete(receipt));
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<String, Queue>> {
        self.0
            .by_name
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

/// A queue's ARN.
pub(crate) fn arn(name: &str) -> String {
    format!("arn:aws:sqs:{REGION}:{ACCOUNT}:{name}")
}
