//! The changes of a message: edits, deletions and reactions.
//!
//! Keeps the last edit and deletion of each person and the last state of each reaction, in the order of `seq`, so the
//! result depends on the entries and not on the order in which they arrive. Authors are checked in [`super::entry`], which knows
//! the message.

use crate::entry::{ChangeEntry, ChangeKind};
use crate::session::safeguard::{Safeguard, Safeguards};

/// The changes of one message, at most one of each kind from each person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Changes(Vec<ChangeEntry>);

impl Changes {
    /// Adds a change, unless it is known already or superseded by a later one. Returns the change if it is the newest and
    /// supersedes none.
    pub(super) fn add(
        &mut self,
        change: ChangeEntry,
        safeguards: Safeguards,
    ) -> Option<&ChangeEntry> {
        let superseded = self.0.iter().position(|known| supersedes(&change, known));
        if let Some(index) = superseded {
            if change.seq <= self.0[index].seq && safeguards.has(Safeguard::FoldOrder) {
                return None;
            }
            self.0.remove(index);
        }
        let place = if safeguards.has(Safeguard::FoldOrder) {
            self.0.partition_point(|known| known.seq < change.seq)
        } else {
            self.0.len()
        };
        self.0.insert(place, change);
        let is_last = place + 1 == self.0.len();
        self.0.last().filter(|_| is_last && superseded.is_none())
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The changes in the order of `seq`.
    pub(super) fn iter(&self) -> std::slice::Iter<'_, ChangeEntry> {
        self.0.iter()
    }
}

/// Whether only the later of two changes of a message counts.
fn supersedes(change: &ChangeEntry, known: &ChangeEntry) -> bool {
    use ChangeKind::{Delete, Edit, Reaction};
    let same_kind = match (&change.kind, &known.kind) {
        (Edit { .. }, Edit { .. }) | (Delete, Delete) => true,
        (Reaction { emoji, .. }, Reaction { emoji: known, .. }) => emoji == known,
        _ => false,
    };
    same_kind && change.person_id == known.person_id
}
