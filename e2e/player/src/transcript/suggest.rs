//! "Did you mean …?"

/// Words that are less similar than this are unrelated (Jaro-Winkler, 0 to 1).
const ALIKE: f64 = 0.8;

/// The word among `known` that `word` is probably a misspelling of.
pub(super) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, candidate)| candidate)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let known = ["epoch-ms", "string"];
        assert_eq!(nearest("epoch", known), Some("epoch-ms"));
        assert_eq!(nearest("strnig", known), Some("string"));
        assert_eq!(nearest("alice", known), None);
    }
}
