//! Compares arrays: in order, with a beginning or an end left out, and in any order.

use super::{Comparison, MAX_COMPARISONS, compare};
use crate::json::Json;
use crate::pattern::{Array, Captures, Pattern};

impl Comparison {
    pub(super) fn array(&mut self, pattern: &Pattern, array: &Array, actual: &Json) {
        let Some(values) = actual.as_array() else {
            return self.differs(&pattern.bytes, "an array", actual);
        };
        let wanted = array.items.len();
        let is_open = array.open_start || array.open_end;
        if values.len() < wanted || (!is_open && values.len() > wanted) {
            let at_least = if is_open { "at least " } else { "" };
            let got = values.len();
            if !array.unordered && !array.open_start {
                for (item, value) in array.items.iter().zip(values) {
                    self.value(item, value);
                }
            }
            let message = format!("expected {at_least}{wanted} items, got {got}");
            return self.report(&pattern.bytes, message);
        }
        if array.unordered {
            return self.unordered(pattern, &array.items, values);
        }
        let last = values.len() - wanted;
        let first = match (array.open_start, array.open_end) {
            (false, _) => 0,
            (true, false) => last,
            // The items may begin anywhere: at the first place where they fit, or else at the first place.
            (true, true) => (0..=last)
                .find(|at| self.fits_at(&array.items, &values[*at..]))
                .unwrap_or(0),
        };
        for (item, value) in array.items.iter().zip(&values[first..]) {
            self.value(item, value);
        }
    }

    fn fits_at(&self, items: &[Pattern], values: &[Json]) -> bool {
        let mut known = self.known.clone();
        let fits = |(item, value)| compare(item, value, &mut known, self.line).is_ok();
        items.iter().zip(values).all(fits)
    }

    fn unordered(&mut self, pattern: &Pattern, items: &[Pattern], values: &[Json]) {
        let mut taken = vec![false; values.len()];
        let mut left = MAX_COMPARISONS;
        let known = self.known.clone();
        if let Some(known) = assign(items, values, &mut taken, &known, self.line, &mut left) {
            self.known = known;
            return;
        }
        let fits = |item: &&Pattern| {
            let fits = |value| compare(item, value, &mut known.clone(), self.line).is_ok();
            values.iter().any(fits)
        };
        let missing: Vec<_> = items.iter().filter(|item| !fits(item)).collect();
        if missing.is_empty() {
            let message = "the items do not fit these in any order".to_owned();
            return self.report(&pattern.bytes, message);
        }
        for item in missing {
            self.report(&item.bytes, "no item fits this".to_owned());
        }
    }
}

/// Finds a different value for each item. Returns the captures.
fn assign(
    items: &[Pattern],
    values: &[Json],
    taken: &mut [bool],
    known: &Captures,
    line: usize,
    left: &mut usize,
) -> Option<Captures> {
    let Some((item, rest)) = items.split_first() else {
        return Some(known.clone());
    };
    for (index, value) in values.iter().enumerate() {
        if taken[index] {
            continue;
        }
        *left = left.checked_sub(1)?;
        let mut captures = known.clone();
        if compare(item, value, &mut captures, line).is_ok() {
            taken[index] = true;
            if let Some(captures) = assign(rest, values, taken, &captures, line, left) {
                return Some(captures);
            }
            taken[index] = false;
        }
    }
    None
}
