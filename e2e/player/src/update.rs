//! Rewrites the lines of a transcript that fail, from what arrived. Lines that pass are never changed.
//!
//! A transcript is played, the first line that fails is rewritten, and it is played again from the beginning, until it passes. A line
//! that fails again contains a value that differs each time: it becomes a type. What the author left open stays open: fields that the
//! line does not name are not added, and placeholders that still fit stay.
//!
//! Nothing is written that would make the rest of the file invalid, such as the end of a connection that is used further below, and
//! nothing where the expected frame arrived later.

mod line;

use std::collections::BTreeMap;

use crate::player::{Evidence, Failure, FailureKind, Player, accepts};
use crate::transcript::{Directive, Transcript};

/// A rewritten line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Change {
    /// Where, counted from 1.
    pub line: usize,
    /// The line as it was.
    pub before: String,
    /// The line as it is now.
    pub after: String,
}

/// The result.
#[derive(Debug)]
pub(crate) struct Updated {
    /// The rewritten lines, from top to bottom, also those after which the transcript still fails.
    pub changes: Vec<Change>,
    /// Why it still fails, if it does.
    pub remaining: Option<Remaining>,
}

/// Why a transcript still fails. In colours.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Remaining {
    /// Nothing answers: nothing was tried.
    #[error("{0:#}")]
    Unreachable(Failure),
    /// A line that cannot be rewritten.
    #[error("{failure:#}\n\nchange this line by hand: {reason}")]
    ByHand {
        /// The problem with the line.
        failure: Failure,
        /// Why it was not rewritten.
        reason: &'static str,
    },
}

/// How often one line is rewritten: first with what arrived, then with types for values that differ each time.
const ATTEMPTS: usize = 2;

/// Why nothing was rewritten where no line below `wscat` says how it ended.
const NO_LINE: &str =
    "no line below it says how the handshake ends, such as: error: Unexpected server response: 403";

/// Plays `transcript` until it passes, and rewrites lines that fail.
///
/// # Cancel safety
///
/// Dropping the future drops all connections without a closing handshake.
pub(crate) async fn update(transcript: &Transcript, player: Player<'_>) -> Updated {
    let mut current = transcript.clone();
    let mut attempts: BTreeMap<usize, usize> = BTreeMap::new();
    let remaining = loop {
        let Err(failure) = player.play(&current).await else {
            break None;
        };
        if failure.kind == FailureKind::Unreachable {
            break Some(Remaining::Unreachable(failure));
        }
        match rewritten(&current, &failure.evidence, &mut attempts) {
            Ok(next) => current = next,
            Err(reason) => break Some(Remaining::ByHand { failure, reason }),
        }
    };
    Updated {
        changes: changes(transcript, &current),
        remaining,
    }
}

/// The transcript with the failed line rewritten, or why there is none.
fn rewritten(
    transcript: &Transcript,
    evidence: &Evidence,
    attempts: &mut BTreeMap<usize, usize>,
) -> Result<Transcript, &'static str> {
    let step = transcript
        .steps
        .iter()
        .find(|step| step.span.line == evidence.line)
        .ok_or("it is not a line of this file")?;
    let Some(actual) = &evidence.actual else {
        return Err(match &step.directive {
            Directive::Connect(_) => NO_LINE,
            _ => "nothing arrived that certainly belongs there",
        });
    };
    if let Directive::Receive(expected) = &step.directive {
        let fits = |arrival| accepts(expected, arrival, &mut evidence.captures.clone());
        if evidence.later.iter().any(fits) {
            return Err(
                "the frame that it expects arrived later: list what came before it below ignoring:",
            );
        }
    }
    let Some(edited_number) = line::of(step, actual) else {
        return Err(match &step.directive {
            Directive::Connect(_) => NO_LINE,
            _ => "it does something, or belongs to a group of lines",
        });
    };
    if transcript.source.is_continued(edited_number) {
        return Err("lines below continue it");
    }
    let attempt = attempts.entry(edited_number).or_default();
    *attempt += 1;
    if *attempt > ATTEMPTS {
        return Err("something else arrives each time");
    }
    let types = *attempt > 1;
    let edited = line::rewritten(
        transcript,
        (edited_number, step),
        actual,
        &evidence.captures,
        types,
    );
    let name = transcript.source.name();
    let lines = transcript.source.lines().map(|(number, line)| {
        if number == edited_number {
            edited.as_str()
        } else {
            line
        }
    });
    let text = lines.collect::<Vec<_>>().join("\n");
    Transcript::parse(name, &text)
        .map_err(|_| "with what arrived, the lines below would be invalid")
}

/// The lines in which two texts with as many lines differ.
fn changes(before: &Transcript, after: &Transcript) -> Vec<Change> {
    let lines = before.source.lines().zip(after.source.lines());
    lines
        .filter(|((_, before), (_, after))| before != after)
        .map(|((line, before), (_, after))| Change {
            line,
            before: before.to_owned(),
            after: after.to_owned(),
        })
        .collect()
}

/// `text`, a file, with `changes`; line ends stay as they are.
pub(crate) fn apply(text: &str, changes: &[Change]) -> String {
    let mut applied = String::with_capacity(text.len());
    for (number, line) in (1..).zip(text.split_inclusive('\n')) {
        match changes.iter().find(|change| change.line == number) {
            Some(change) => {
                let content = line.trim_end_matches('\n').trim_end_matches('\r');
                applied.push_str(&change.after);
                applied.push_str(&line[content.len()..]);
            }
            None => applied.push_str(line),
        }
    }
    applied
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pattern::Captures;
    use crate::player::{Actual, Arrival};

    const TEXT: &str = "\
$ wscat -c ws://a
> {\"id\":\"typed-1\"}
< {\"connectionId\":\"<me>\"}
< {\"a\": 1, \"id\": \"<me>\", \"t\": <epoch-ms>, ...}
exit
Disconnected (code: 1000, reason: \"\")
$ wscat -c ws://a
< <me>
";

    fn evidence(line: usize, actual: Option<Actual>) -> Evidence {
        let mut captures = Captures::default();
        captures.insert("me", "c-1".into(), 3);
        Evidence {
            line,
            actual,
            captures,
            later: Vec::new(),
        }
    }

    #[track_caller]
    fn becomes(line: usize, actual: Actual, expected: &str) {
        let transcript = Transcript::parse("a", TEXT).unwrap();
        let evidence = evidence(line, Some(actual));
        let rewritten = rewritten(&transcript, &evidence, &mut BTreeMap::new()).unwrap();
        let changes = changes(&transcript, &rewritten);
        let [change] = changes.as_slice() else {
            panic!("one line changes: {changes:?}");
        };
        assert_eq!((change.line, change.after.as_str()), (line, expected));
        assert_eq!(apply(TEXT, &changes).lines().nth(line - 1), Some(expected));
    }

    #[track_caller]
    fn refused(line: usize, actual: Option<Actual>, attempt: usize, words: &str) {
        let transcript = Transcript::parse("a", TEXT).unwrap();
        let mut attempts = BTreeMap::from([(line, attempt - 1)]);
        let reason = rewritten(&transcript, &evidence(line, actual), &mut attempts).unwrap_err();
        assert!(reason.contains(words), "{reason}");
    }

    fn text(text: &str) -> Actual {
        Actual::Arrival(Arrival::Text(text.to_owned()))
    }

    fn closed(code: u16) -> Actual {
        let reason = String::new();
        Actual::Arrival(Arrival::Closed { code, reason })
    }

    #[test]
    fn fitting_parts_stay_and_others_are_replaced() {
        becomes(
            4,
            text(r#"{"a":{"b":"c"},"id":"c-1","t":1733702400000,"new":1}"#),
            r#"< {"a": {"b":"c"}, "id": "<me>", "t": <epoch-ms>, ...}"#,
        );
    }

    #[test]
    fn ids_and_times_become_placeholders_and_known_values_captures() {
        becomes(
            4,
            text(r#"{"a":"c-1","id":"c-2","t":17}"#),
            r#"< {"a": "<me>", "id": "<string>", "t": 17, ...}"#,
        );
        becomes(
            4,
            text(r#"{"id":"typed-1"}"#),
            r#"< {"id": "typed-1", ...}"#,
        );
    }

    #[test]
    fn an_end_or_another_kind_of_frame_is_written_as_it_came() {
        becomes(4, text("oi <b>"), r"< oi \<b>");
        becomes(6, closed(1005), "Disconnected (code: 1005, reason: \"\")");
        becomes(4, Actual::Arrival(Arrival::Binary(vec![1])), "< <bytes 01>");
    }

    #[test]
    fn the_way_in_which_a_line_looks_at_a_frame_stays() {
        for (line, came, expected) in [
            (
                "< exactly {\"a\":1}",
                "{\"a\":1,\"b\":2}",
                "< exactly {\"a\":1,\"b\":2}",
            ),
            ("< <text of 3 bytes>", "four", "< <text of 4 bytes>"),
        ] {
            let source = format!("$ wscat -c ws://a\n{line}\n");
            let transcript = Transcript::parse("a", &source).unwrap();
            let evidence = evidence(2, Some(text(came)));
            let rewritten = rewritten(&transcript, &evidence, &mut BTreeMap::new()).unwrap();
            assert_eq!(rewritten.source.line(2), expected);
        }
    }

    #[test]
    fn changes_that_would_break_the_rest_are_left_to_the_author() {
        refused(4, Some(closed(1001)), 1, "the lines below would be invalid");
        refused(4, None, 1, "nothing arrived");
        refused(1, None, 1, "no line below it says how the handshake ends");
        refused(5, Some(text("late")), 1, "it does something");
        refused(4, Some(text("{}")), 3, "something else arrives each time");
        refused(
            1,
            Some(Actual::Refused(403)),
            1,
            "no line below it says how the handshake ends",
        );
    }

    #[test]
    fn a_handshake_that_ended_otherwise_is_written_as_it_ended() {
        let text = "$ wscat -c ws://a\nerror: Unexpected server response: 403\n";
        let transcript = Transcript::parse("a", text).unwrap();
        for (actual, expected) in [
            (
                Actual::Refused(404),
                "error: Unexpected server response: 404",
            ),
            (Actual::Accepted, "Connected (press CTRL+C to quit)"),
        ] {
            let evidence = evidence(1, Some(actual));
            let rewritten = rewritten(&transcript, &evidence, &mut BTreeMap::new()).unwrap();
            assert_eq!(rewritten.source.line(2), expected);
        }
    }

    #[test]
    fn line_ends_and_other_lines_of_a_document_stay() {
        let change = Change {
            line: 2,
            before: "b".into(),
            after: "c".into(),
        };
        assert_eq!(
            apply("a\r\nb\r\nb", std::slice::from_ref(&change)),
            "a\r\nc\r\nb"
        );
        assert_eq!(apply("a\nb", &[change]), "a\nc");
    }
}
