//! Transcripts in one form. Pure: text in, text out; reading and writing files is left to [`crate::cli`].
//!
//! The meaning of a transcript never changes, which is checked each time. So text after `>` stays as it is, because every character is
//! sent, and so does text that is expected. What changes:
//!
//! - blanks at the ends of lines, between words, and in expected JSON outside of strings
//! - `wscat`'s line, written in one way: `$ wscat -c URL`, with short options and on one line
//! - lines that continue a frame, which get a `|`
//! - empty lines: one at most between two lines, none at either end and below `[name]`

mod json;
mod line;
mod meaning;

use std::borrow::Cow;

use crate::markdown;
use crate::source::Source;
use crate::transcript::{SyntaxError, Transcript, command};

/// Why a text was not formatted.
#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    /// It is not a transcript.
    #[error(transparent)]
    Syntax(#[from] SyntaxError),
    /// Its meaning would have changed.
    #[error(
        "{name}:{line}: formatting would change the meaning, which is a bug in papagaio; the file was not changed"
    )]
    Changed {
        /// The file.
        name: String,
        /// The first line of the transcript.
        line: usize,
    },
}

/// The transcript `text` in one form. `name` identifies it in messages.
///
/// # Errors
///
/// If it is not a transcript.
pub fn transcript(name: &str, text: &str) -> Result<String, FormatError> {
    let formatted = lines(text.strip_prefix('\u{feff}').unwrap_or(text), "", "\n");
    check(name, text, &formatted, 1)?;
    Ok(formatted)
}

/// The Markdown document `text` with all its transcripts in one form; everything else stays as it is.
///
/// # Errors
///
/// If one of them is not a transcript.
pub fn document(name: &str, text: &str) -> Result<String, FormatError> {
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let mut formatted = String::new();
    let mut copied = 0;
    for block in markdown::blocks(text) {
        let content: Vec<&str> = block.text.lines().skip(block.line).collect();
        let end = (block.line + content.len()).min(lines.len());
        let fence = lines.get(block.line - 1).copied().unwrap_or_default();
        let indent = &fence[..fence.len() - fence.trim_start().len()];
        let newline = if fence.ends_with("\r\n") {
            "\r\n"
        } else {
            "\n"
        };
        let inside = self::lines(&content.join("\n"), indent, newline);
        let place = "\n".repeat(block.line);
        check(
            name,
            &block.text,
            &format!("{place}{inside}"),
            block.line + 1,
        )?;
        formatted.extend(lines[copied..block.line].iter().copied());
        formatted.push_str(&inside);
        copied = end;
    }
    formatted.extend(lines[copied..].iter().copied());
    Ok(formatted)
}

fn check(name: &str, before: &str, after: &str, line: usize) -> Result<(), FormatError> {
    let before = meaning::of(&Transcript::fragment(name, before)?);
    let after = Transcript::fragment(name, after).map(|transcript| meaning::of(&transcript));
    if after.is_ok_and(|after| after == before) {
        Ok(())
    } else {
        let name = name.to_owned();
        Err(FormatError::Changed { name, line })
    }
}

/// Each line of `text` in its form, after `indent`.
fn lines(text: &str, indent: &str, newline: &str) -> String {
    let mut formatted = String::new();
    let mut blank_due = false;
    let mut blank_allowed = false;
    let mut in_command = false;
    let source = Source::new("", text);
    for (number, line) in source.lines() {
        let joined;
        let line: Cow<'_, str> = match source.continuation(number) {
            Some(_) if in_command => continue,
            Some(("", _)) => "|".into(),
            Some((more, _)) => format!("| {more}").into(),
            None => {
                joined = source.joined(number);
                in_command = command::prompt::command(&joined).is_some();
                line::formatted(if in_command { &joined } else { line })
            }
        };
        if line.is_empty() {
            blank_due = blank_allowed;
            continue;
        }
        if blank_due {
            formatted.push_str(newline);
        }
        formatted.push_str(indent);
        formatted.push_str(&line);
        formatted.push_str(newline);
        blank_due = false;
        blank_allowed = !line.starts_with('[');
    }
    formatted
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[track_caller]
    fn becomes(text: &str, expected: &str) {
        assert_eq!(transcript("a.wscat", text).unwrap(), expected);
        assert_eq!(transcript("a.wscat", expected).unwrap(), expected);
    }

    #[test]
    fn a_formatted_transcript_does_not_change() {
        let text = "\
# Says what it thinks.
[alice]
$ wscat -c ws://127.0.0.1:3001/dev -H \"a: b\"
Connected (press CTRL+C to quit)

[bob]
$ wscat -c ws://127.0.0.1:3001/dev
> {\"action\":  \"x\"}
< {\"a\": [1, 2, ...], \"b\": <bob>, ...}
< {\"a\":[1,2,...],...}
< nothing for 300 ms
exit
Disconnected (code: 1005, reason: \"\")
";
        becomes(text, text);
    }

    #[test]
    fn meaningless_blanks_are_removed() {
        becomes(
            "\u{feff}\r\n\r\n  [alice]  \r\n\r\n$  wscat   -c   ws://a  \r\n\r\n\r\n< \t{ \"a\" :1 , \"b c\":[ ] }  \r\n#  b  \r\n\r\n",
            "[alice]\n$ wscat -c ws://a\n\n< {\"a\":1,\"b c\":[]}\n#  b\n",
        );
    }

    #[test]
    fn only_the_transcripts_of_a_document_change() {
        let text = "# A  \n\n1. b\n   ```wscat\n\n   $ wscat -c ws://a  \n\n\n   <  {}\n   ```\n```sh\nls  \n```\n";
        let expected = "# A  \n\n1. b\n   ```wscat\n   $ wscat -c ws://a\n\n   < {}\n   ```\n```sh\nls  \n```\n";
        assert_eq!(document("a.md", text).unwrap(), expected);
        assert_eq!(document("a.md", expected).unwrap(), expected);
    }

    #[test]
    fn a_document_keeps_its_line_ends_and_its_missing_one() {
        let text = "a\r\n```wscat\r\n$ wscat -c ws://a \r\n```\r\nb";
        let expected = "a\r\n```wscat\r\n$ wscat -c ws://a\r\n```\r\nb";
        assert_eq!(document("a.md", text).unwrap(), expected);
    }

    #[test]
    fn anything_else_is_rejected_with_its_place() {
        let error = transcript("a.wscat", "$ wscat -c ws://a\n<x\n").unwrap_err();
        assert!(error.to_string().contains("a.wscat:2:1"), "{error}");
        let error = document("a.md", "\n```wscat\nnonsense\n```\n").unwrap_err();
        assert!(error.to_string().contains("a.md:3:1"), "{error}");
    }

    /// Lines of all kinds, with blanks in places.
    fn transcripts() -> impl Strategy<Value = String> {
        let blank = || prop::sample::select(vec!["", " ", "  ", "\t"]);
        let line = prop_oneof![
            Just("> {\"a\" :  \"b\" }"),
            Just("> "),
            Just(">  x"),
            Just("> <bytes 00  FF>"),
            Just("< { \"a\":1 ,\"b\" : [ <x>,\t2 , ... ] }"),
            Just("< { \"a\" : \"b  c \\\" d\",  ... }"),
            Just("< "),
            Just("<  text  with  blanks"),
            Just("< <bytes 00  FF >"),
            Just("< nothing for 300ms"),
            Just("< nothing for  1.5  s"),
            Just("< exactly  { \"a\" : <x> }"),
            Just("3 times >  x"),
            Just("3 times <  x"),
            Just("3 times < [ 1 , 2 ]"),
            Just("< { \"a\" : <20.5  ± 0.1> , \"b\": in any order  [ <\"c > d\" | 1> ] }"),
            Just("< [ <matching v\\d+ , \"x>,\t1 ]"),
            Just("in frames of 10 bytes > <bytes 0A  0b>"),
            Just("in any order:\n< [ 1 ]\n<  y\n"),
            Just("pause  2s"),
            Just("< <text of 17 bytes>"),
            Just("fire the schedule  clean"),
            Just("drop\n$ wscat -c b -P --slash\n> /ping  x\n< Received pong (data: \"x\")"),
            Just("#  a  comment"),
            Just("#"),
            Just(""),
            Just("exit\nnpx  wscat  --connect=ws://b  --header  \"a:  b\" -H 'c: d'"),
            Just("exit\nana@host:~$ npx -y wscat@6 -nc ws://b \\\n  -s  x \\\n> -s y"),
            Just("> {\n \"a\": 1\n\n }"),
            Just("< [\n  {\n\"a\": 1}\n ]"),
            Just("disconnected\nwscat -c ws://b\nconnected (press CTRL+C to quit)"),
            Just(
                "Disconnected (code: 1000,reason: \"a  b\")\nwscat --no-color -c ws://b\nConnected"
            ),
            Just(
                "Disconnected (code:  1000 )\n$ wscat -c b -s x\nerror: Unexpected server response: 403\n$ wscat -c b"
            ),
        ];
        let lines = (blank(), line, blank()).prop_map(|(left, line, right)| {
            let indented = line.replace('\n', &format!("\n{left}"));
            format!("{left}{indented}{right}")
        });
        (
            prop::collection::vec(lines, 0..12),
            prop::sample::select(vec!["\n", "\r\n"]),
        )
            .prop_map(|(lines, newline)| {
                let text = format!("wscat -c ws://a\n{}\n", lines.join("\n"));
                text.replace('\n', newline)
            })
    }

    proptest! {
        #[test]
        fn the_form_means_the_same_and_is_the_form_of_itself(text in transcripts()) {
            // The check inside compares the meanings.
            let once = transcript("a.wscat", &text).unwrap();
            prop_assert_eq!(&transcript("a.wscat", &once).unwrap(), &once);
        }

        #[test]
        fn a_document_without_transcripts_stays_as_it_is(text in "[a`~ \r\n]{0,40}") {
            prop_assert_eq!(document("a.md", &text).unwrap(), text);
        }

        #[test]
        fn any_text_is_formatted_or_refused(text in any::<String>()) {
            let _ = transcript("a.wscat", &text);
            let _ = document("a.md", &text);
        }
    }
}
