//! Who is refused without being counted: a flood is billed no write for each of its frames.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

/// How many subjects are remembered.
const REMEMBERED: usize = 1_000;

/// Subjects that have used up a budget, and until when, in milliseconds since 1970.
#[derive(Debug, Default)]
pub(super) struct Refusals(Mutex<HashMap<String, i64>>);

impl Refusals {
    /// Until when `subject` is refused, if it is at `now_ms`.
    pub(super) fn until(&self, subject: &str, now_ms: i64) -> Option<i64> {
        let refusals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        refusals
            .get(subject)
            .copied()
            .filter(|until| *until > now_ms)
    }

    /// Remembers that `subject` is refused.
    pub(super) fn remember(&self, subject: String, until: i64) {
        let mut refusals = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if refusals.len() >= REMEMBERED && !refusals.contains_key(&subject) {
            // They are counted again.
            refusals.clear();
        }
        refusals.insert(subject, until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_ends_and_is_replaced_by_a_later_one() {
        let refusals = Refusals::default();
        refusals.remember("ana".to_owned(), 100);
        assert_eq!(refusals.until("ana", 99), Some(100));
        assert_eq!(refusals.until("ana", 100), None);
        assert_eq!(refusals.until("bia", 0), None);
        refusals.remember("ana".to_owned(), 200);
        assert_eq!(refusals.until("ana", 150), Some(200));
    }

    #[test]
    fn refusals_stay_bounded() {
        let refusals = Refusals::default();
        for n in 0..10 * REMEMBERED {
            refusals.remember(n.to_string(), 1);
        }
        assert!(refusals.0.lock().unwrap().len() <= REMEMBERED);
    }
}
