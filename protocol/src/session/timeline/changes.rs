//! The changes of a message: edits, deletions and reactions.
//!
//! Keeps the last edit and deletion of each person and the last state of each reaction, in the order of `seq`, so the
//! result depends on the entries and not on the order in which they arrive. Does not check authors: that takes the message,
//! see [`super::entry`].

use crate::entry::{ChangeEntry, ChangeKind};
use crate::session::safeguard::{Safeguard, Safeguards};

/// The changes of one message, each kind and person once.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Changes(Vec<ChangeEntry>);

impl Changes {
    /// Adds a change. A repeated one, and one that a later one outdates, changes nothing. Returns the change if it is the last
    /// one and outdates no other.
    pub(super) fn add(
        &mut self,
        change: ChangeEntry,
        safeguards: Safeguards,
    ) -> Option<&ChangeEntry> {
        let outdated = self.0.iter().position(|known| outdates(&change, known));
        if let Some(index) = outdated {
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
        self.0.last().filter(|_| is_last && outdated.is_none())
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

/// Whether only the later one of two changes of a message counts.
fn outdates(change: &ChangeEntry, known: &ChangeEntry) -> bool {
    use ChangeKind::{Delete, Edit, Reaction};
    let same_kind = match (&change.kind, &known.kind) {
        (Edit { .. }, Edit { .. }) | (Delete, Delete) => true,
        (Reaction { emoji, .. }, Reaction { emoji: known, .. }) => emoji == known,
        _ => false,
    };
    same_kind && change.person_id == known.person_id
}
