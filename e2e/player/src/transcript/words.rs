//! Splits a command line into words as a shell does, and keeps their places.

use std::ops::Range;

use crate::pattern::PatternError;

/// A word without its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    /// Its place, quotes included, in bytes of the line.
    pub(crate) bytes: Range<usize>,
}

/// Splits `text`, which begins at byte `start` of its line. Single quotes keep everything, in double quotes a backslash
/// escapes; there are no variables.
pub(crate) fn split(text: &str, start: usize) -> Result<Vec<Word>, PatternError> {
    let mut words: Vec<Word> = Vec::new();
    let mut inside = false;
    let mut quote: Option<(char, usize)> = None;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        let end = start + at + c.len_utf8();
        if !inside {
            if c.is_whitespace() {
                continue;
            }
            inside = true;
            words.push(Word {
                text: String::new(),
                bytes: start + at..end,
            });
        }
        let Some(word) = words.last_mut() else {
            continue;
        };
        let mut keep = true;
        match (quote, c) {
            _ if escaped => escaped = false,
            (None | Some(('"', _)), '\\') => (escaped, keep) = (true, false),
            (None, '"' | '\'') => (quote, keep) = (Some((c, at)), false),
            (Some((open, _)), _) if open == c => (quote, keep) = (None, false),
            (None, _) if c.is_whitespace() => {
                inside = false;
                continue;
            }
            _ => {}
        }
        if keep {
            word.text.push(c);
        }
        word.bytes.end = end;
    }
    match quote {
        Some((open, at)) => Err(PatternError::new(
            start + at..start + at + open.len_utf8(),
            "this quote is not closed",
        )),
        None => Ok(words),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn words(text: &str) -> Vec<String> {
        let words = split(text, 0).unwrap();
        words.into_iter().map(|word| word.text).collect()
    }

    #[test]
    fn quotes_hold_words_together() {
        assert_eq!(words("a  b"), ["a", "b"]);
        assert_eq!(words(r#"-H "A: b c" 'd "e"'"#), ["-H", "A: b c", "d \"e\""]);
        assert_eq!(words(r#"a"b c"d"#), ["ab cd"]);
        assert_eq!(words(r#""a\"b" c\ d ''"#), ["a\"b", "c d", ""]);
        assert_eq!(words(" "), [] as [&str; 0]);
    }

    #[test]
    fn the_place_of_a_word_includes_its_quotes() {
        let words = split(r#"é "b c""#, 10).unwrap();
        assert_eq!(words[1].bytes, 13..18);
    }

    #[test]
    fn an_open_quote_is_pointed_at() {
        assert_eq!(split("a 'b", 2).unwrap_err().bytes, 4..5);
    }
}
