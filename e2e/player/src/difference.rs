//! Says where two texts differ when a reader could not see it: in a blank at the end, in characters that look alike, or in the middle
//! of a long text.

use crate::diagnostic::VALUE_CHARS;

/// How many characters are shown on either side of the first difference in a long text.
const AROUND: usize = 20;

/// Where `actual` first differs from `expected`, if that cannot be seen when they are printed one above the other.
pub(crate) fn explain(expected: &str, actual: &str) -> Option<String> {
    if expected == actual {
        return None;
    }
    let same = expected.chars().zip(actual.chars());
    let same = same.take_while(|(left, right)| left == right).count();
    let place = same + 1;
    let (wanted, got) = (expected.chars().nth(same), actual.chars().nth(same));
    let is_long = |text: &str| text.chars().nth(VALUE_CHARS).is_some();
    if is_long(expected) && is_long(actual) {
        return Some(format!(
            "they differ from character {place} on: expected {}, got {}",
            around(expected, same),
            around(actual, same)
        ));
    }
    let is_visible = |c: Option<char>| c.is_none_or(|c| c.is_ascii_graphic());
    let message = || {
        format!(
            "character {place} is {}, expected {}",
            name(got),
            name(wanted)
        )
    };
    (!is_visible(wanted) || !is_visible(got)).then(message)
}

/// A few characters from both sides of character `at`, quoted.
fn around(text: &str, at: usize) -> String {
    let from = at.saturating_sub(AROUND);
    let shown: String = text.chars().skip(from).take(at - from + AROUND).collect();
    let begin = if from > 0 { "…" } else { "" };
    let end = if text.chars().nth(at + AROUND).is_some() {
        "…"
    } else {
        ""
    };
    format!("{begin}{shown:?}{end}")
}

fn name(c: Option<char>) -> String {
    match c {
        None => "the end".to_owned(),
        Some(' ') => "a space".to_owned(),
        Some('\n') => "a newline".to_owned(),
        Some('\r') => "a carriage return".to_owned(),
        Some('\t') => "a tab".to_owned(),
        Some(c) if c.is_ascii_punctuation() => format!("\"{c}\""),
        Some(c) if c.is_ascii_graphic() => format!("{c}"),
        Some(c) if c.is_alphanumeric() => format!("{c} (U+{:04X})", u32::from(c)),
        Some(c) => format!("U+{:04X}", u32::from(c)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn explained(expected: &str, actual: &str, words: &str) {
        assert_eq!(explain(expected, actual).as_deref(), Some(words));
    }

    #[test]
    fn visible_differences_need_no_explanation() {
        for (expected, actual) in [("a", "a"), ("abc", "abd"), ("abc", "ab"), ("", "x")] {
            assert_eq!(explain(expected, actual), None, "{expected} {actual}");
        }
    }

    #[test]
    fn invisible_differences_are_named() {
        explained("ok", "ok ", "character 3 is a space, expected the end");
        explained("ok\n", "ok", "character 3 is the end, expected a newline");
        explained("a b", "a, b", "character 2 is \",\", expected a space");
        explained("a b", "a\u{a0}b", "character 2 is U+00A0, expected a space");
        explained(
            "ol\u{e1}",
            "ola\u{301}",
            "character 3 is a, expected á (U+00E1)",
        );
    }

    #[test]
    fn the_middle_of_a_long_text_is_shown() {
        let expected = format!("{}x{}", "a".repeat(5_000), "b".repeat(5_000));
        let actual = expected.replace('x', "y");
        explained(
            &expected,
            &actual,
            "they differ from character 5001 on: expected \
             …\"aaaaaaaaaaaaaaaaaaaaxbbbbbbbbbbbbbbbbbbb\"…, got …\"aaaaaaaaaaaaaaaaaaaaybbbbbbbbbbbbbbbbbbb\"…",
        );
    }
}
