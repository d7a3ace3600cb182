//! Subjects that are refused without being counted: a flood is billed no write for each of its frames.

use crate::bounded_map::BoundedMap;

/// Subjects that have used up a budget, and until when, in milliseconds since 1970.
#[derive(Debug, Default)]
pub(super) struct Refusals(BoundedMap<String, i64>);

impl Refusals {
    /// Until when `subject` is refused, if it is at `now_ms`.
    pub(super) fn until(&self, subject: &str, now_ms: i64) -> Option<i64> {
        self.0.get(subject).filter(|until| *until > now_ms)
    }

    /// Remembers that `subject` is refused.
    pub(super) fn remember(&self, subject: String, until: i64) {
        self.0.insert(subject, until);
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
}
