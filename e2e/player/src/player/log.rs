//! Everything that happens in a conversation, with times: for whoever wants to see it whole.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio_tungstenite::tungstenite::Message;

use super::arrival::Arrival;
use crate::transcript::TerminalId;

/// What happens, in the order in which it does. Clones write into the same one.
#[derive(Clone, Debug)]
pub struct Log {
    begun: Instant,
    entries: Arc<Mutex<Vec<Entry>>>,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// How long after the beginning.
    pub at: Duration,
    /// In which terminal.
    pub terminal: TerminalId,
    /// What, as a transcript writes it.
    pub what: String,
}

impl Log {
    /// An empty one, which begins now.
    pub fn begin() -> Self {
        Self {
            begun: Instant::now(),
            entries: Arc::default(),
        }
    }

    /// What has happened so far.
    pub fn entries(&self) -> Vec<Entry> {
        let entries = self.entries.lock();
        entries.unwrap_or_else(PoisonError::into_inner).clone()
    }

    pub(super) fn note(&self, terminal: TerminalId, what: impl Into<String>) {
        let entry = Entry {
            at: self.begun.elapsed(),
            terminal,
            what: what.into(),
        };
        let entries = self.entries.lock();
        entries.unwrap_or_else(PoisonError::into_inner).push(entry);
    }
}

/// A message that is sent, as a transcript writes it.
pub(super) fn sent(message: &Message) -> String {
    match message {
        Message::Text(text) => format!("> {text}"),
        Message::Binary(bytes) => {
            let shown = Arrival::Binary(bytes.to_vec()).to_string();
            format!(">{}", &shown[1..])
        }
        Message::Ping(data) => format!("> /ping {}", String::from_utf8_lossy(data)),
        Message::Pong(data) => format!("> /pong {}", String::from_utf8_lossy(data)),
        Message::Close(_) | Message::Frame(_) => "> /close".to_owned(),
    }
}
