//! The log of one room in memory.

use std::collections::{BTreeMap, HashMap};

use papo_protocol::{ChangeKind, ClientMessageId, Epoch, Position, Seq};

use crate::message_log::{CommitOutcome, DAY_SECONDS, Entry, ID_MARGIN_DAYS};

/// What is in the log.
#[derive(Debug)]
pub(super) struct Contents {
    pub(super) head: Position,
    /// The head before the last commit, for reads that may be stale.
    pub(super) recent: Option<Position>,
    pub(super) entries: BTreeMap<Seq, Entry>,
    pub(super) ids: HashMap<ClientMessageId, IdItem>,
}

#[derive(Clone, Copy, Debug)]
pub(super) struct IdItem {
    pub(super) seq: Seq,
    expires_at: i64,
}

impl Contents {
    /// A log that begins.
    pub(super) fn new(epoch: Epoch) -> Self {
        Self {
            head: Position { epoch, seq: 0 },
            recent: None,
            entries: BTreeMap::new(),
            ids: HashMap::new(),
        }
    }

    /// Deletes items that have expired at `now_ms` (milliseconds since 1970).
    pub(super) fn sweep(&mut self, now_ms: i64) {
        self.entries.retain(|_, entry| !entry.has_expired(now_ms));
        let now = now_ms.div_euclid(1_000);
        self.ids.retain(|_, item| item.expires_at > now);
    }

    /// Applies a commit, as the transaction does.
    pub(super) fn commit(
        &mut self,
        epoch: &Epoch,
        entry: &Entry,
        target: Option<&Entry>,
    ) -> CommitOutcome {
        let id = entry.content().client_message_id();
        if let Some(item) = id.and_then(|id| self.ids.get(id)) {
            return CommitOutcome::DuplicateClientMessageId(item.seq);
        }
        if self.head.epoch != *epoch || self.head.seq + 1 != entry.seq() {
            return CommitOutcome::Moved(self.head.clone());
        }
        if let Some(target) = target
            && !self.change_target(entry, target)
        {
            return CommitOutcome::TargetChanged;
        }
        if let Some(id) = id {
            let seq = entry.seq();
            let expires_at = entry.expires_at() + ID_MARGIN_DAYS * DAY_SECONDS;
            self.ids.insert(id.clone(), IdItem { seq, expires_at });
        }
        self.entries.insert(entry.seq(), entry.clone());
        self.recent = Some(self.head.clone());
        self.head.seq = entry.seq();
        CommitOutcome::Committed
    }

    /// Applies an edit or a deletion to its message. Returns `false` if the message has changed since it was read.
    fn change_target(&mut self, entry: &Entry, target: &Entry) -> bool {
        let Some(stored) = self.entries.get_mut(&target.seq()) else {
            return false;
        };
        if stored != target {
            return false;
        }
        match entry.content().change() {
            Some(ChangeKind::Edit { .. }) => {
                let mut edits = stored.edits().to_vec();
                edits.push(entry.seq());
                *stored = stored.clone().edited_by(edits);
            }
            Some(ChangeKind::Delete) => {
                stored.blank();
                for seq in target.edits() {
                    if let Some(edit) = self.entries.get_mut(seq) {
                        edit.blank();
                    }
                }
            }
            Some(ChangeKind::Reaction { .. }) | None => {}
        }
        true
    }
}
