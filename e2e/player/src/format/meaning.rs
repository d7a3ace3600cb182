//! The meaning of a transcript, independent of its formatting.

use std::fmt::Write as _;

use crate::transcript::Transcript;

/// The terminals and the steps of `transcript` as a text without places: two transcripts that do and expect the same have the same
/// text.
///
/// It is made from the derived `Debug`, so that no field of a step can be forgotten. Places are the only ranges in it.
pub(super) fn of(transcript: &Transcript) -> String {
    let mut meaning = format!("{:?}", transcript.terminals);
    for step in &transcript.steps {
        // Writing into a string cannot fail.
        let _ = write!(
            meaning,
            "\n{:?} {:?} {:?}",
            step.terminal, step.limit, step.directive
        );
    }
    without_places(&meaning)
}

/// Removes `3..17`, and the number after `line: `.
fn without_places(text: &str) -> String {
    let mut kept = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find(|c: char| c.is_ascii_digit()) {
        let (before, numbers) = rest.split_at(at);
        kept.push_str(before);
        let (first, after) = digits(numbers);
        rest = after;
        match after.strip_prefix("..").map(digits) {
            Some((last, after)) if !last.is_empty() => rest = after,
            _ if before.ends_with("line: ") => {}
            _ => kept.push_str(first),
        }
    }
    kept.push_str(rest);
    kept
}

/// The digits at the start of `text`, and what follows.
fn digits(text: &str) -> (&str, &str) {
    let end = text.find(|c: char| !c.is_ascii_digit());
    text.split_at(end.unwrap_or(text.len()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn meaning(text: &str) -> String {
        of(&Transcript::fragment("a.wscat", text).unwrap())
    }

    #[test]
    fn places_do_not_matter_and_everything_else_does() {
        let text = "$ wscat -c ws://a\n> a\n< {\"a\":[1,\"b\"]}\n";
        assert_eq!(
            meaning(text),
            meaning("# x\n\n$   wscat   -c ws://a\n> a\n< { \"a\" : [ 1, \"b\" ] }\n")
        );
        for other in [
            text.replace("> a", "> b"),
            text.replace("> a", ">  a"),
            text.replace("[1,", "[2,"),
            text.replace("\"b\"", "\"<b>\""),
            text.replace("ws://a", "ws://b"),
            format!("{text}exit\n"),
        ] {
            assert_ne!(meaning(text), meaning(&other), "{other}");
        }
    }

    #[test]
    fn only_ranges_and_lines_are_places() {
        assert_eq!(
            without_places("Span { line: 3, bytes: 0..17 } code: 1009 \"1...\" 2.5"),
            "Span { line: , bytes:  } code: 1009 \"1...\" 2.5"
        );
    }
}
