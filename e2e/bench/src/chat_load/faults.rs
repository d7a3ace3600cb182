//! Counts failures by kind.

use std::collections::BTreeMap;

/// How many times each kind of failure happened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Faults(BTreeMap<String, u64>);

impl Faults {
    /// Adds one failure of this kind.
    pub(super) fn count(&mut self, kind: impl Into<String>) {
        *self.0.entry(kind.into()).or_default() += 1;
    }

    /// The number of failures of all kinds.
    pub(super) fn total(&self) -> u64 {
        self.0.values().sum()
    }

    /// The most frequent kind; empty without failures.
    pub(super) fn most_frequent(&self) -> &str {
        let found = self.0.iter().max_by_key(|(_, times)| **times);
        found.map_or("", |(kind, _)| kind.as_str())
    }

    /// All kinds, the most frequent first.
    pub(super) fn by_frequency(&self) -> Vec<(&str, u64)> {
        let mut all: Vec<_> = self.0.iter().map(|(kind, n)| (kind.as_str(), *n)).collect();
        all.sort_by_key(|(_, times)| std::cmp::Reverse(*times));
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_kind_comes_first() {
        let mut faults = Faults::default();
        for kind in ["a", "b", "c", "b"] {
            faults.count(kind);
        }
        assert_eq!(faults.by_frequency(), [("b", 2), ("a", 1), ("c", 1)]);
        assert_eq!((faults.total(), faults.most_frequent()), (4, "b"));
        assert_eq!(Faults::default().most_frequent(), "");
    }
}
