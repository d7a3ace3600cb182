//! Compares arrays: in order, with a beginning or an end left out, and in any order.

use super::{Comparison, compare};
use crate::json::Json;
use crate::pattern::{Array, Captures, Pattern, assign};

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
        let line = self.line;
        let fits = |item: &Pattern, value: &Json, known: &mut Captures| {
            compare(item, value, known, line).is_ok()
        };
        if let Some(known) = assign(items, values, &self.known, fits) {
            self.known = known;
            return;
        }
        let fits_any = |item: &&Pattern| {
            let mut values = values.iter();
            values.any(|value| fits(item, value, &mut self.known.clone()))
        };
        let missing: Vec<_> = items.iter().filter(|item| !fits_any(item)).collect();
        if missing.is_empty() {
            let message = "the items do not fit these in any order".to_owned();
            return self.report(&pattern.bytes, message);
        }
        for item in missing {
            self.report(&item.bytes, "no item fits this".to_owned());
        }
    }
}
