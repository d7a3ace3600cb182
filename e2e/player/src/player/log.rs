//! A record of a conversation, with times, for verbose output and reports. Bounded: a long conversation keeps its beginning and end.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use tokio_tungstenite::tungstenite::Message;

use super::arrival::Arrival;
use super::settings::Variables;
use crate::diagnostic::clip_frame;
use crate::transcript::TerminalId;

/// How many entries are kept from the beginning, and how many from the end.
const KEPT: usize = 500;

/// What happens, in order. Clones write into the same log.
#[derive(Clone, Debug)]
pub struct Log {
    begun: Instant,
    variables: Arc<Variables>,
    entries: Arc<Mutex<Entries>>,
}

#[derive(Debug, Default)]
struct Entries {
    first: Vec<Entry>,
    last: VecDeque<Entry>,
    dropped: usize,
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// How long after the beginning.
    pub at: Duration,
    /// In which terminal.
    pub terminal: TerminalId,
    /// What, as a transcript writes it, on one line, and shortened if it is long.
    pub what: String,
}

impl Log {
    /// An empty log that begins now. Secret variables are masked.
    pub fn begin(variables: &Variables) -> Self {
        Self {
            begun: Instant::now(),
            variables: Arc::new(variables.clone()),
            entries: Arc::default(),
        }
    }

    /// Everything that has happened so far. If entries in the middle were dropped, an entry says how many.
    pub fn entries(&self) -> Vec<Entry> {
        let entries = self.entries.lock();
        let entries = entries.unwrap_or_else(PoisonError::into_inner);
        let mut all = entries.first.clone();
        if let Some(next) = entries.last.front().filter(|_| entries.dropped > 0) {
            let what = format!("# {} lines left out", entries.dropped);
            all.push(Entry {
                what,
                ..next.clone()
            });
        }
        all.extend(entries.last.iter().cloned());
        all
    }

    pub(super) fn note(&self, terminal: TerminalId, what: &str) {
        let entry = Entry {
            at: self.begun.elapsed(),
            terminal,
            what: clip_frame(&self.variables.mask(what)),
        };
        let entries = self.entries.lock();
        let mut entries = entries.unwrap_or_else(PoisonError::into_inner);
        if entries.first.len() < KEPT {
            entries.first.push(entry);
            return;
        }
        if entries.last.len() == KEPT {
            entries.last.pop_front();
            entries.dropped += 1;
        }
        entries.last.push_back(entry);
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_conversation_keeps_its_beginning_and_its_end() {
        let log = Log::begin(&Variables::default());
        for number in 0..2_000 {
            log.note(TerminalId(0), &format!("< {number}"));
        }
        let entries = log.entries();
        assert_eq!(entries.len(), 2 * KEPT + 1);
        assert_eq!(entries[KEPT].what, "# 1000 lines left out");
        assert_eq!(entries[2 * KEPT].what, "< 1999");
    }
}
