//! SQS queues as an event source: takes messages, invokes a function with batches of them, deletes those that succeed.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/with-sqs.html>. A message that fails comes back after its visibility timeout,
//! until the queue's redrive policy moves it to the dead-letter queue.

use std::{sync::Arc, time::Duration};

use tokio::time::Instant;
use tracing::warn;

use super::{batch::failures, invoke::invoke};
use crate::{
    functions::Function,
    sqs::{Queues, Received, message::for_function},
    template::EventSource,
};

/// How long one poll waits for messages.
const POLL: Duration = Duration::from_secs(20);
/// Pollers of a queue, and so batches that are processed at the same time. Lambda begins with five.
pub(crate) const POLLERS: usize = 5;

/// A mapping from a queue to a function.
pub(crate) struct QueuePoller {
    pub(crate) mapping: EventSource,
    /// The queue's name.
    pub(crate) queue: String,
    pub(crate) function: Arc<Function>,
    pub(crate) queues: Queues,
}

impl QueuePoller {
    /// Polls until dropped. Returns only when there is no such queue.
    pub(crate) async fn poll(&self) {
        loop {
            let Some(mut messages) = self.receive(self.mapping.batch_size, POLL).await else {
                return;
            };
            let window = Instant::now() + self.mapping.window;
            while !messages.is_empty()
                && messages.len() < self.mapping.batch_size
                && Instant::now() < window
            {
                let left = window.saturating_duration_since(Instant::now());
                let room = self.mapping.batch_size - messages.len();
                messages.extend(self.receive(room, left).await.unwrap_or_default());
            }
            if !messages.is_empty() {
                self.deliver(messages).await;
            }
        }
    }

    async fn receive(&self, max: usize, wait: Duration) -> Option<Vec<Received>> {
        let deadline = Instant::now() + wait;
        self.queues.receive(&self.queue, max, None, deadline).await
    }

    async fn deliver(&self, messages: Vec<Received>) {
        let (mut records, mut receipts) = (Vec::new(), Vec::new());
        for message in &messages {
            let record = for_function(message, &self.queue);
            // Messages that no filter accepts are deleted.
            if self.mapping.accepts(&record) {
                records.push(record);
                receipts.push((message.id.as_str(), message.receipt.as_str()));
            } else {
                self.queues.delete(&self.queue, &message.receipt);
            }
        }
        if records.is_empty() {
            return;
        }
        let Ok(response) = invoke(&self.function, "queue", &self.queue, &records).await else {
            return;
        };
        let name = &self.function.spec.logical_id;
        let failed = if self.mapping.reports_failures {
            let Some(failed) = failures(&response) else {
                return warn!(
                    "{name}: the response is not a list of batchItemFailures; all messages come back"
                );
            };
            if failed
                .iter()
                .any(|id| receipts.iter().all(|(known, _)| known != id))
            {
                return warn!(
                    "{name}: batchItemFailures names an unknown message; all messages come back"
                );
            }
            failed
        } else {
            Vec::new()
        };
        for (id, receipt) in receipts {
            if !failed.iter().any(|failed| failed == id) {
                self.queues.delete(&self.queue, receipt);
            }
        }
    }
}
