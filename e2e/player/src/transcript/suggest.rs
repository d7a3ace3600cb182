//! Probable causes of mistakes: "did you mean …?", and characters that another program has replaced.

/// Words that are less similar than this are unrelated (Jaro-Winkler, 0 to 1).
const ALIKE: f64 = 0.8;

/// The word among `known` that `word` is probably a misspelling of.
pub(crate) fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    known
        .into_iter()
        .map(|candidate| (strsim::jaro_winkler(word, candidate), candidate))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .max_by(|(left, _), (right, _)| left.total_cmp(right))
        .map(|(_, candidate)| candidate)
}

/// What to say about the first character of `line` that word processors and chats put in place of another.
pub(super) fn replaced(line: &str) -> Option<String> {
    let replaced = |c: char| match c {
        '“' | '”' | '„' => Some("\""),
        '‘' | '’' => Some("'"),
        '–' | '—' => Some("- or --"),
        '\u{a0}' => Some("a blank"),
        _ => None,
    };
    let (c, plain) = line.chars().find_map(|c| Some((c, replaced(c)?)))?;
    let shown = if c == '\u{a0}' {
        "a no-break space".to_owned()
    } else {
        c.to_string()
    };
    Some(format!(
        "the line contains {shown} where a terminal shows {plain}: word processors and chats replace it"
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn characters_of_word_processors_are_named() {
        for (line, words) in [
            ("< {“a”:1}", "contains “ where a terminal shows \":"),
            (
                "$ wscat –c ws://a",
                "contains – where a terminal shows - or --:",
            ),
            (">\u{a0}a", "contains a no-break space where"),
        ] {
            assert!(replaced(line).unwrap().contains(words), "{line}");
        }
        assert_eq!(replaced("< {\"a\":\"é\"}"), None);
    }

    #[test]
    fn a_slip_is_recognised_and_another_word_is_not() {
        let known = ["epoch-ms", "string"];
        assert_eq!(nearest("epoch", known), Some("epoch-ms"));
        assert_eq!(nearest("strnig", known), Some("string"));
        assert_eq!(nearest("alice", known), None);
    }
}
