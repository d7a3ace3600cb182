//! Bounds the memory that all clients together can make the gateway use.
//!
//! [`Incoming`] counts messages from the moment they are read until their function is done with them; a reader that
//! exceeds it waits. [`Queued`] counts messages that wait to be sent; a sender that exceeds it is refused.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limits::{MAX_INCOMING_BYTES, MAX_QUEUED_BYTES};

/// Unit in which incoming memory is counted, because a semaphore's permits are 32-bit numbers.
const UNIT: usize = 1024;
/// Memory of a message besides its text: ids, times and the rest of the event.
const OVERHEAD: usize = 2 * 1024;

/// Memory for messages that are being processed.
#[derive(Debug, Clone)]
pub(crate) struct Incoming(Arc<Semaphore>);

impl Default for Incoming {
    fn default() -> Self {
        Self::new(MAX_INCOMING_BYTES)
    }
}

impl Incoming {
    /// Room for this many bytes.
    pub(crate) fn new(bytes: usize) -> Self {
        Self(Arc::new(Semaphore::new(bytes / UNIT)))
    }

    /// Waits until a message fits. The memory is released when the result is dropped.
    ///
    /// # Cancel safety
    /// Nothing is reserved when dropped early; the place in the queue is lost.
    pub(crate) async fn reserve(&self, text: &str) -> Option<OwnedSemaphorePermit> {
        let bytes = text.len() + length_in_json(text) + OVERHEAD;
        let units = u32::try_from(bytes.div_ceil(UNIT)).unwrap_or(u32::MAX);
        Arc::clone(&self.0).acquire_many_owned(units).await.ok()
    }
}

/// Bytes of a text within a JSON string: the event holds the message escaped, up to six times as long.
fn length_in_json(text: &str) -> usize {
    text.bytes()
        .map(|byte| match byte {
            b'"' | b'\\' | b'\n' | b'\r' | b'\t' | 0x08 | 0x0C => 2,
            0..0x20 => 6,
            _ => 1,
        })
        .sum()
}

/// Memory for messages that wait to be sent.
#[derive(Debug)]
pub(crate) struct Queued {
    used: AtomicUsize,
    max: usize,
}

impl Default for Queued {
    fn default() -> Self {
        Self::new(MAX_QUEUED_BYTES)
    }
}

impl Queued {
    /// Room for this many bytes.
    pub(crate) fn new(max: usize) -> Self {
        Self {
            used: AtomicUsize::new(0),
            max,
        }
    }

    /// Takes the bytes, unless that would exceed the bound.
    pub(crate) fn try_take(&self, bytes: usize) -> bool {
        let fits = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= self.max);
        self.used
            .fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits)
            .is_ok()
    }

    /// Takes the bytes even above the bound.
    pub(crate) fn take(&self, bytes: usize) {
        self.used.fetch_add(bytes, Ordering::Relaxed);
    }

    /// Gives bytes back.
    pub(crate) fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_length_in_json_is_the_one_of_the_serializer() {
        for text in ["", "plain", "olá 👋🏽", "\"\\\n\t\u{1}\u{1f}\u{7f}\u{8}\u{c}"] {
            let serialized = serde_json::to_string(text).unwrap();
            assert_eq!(length_in_json(text) + 2, serialized.len(), "{text:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_waits_until_others_have_released_their_memory() {
        let incoming = Incoming::new(300 * 1024);
        let escaped = "\u{1}".repeat(32 * 1024);
        let held = incoming.reserve(&escaped).await.unwrap();
        let late = incoming.reserve(&escaped);
        let waited = tokio::time::timeout(std::time::Duration::from_secs(1), late).await;
        assert!(waited.is_err(), "two escaped messages exceed 300 KB");
        drop(held);
        assert!(incoming.reserve(&escaped).await.is_some());
    }
}
