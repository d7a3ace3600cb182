//! An entry of a log, as it is stored. Pure.

use papo_protocol::{ChangeKind, LogEntry, Seq};

/// An entry with its place in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    seq: Seq,
    content: LogEntry,
    expires_at: i64,
    /// The seqs of the edits of a message.
    edits: Vec<Seq>,
}

impl Entry {
    /// `content` with the number `seq`, kept until `expires_at` (seconds since 1970).
    pub fn new(seq: Seq, content: impl Into<LogEntry>, expires_at: i64) -> Self {
        Self {
            seq,
            content: with_seq(content.into(), seq),
            expires_at,
            edits: Vec::new(),
        }
    }

    /// The same message, edited by the entries `edits`.
    pub fn edited_by(mut self, edits: Vec<Seq>) -> Self {
        self.edits = edits;
        self
    }

    /// Its number.
    pub fn seq(&self) -> Seq {
        self.seq
    }

    /// The entry as clients receive it, including its seq.
    pub fn content(&self) -> &LogEntry {
        &self.content
    }

    /// The entry as clients receive it, including its seq.
    pub fn into_content(self) -> LogEntry {
        self.content
    }

    /// The seqs of the edits of a message, oldest first.
    pub fn edits(&self) -> &[Seq] {
        &self.edits
    }

    /// Removes the text of a deleted message or of an edit of one.
    pub(crate) fn blank(&mut self) {
        match &mut self.content {
            LogEntry::Message(message) => {
                message.message.clear();
                message.deleted = true;
            }
            LogEntry::Change(change) => {
                if let ChangeKind::Edit { message, deleted } = &mut change.kind {
                    message.clear();
                    *deleted = true;
                }
            }
        }
    }

    /// When it expires, in seconds since 1970.
    pub fn expires_at(&self) -> i64 {
        self.expires_at
    }

    /// Whether the entry has expired at `now_ms` (milliseconds since 1970) and must not be shown.
    ///
    /// DynamoDB deletes expired items only within days ("Using time to live" in the Developer Guide).
    pub fn has_expired(&self, now_ms: i64) -> bool {
        self.expires_at <= now_ms.div_euclid(1_000)
    }
}

fn with_seq(mut content: LogEntry, seq: Seq) -> LogEntry {
    match &mut content {
        LogEntry::Message(message) => message.seq = Some(seq),
        LogEntry::Change(change) => change.seq = seq,
    }
    content
}
