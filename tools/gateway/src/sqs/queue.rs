//! One queue: which messages a receiver gets, and when they come back. Pure: the time in milliseconds is passed in.
//!
//! <https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/welcome.html>

use std::{
    collections::{BTreeSet, HashMap, VecDeque},
    time::Duration,
};

use serde_json::{Map, Value as Json};

use super::message::{self, Received};
use crate::{ids, template};

/// Largest message with its attributes, in bytes
/// (<https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/quotas-messages.html>).
pub(super) const MAX_MESSAGE: usize = 1024 * 1024;
/// How long a FIFO queue remembers deduplication ids, in milliseconds.
const DEDUPLICATION_MS: i64 = 5 * 60 * 1000;
/// Maximum number of messages in a queue. AWS has no limit.
const MAX_MESSAGES: usize = 100_000;

/// A message to send.
#[derive(Debug, Clone, Default)]
pub(crate) struct Outgoing {
    pub(crate) body: String,
    pub(crate) attributes: Map<String, Json>,
    pub(crate) delay: Option<Duration>,
    pub(crate) group: Option<String>,
    pub(crate) deduplication: Option<String>,
}

impl Outgoing {
    /// A message that has only a body.
    pub(crate) fn plain(body: String) -> Self {
        Self {
            body,
            ..Self::default()
        }
    }
}

/// The result of sending a message.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Sent {
    pub(crate) id: String,
    /// Of FIFO queues.
    pub(crate) sequence: Option<String>,
}

/// Why a message is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("The request must contain the parameter MessageGroupId.")]
    GroupMissing,
    #[error(
        "The queue should either have ContentBasedDeduplication enabled or MessageDeduplicationId provided explicitly"
    )]
    DeduplicationMissing,
    #[error(
        "One or more parameters are invalid. Reason: Message must be shorter than 1048576 bytes."
    )]
    TooLong,
    #[error("The queue holds 100000 messages already, which is the limit here")]
    Full,
}

/// A message that waits or is being processed.
#[derive(Debug, Clone)]
pub(super) struct Stored {
    message: Outgoing,
    id: String,
    sent_at: i64,
    /// When receivers can get it.
    visible_at: i64,
    first_received_at: Option<i64>,
    receive_count: u32,
    receipt: Option<String>,
    sequence: Option<String>,
}

/// A standard or FIFO queue.
#[derive(Debug)]
pub(crate) struct Queue {
    settings: template::Queue,
    /// In the order in which they were sent.
    messages: VecDeque<Stored>,
    /// When and with which result a deduplication id was used.
    seen: HashMap<String, (i64, Sent)>,
    sequence: u64,
}

impl Queue {
    pub(super) fn new(settings: template::Queue) -> Self {
        Self {
            settings,
            messages: VecDeque::new(),
            seen: HashMap::new(),
            sequence: 0,
        }
    }

    pub(super) fn settings(&self) -> &template::Queue {
        &self.settings
    }

    pub(super) fn dead_letter_queue(&self) -> Option<String> {
        self.settings
            .redrive
            .as_ref()
            .map(|redrive| redrive.queue.clone())
    }

    pub(super) fn send(&mut self, now: i64, mut message: Outgoing) -> Result<Sent, Refusal> {
        let attributes = serde_json::to_string(&message.attributes).unwrap_or_default();
        if message.body.len() + attributes.len() > MAX_MESSAGE {
            return Err(Refusal::TooLong);
        }
        if self.messages.len() >= MAX_MESSAGES {
            return Err(Refusal::Full);
        }
        let mut sequence = None;
        if self.settings.fifo {
            if message.group.is_none() {
                return Err(Refusal::GroupMissing);
            }
            if message.deduplication.is_none() && self.settings.content_based_deduplication {
                message.deduplication = Some(message::md5(message.body.as_bytes()));
            }
            let id = message
                .deduplication
                .clone()
                .ok_or(Refusal::DeduplicationMissing)?;
            self.seen.retain(|_, (at, _)| now - *at < DEDUPLICATION_MS);
            if let Some((_, sent)) = self.seen.get(&id) {
                return Ok(sent.clone());
            }
            self.sequence += 1;
            // Twenty digits, as on AWS.
            sequence = Some(format!(
                "{:020}",
                18_000_000_000_000_000_000 + self.sequence
            ));
        }
        let sent = Sent {
            id: ids::uuid(),
            sequence: sequence.clone(),
        };
        if let Some(id) = message.deduplication.clone().filter(|_| self.settings.fifo) {
            self.seen.insert(id, (now, sent.clone()));
        }
        let delay = message.delay.filter(|_| !self.settings.fifo);
        self.messages.push_back(Stored {
            visible_at: now + milliseconds(delay.unwrap_or(self.settings.delay)),
            message,
            id: sent.id.clone(),
            sent_at: now,
            first_received_at: None,
            receive_count: 0,
            receipt: None,
            sequence,
        });
        Ok(sent)
    }

    /// Takes up to `max` messages, and those that were received too often.
    pub(super) fn receive(
        &mut self,
        now: i64,
        max: usize,
        visibility: Option<Duration>,
    ) -> (Vec<Received>, VecDeque<Stored>) {
        let retention = milliseconds(self.settings.retention);
        self.messages
            .retain(|stored| now - stored.sent_at < retention);
        let visible_at = now + milliseconds(visibility.unwrap_or(self.settings.visibility_timeout));
        let limit = self
            .settings
            .redrive
            .as_ref()
            .map(|redrive| redrive.max_receive_count);
        let (mut received, mut dead) = (Vec::new(), BTreeSet::new());
        // A group of a FIFO queue waits as long as one of its messages is being processed.
        let mut blocked = BTreeSet::new();
        for (index, stored) in self.messages.iter_mut().enumerate() {
            if received.len() >= max {
                break;
            }
            let group = stored.message.group.clone().filter(|_| self.settings.fifo);
            if group.as_ref().is_some_and(|group| blocked.contains(group)) {
                continue;
            }
            if stored.visible_at > now {
                blocked.extend(group);
                continue;
            }
            if limit.is_some_and(|limit| stored.receive_count >= limit) {
                dead.insert(index);
                continue;
            }
            stored.receive_count += 1;
            stored.visible_at = visible_at;
            stored.first_received_at.get_or_insert(now);
            let receipt = format!("{}-{}", ids::uuid(), stored.id);
            stored.receipt = Some(receipt.clone());
            received.push(stored.received(receipt, now));
        }
        if dead.is_empty() {
            return (received, VecDeque::new());
        }
        let mut indices = 0..;
        let (dead, kept) = std::mem::take(&mut self.messages)
            .into_iter()
            .partition(|_| indices.next().is_some_and(|index| dead.contains(&index)));
        self.messages = kept;
        (received, dead)
    }

    /// When the next invisible message becomes visible.
    pub(super) fn next_visible(&self, now: i64) -> Option<i64> {
        let times = self.messages.iter().map(|stored| stored.visible_at);
        times.filter(|time| *time > now).min()
    }

    /// Adds messages that another queue has given up. They keep their ids.
    pub(super) fn adopt(&mut self, now: i64, messages: VecDeque<Stored>) {
        self.messages
            .extend(messages.into_iter().map(|stored| Stored {
                visible_at: now,
                receive_count: 0,
                first_received_at: None,
                receipt: None,
                ..stored
            }));
    }

    /// Deletes the message that was received with this handle.
    pub(super) fn delete(&mut self, receipt: &str) {
        self.messages
            .retain(|stored| stored.receipt.as_deref() != Some(receipt));
    }

    /// Sets the time after which a message becomes visible again. False for an unknown handle.
    pub(super) fn change_visibility(&mut self, now: i64, receipt: &str, timeout: Duration) -> bool {
        let mut messages = self.messages.iter_mut();
        let found = messages.find(|stored| stored.receipt.as_deref() == Some(receipt));
        found.is_some_and(|stored| {
            stored.visible_at = now + milliseconds(timeout);
            true
        })
    }

    pub(super) fn purge(&mut self) {
        self.messages.clear();
    }

    /// Messages that are visible, being processed, and delayed.
    pub(super) fn counts(&self, now: i64) -> [usize; 3] {
        let mut counts = [0; 3];
        for stored in &self.messages {
            let kind = match (stored.visible_at <= now, stored.receipt.is_some()) {
                (true, _) => 0,
                (false, true) => 1,
                (false, false) => 2,
            };
            counts[kind] += 1;
        }
        counts
    }
}

impl Stored {
    fn received(&self, receipt: String, now: i64) -> Received {
        Received {
            id: self.id.clone(),
            receipt,
            body: self.message.body.clone(),
            attributes: self.message.attributes.clone(),
            sent_at: self.sent_at,
            first_received_at: self.first_received_at.unwrap_or(now),
            receive_count: self.receive_count,
            group: self.message.group.clone(),
            deduplication: self.message.deduplication.clone(),
            sequence: self.sequence.clone(),
        }
    }
}

fn milliseconds(duration: Duration) -> i64 {
    i64::try_from(duration.as_millis()).unwrap_or(i64::MAX / 2)
}

#[cfg(test)]
mod tests;
