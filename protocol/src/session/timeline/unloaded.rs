//! The changes of messages that are not loaded.

use super::changes::Changes;
use crate::position::Seq;

/// The changes by the number of their message, in ascending order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Unloaded(Vec<(Seq, Changes)>);

impl Unloaded {
    /// The changes of the message `seq`; empty ones are added if there are none.
    pub(super) fn of(&mut self, seq: Seq) -> &mut Changes {
        let index = self.find(seq).unwrap_or_else(|index| {
            self.0.insert(index, (seq, Changes::default()));
            index
        });
        &mut self.0[index].1
    }

    /// Removes the changes of the message `seq`, which is loaded now.
    pub(super) fn take(&mut self, seq: Seq) -> Changes {
        let known = self.find(seq).map(|index| self.0.remove(index).1);
        known.unwrap_or_default()
    }

    pub(super) fn clear(&mut self) {
        self.0.clear();
    }

    /// The index of the message `seq`, or where to insert it.
    fn find(&self, seq: Seq) -> Result<usize, usize> {
        self.0.binary_search_by_key(&seq, |(seq, _)| *seq)
    }
}
