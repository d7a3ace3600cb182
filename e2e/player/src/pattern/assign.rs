//! Finds out which item stands for which value where the order does not matter.

use super::Captures;

/// Maximum number of comparisons to find a matching order. Patterns that accept nearly everything, with contradicting captures, could
/// take exponential time.
const MAX_COMPARISONS: usize = 20_000;

/// Finds a different value for each item. Returns the captures. `fits` compares one of each, and adds what it captures.
pub(crate) fn assign<I, V>(
    items: &[I],
    values: &[V],
    known: &Captures,
    fits: impl Fn(&I, &V, &mut Captures) -> bool,
) -> Option<Captures> {
    let mut search = Search {
        values,
        fits,
        taken: vec![false; values.len()],
        left: MAX_COMPARISONS,
    };
    search.all(items, known)
}

struct Search<'a, V, F> {
    values: &'a [V],
    fits: F,
    /// Which values have an item.
    taken: Vec<bool>,
    /// How many comparisons may still be made.
    left: usize,
}

impl<V, F> Search<'_, V, F> {
    fn all<I>(&mut self, items: &[I], known: &Captures) -> Option<Captures>
    where
        F: Fn(&I, &V, &mut Captures) -> bool,
    {
        let Some((item, rest)) = items.split_first() else {
            return Some(known.clone());
        };
        for (index, value) in self.values.iter().enumerate() {
            if self.taken[index] {
                continue;
            }
            self.left = self.left.checked_sub(1)?;
            let mut captures = known.clone();
            if (self.fits)(item, value, &mut captures) {
                self.taken[index] = true;
                if let Some(captures) = self.all(rest, &captures) {
                    return Some(captures);
                }
                self.taken[index] = false;
            }
        }
        None
    }
}
