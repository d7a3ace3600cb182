//! What everybody said, in order.
//!
//! API Gateway promises no order of delivery, so the order is that in which it received the messages; the message id
//! settles ties, the same way for everybody.

use std::sync::Arc;

use crate::event::Message;
use crate::limits::TIMELINE_MESSAGES;

/// One message on the page.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What was said, by whom, when.
    pub message: Message,
    /// Whether it was said here.
    pub own: bool,
}

/// The newest [`TIMELINE_MESSAGES`] messages, each once, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Timeline {
    entries: Vec<Arc<Entry>>,
    trimmed: bool,
}

impl Timeline {
    /// The messages, oldest first. Cheap to clone one by one.
    pub fn entries(&self) -> &[Arc<Entry>] {
        &self.entries
    }

    /// Whether older messages had to go.
    pub fn is_trimmed(&self) -> bool {
        self.trimmed
    }

    /// Puts a message in its place; one that is there already changes nothing.
    pub(super) fn insert(&mut self, message: Message, own: bool) {
        // From the end, because nearly every message is the newest.
        let place = self
            .entries
            .iter()
            .rposition(|entry| key(&entry.message) <= key(&message));
        let index = match place {
            Some(index) if key(&self.entries[index].message) == key(&message) => return,
            Some(index) => index + 1,
            None => 0,
        };
        if self.entries.len() == TIMELINE_MESSAGES {
            self.trimmed = true;
            if index == 0 {
                return;
            }
            self.entries.remove(0);
            self.entries
                .insert(index - 1, Arc::new(Entry { message, own }));
        } else {
            self.entries.insert(index, Arc::new(Entry { message, own }));
        }
    }
}

fn key(message: &Message) -> (i64, &str) {
    (message.request_time_epoch, message.message_id.as_str())
}
