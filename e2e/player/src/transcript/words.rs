//! Splits a command line into words as a shell does, and keeps their places.

use std::ops::Range;

use crate::pattern::{PatternError, is_name};

/// A word without its quotes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Word {
    pub(crate) text: String,
    /// Its place, quotes included, in bytes of the line.
    pub(crate) bytes: Range<usize>,
}

/// Splits `text`, which begins at byte `start` of its line. Single quotes keep everything, and in double quotes a backslash escapes.
/// Outside of single quotes a shell would insert variables and the output of commands, which nothing here knows: an error.
pub(crate) fn split(text: &str, start: usize) -> Result<Vec<Word>, PatternError> {
    let mut words = Vec::new();
    let mut rest = text;
    loop {
        rest = rest.trim_start();
        if let Some(next_line) = rest.strip_prefix("\\\n") {
            rest = next_line;
        } else if rest.is_empty() {
            return Ok(words);
        } else {
            let (word, after) = word(rest, start + text.len() - rest.len())?;
            words.push(word);
            rest = after;
        }
    }
}

/// The word at the beginning of `text`, which is byte `start` of its line, and what follows it.
fn word(text: &str, start: usize) -> Result<(Word, &str), PatternError> {
    let mut word = Word {
        text: String::new(),
        bytes: start..start,
    };
    let mut quote: Option<(char, Range<usize>)> = None;
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        let open = quote.as_ref().map(|(open, _)| *open);
        let at = start + text.len() - rest.len();
        if open != Some('\'')
            && !word.text.ends_with('<')
            && let Some(length) = expansion(rest)
        {
            return Err(not_expanded(&rest[..length], at));
        }
        rest = &rest[c.len_utf8()..];
        let place = at..at + c.len_utf8();
        match (open, c) {
            (None | Some('"'), '\\') => {
                let mut chars = rest.chars();
                let Some(escaped) = chars.next() else {
                    return Err(PatternError::new(place, "nothing follows this backslash"));
                };
                rest = chars.as_str();
                if escaped == '\n' {
                    // The command continues on the next line.
                    continue;
                }
                word.text.push(escaped);
            }
            (None, '$') if rest.starts_with('\'') => {
                let error =
                    PatternError::new(place, "$'…' is for a shell, and none runs this line");
                return Err(error.help("write '…', and <\\n> for the end of a line"));
            }
            (None, '"' | '\'') => quote = Some((c, place)),
            (Some(open), _) if open == c => quote = None,
            (None, _) if c.is_whitespace() => break,
            _ => word.text.push(c),
        }
        word.bytes.end = start + text.len() - rest.len();
    }
    match quote {
        Some((_, place)) => Err(PatternError::new(place, "this quote is not closed")),
        None => Ok((word, rest)),
    }
}

/// The length of `$NAME`, `${NAME}`, `$(command)` or `` `command` `` at the start of `text`.
fn expansion(text: &str) -> Option<usize> {
    let to = |end: char| text.find(end).map_or(text.len(), |at| at + end.len_utf8());
    let mut chars = text.chars();
    match (chars.next()?, chars.next()?) {
        ('$', '{') => Some(to('}')),
        ('$', '(') => Some(to(')')),
        ('$', c) if c.is_ascii_alphabetic() || c == '_' => {
            let is_outside = |c: char| !(c.is_ascii_alphanumeric() || c == '_');
            let name = &text[1..];
            Some(1 + name.find(is_outside).unwrap_or(name.len()))
        }
        ('`', _) => text[1..].find('`').map(|at| at + 2),
        _ => None,
    }
}

fn not_expanded(written: &str, at: usize) -> PatternError {
    let place = at..at + written.len();
    let name = written.trim_matches(|c| matches!(c, '$' | '{' | '}'));
    let message = format!("no shell replaces {written} here");
    PatternError::new(place, message).help(if is_name(name) {
        format!(
            "write <${name}>, and pass --variable {name} or, to keep it out of the output, --secret {name}; \\$ is a plain $"
        )
    } else {
        "write a variable such as <$token>, and pass --secret token=VALUE; \\$ is a plain $, and \\` a plain `".to_owned()
    })
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
        assert_eq!(words("-c \\\na\\\nb \\\n-n"), ["-c", "ab", "-n"]);
    }

    #[test]
    fn the_place_of_a_word_includes_its_quotes() {
        let words = split(r#"é "b c""#, 10).unwrap();
        assert_eq!(words[1].bytes, 13..18);
    }

    #[test]
    fn what_a_shell_would_insert_is_pointed_at() {
        for (text, bytes, words) in [
            (
                "-H \"A: $TOKEN x\"",
                7..13,
                "write <$TOKEN>, and pass --variable TOKEN",
            ),
            ("wss://${HOST}/", 6..13, "--variable HOST"),
            ("-x $'a\\n'", 3..4, "write '…', and <\\n>"),
            (
                "-H \"A: $(cat token)\"",
                7..19,
                "write a variable such as <$token>",
            ),
            ("`cat url`", 0..9, "write a variable such as <$token>"),
        ] {
            let error = split(text, 0).unwrap_err();
            assert_eq!(error.bytes, bytes, "{text}");
            assert!(error.help.unwrap().contains(words), "{text}");
        }
    }

    #[test]
    fn a_dollar_sign_may_be_plain() {
        assert_eq!(
            words(r#"'$a' "\$b" <$c> $ 5$ "$1""#),
            ["$a", "$b", "<$c>", "$", "5$", "$1"]
        );
    }

    #[test]
    fn an_open_quote_is_pointed_at() {
        assert_eq!(split("a 'b", 2).unwrap_err().bytes, 4..5);
        assert_eq!(split("a \\", 2).unwrap_err().bytes, 4..5);
    }
}
