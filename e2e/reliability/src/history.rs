//! The evidence of a run: the message log, and what every client sent, believed and displayed.
//!
//! Data only. [`recorder`](crate::recorder) fills it while the run lasts, [`checker`](crate::checker) judges it afterwards.

mod page;

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use papo_protocol::session::Pending;
use papo_protocol::{ClientMessageId, Epoch, LogEntry, Seq};

pub(crate) use page::is_as_written;
pub use page::{PageHistory, Snapshot};

/// The history of a whole run.
#[derive(Debug, Default)]
pub struct History {
    /// The final message log.
    pub log: Vec<LogEntry>,
    /// Everything that was ever written to any message log.
    pub written: WrittenLog,
    /// Losses that were injected on purpose, and so excuse missing messages.
    pub losses: Losses,
    /// Edits and deletions by people other than the author that were put into the log on purpose, and that no page may apply.
    pub forged: BTreeSet<String>,
    /// Messages that were sent to a back end that knows only the original protocol, which keeps nothing: they may be missing in
    /// the log, and may have failed.
    pub unkept: BTreeSet<ClientMessageId>,
    /// The ids of messages by hostile clients, which may be in the log or not.
    pub hostile: BTreeSet<String>,
    /// One entry per client.
    pub clients: Vec<ClientHistory>,
}

/// Losses that were injected on purpose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Losses {
    /// The table was lost, so a new log with a new epoch began.
    pub table: bool,
    /// Messages reached the end of their retention.
    pub expiry: bool,
}

impl Losses {
    /// Whether every message must still be in the log.
    pub fn is_none(self) -> bool {
        self == Self::default()
    }
}

/// Every entry that was ever written, as it was written, by epoch and number.
#[derive(Clone, Debug, Default)]
pub struct WrittenLog {
    entries: BTreeMap<String, BTreeMap<Seq, LogEntry>>,
    keys: BTreeSet<String>,
}

impl WrittenLog {
    /// Adds an entry of the log `epoch`. One without a number is ignored.
    pub fn insert(&mut self, epoch: &Epoch, entry: LogEntry) {
        let Some(seq) = entry.seq() else { return };
        self.keys.insert(key(&entry).to_owned());
        let log = self.entries.entry(epoch.as_str().to_owned()).or_default();
        log.insert(seq, entry);
    }

    /// The entry with this number in the log `epoch`.
    pub fn get(&self, epoch: &str, seq: Seq) -> Option<&LogEntry> {
        self.entries.get(epoch)?.get(&seq)
    }

    /// Whether an entry with this id was ever written.
    pub fn contains(&self, id: &str) -> bool {
        self.keys.contains(id)
    }
}

/// Identifies an entry: its `clientMessageId`, or else its text.
pub(crate) fn key(entry: &LogEntry) -> &str {
    match (entry.client_message_id(), entry) {
        (Some(id), _) => id.as_str(),
        (None, LogEntry::Message(message)) => &message.message,
        (None, _) => "a change without an id",
    }
}

/// Everything about one client, from its first page to its last.
#[derive(Clone, Debug, Default)]
pub struct ClientHistory {
    /// Number of the client, counted from 0.
    pub number: usize,
    /// The messages that it sent, in order.
    pub sent: Vec<Sent>,
    /// Whether it introduces itself, and so receives edits, deletions and reactions.
    pub is_introduced: bool,
    /// The ids of the edits, deletions and reactions that it sent.
    pub changes: BTreeSet<ClientMessageId>,
    /// Messages that left its outbox.
    pub acknowledged: BTreeSet<ClientMessageId>,
    /// Messages that were refused at least once; later messages may precede them.
    pub failed: BTreeSet<ClientMessageId>,
    /// Messages still in its outbox.
    pub outbox: Vec<Pending>,
    /// Its pages, in the order in which they were loaded.
    pub pages: Vec<PageHistory>,
    /// Whether its last page was scrolled up to the beginning of the log.
    pub scrolled_to_start: bool,
    /// When it tried to connect within the last minute, in milliseconds.
    pub attempts: VecDeque<u64>,
    /// Maximum number of attempts to connect within one minute.
    pub most_attempts: usize,
    /// The epochs of all logs that it followed.
    pub epochs: BTreeSet<String>,
}

/// A message as its sender knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// Its `clientMessageId`.
    pub id: ClientMessageId,
    /// Its text.
    pub text: String,
}
