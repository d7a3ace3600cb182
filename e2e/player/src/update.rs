//! Rewrites the lines of a transcript that fail, from what arrived. Lines that pass are never changed.
//!
//! A transcript is played, the first line that fails is rewritten, and it is played again from the beginning, until it passes. A line
//! that fails again contains a value that differs each time: it becomes a type. What the author left open stays open: fields that the
//! line does not name are not added, and placeholders that still fit stay.
//!
//! Nothing is written that would make the rest of the file invalid, such as the end of a connection that is used further below, and
//! nothing where the expected frame arrived later.
//!
//! # Layout
//!
//! - [`edits`]: which lines of the file are replaced by which
//! - [`line`](mod@line): a line from what arrived; [`json`] and [`align`] keep what still fits

mod align;
mod edits;
mod json;
mod line;

use std::collections::BTreeMap;

use edits::Edits;
pub(crate) use edits::{Change, apply};

use crate::player::{Evidence, Failure, FailureKind, Player, accepts};
use crate::source;
use crate::transcript::{Directive, Transcript};

/// The result.
#[derive(Debug)]
pub(crate) struct Updated {
    /// The rewritten lines, from top to bottom, including those after which the transcript still fails.
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

/// How many times one line is rewritten: first with what arrived, then with types for values that differ each time.
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
    let mut updating = Updating::new(transcript);
    let remaining = loop {
        let Err(failure) = player.play(&updating.current).await else {
            break None;
        };
        if failure.kind == FailureKind::Unreachable {
            break Some(Remaining::Unreachable(failure));
        }
        if let Err(reason) = updating.rewrite(&failure.evidence) {
            break Some(Remaining::ByHand { failure, reason });
        }
    };
    Updated {
        changes: updating.edits.changes(),
        remaining,
    }
}

/// A transcript whose failing lines are rewritten one after the other.
struct Updating<'a> {
    original: &'a Transcript,
    /// The transcript with its edits.
    current: Transcript,
    edits: Edits,
    /// How many times each line of the original was rewritten.
    attempts: BTreeMap<usize, usize>,
}

impl<'a> Updating<'a> {
    fn new(original: &'a Transcript) -> Self {
        Self {
            original,
            current: original.clone(),
            edits: Edits::default(),
            attempts: BTreeMap::new(),
        }
    }

    /// Rewrites the line that failed.
    ///
    /// # Errors
    ///
    /// Why it cannot be rewritten.
    fn rewrite(&mut self, evidence: &Evidence) -> Result<(), &'static str> {
        let transcript = &self.current;
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
        let Some(number) = line::of(step, actual) else {
            return Err(match &step.directive {
                Directive::Connect(_) => NO_LINE,
                _ => "only lines that expect something, outside of groups, are rewritten",
            });
        };
        let original = self.edits.original(number);
        let attempt = self.attempts.entry(original).or_default();
        *attempt += 1;
        if *attempt > ATTEMPTS {
            return Err("something else arrives each time");
        }
        let (known, types) = (&evidence.captures, *attempt > 1);
        let after = line::rewritten(transcript, (number, step), actual, known, types);
        let source = &self.original.source;
        let mut edits = self.edits.clone();
        edits.take(Change {
            line: original,
            before: source.with_continued(original),
            after: source::split(&after),
        });
        let lines: Vec<_> = source.lines().map(|(_, line)| line).collect();
        self.current = self
            .original
            .reread(&edits.applied(&lines.join("\n")))
            .map_err(|_| "with what arrived, the lines below would be invalid")?;
        self.edits = edits;
        Ok(())
    }
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

    /// Only the line of `evidence` changes, to `expected`.
    #[track_caller]
    fn rewritten(text: &str, evidence: &Evidence, expected: &str) {
        let transcript = Transcript::parse("a", text).unwrap();
        let mut updating = Updating::new(&transcript);
        updating.rewrite(evidence).unwrap();
        let source = &updating.current.source;
        for (number, line) in transcript.source.lines() {
            let expected = if number == evidence.line {
                expected
            } else {
                line
            };
            assert_eq!(source.line(number), expected);
        }
    }

    #[track_caller]
    fn becomes(line: usize, actual: Actual, expected: &str) {
        rewritten(TEXT, &evidence(line, Some(actual)), expected);
    }

    #[track_caller]
    fn refused(line: usize, actual: Option<Actual>, attempt: usize, words: &str) {
        let transcript = Transcript::parse("a", TEXT).unwrap();
        let mut updating = Updating::new(&transcript);
        updating.attempts.insert(line, attempt - 1);
        let reason = updating.rewrite(&evidence(line, actual)).unwrap_err();
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
    fn bytes_that_differ_each_time_are_left_open() {
        let text = "$ wscat -c ws://a\n< <bytes 01 02 03>\n";
        let transcript = Transcript::parse("a", text).unwrap();
        let mut updating = Updating::new(&transcript);
        updating.attempts.insert(2, 1);
        let arrived = Actual::Arrival(Arrival::Binary(vec![1, 9, 3]));
        updating.rewrite(&evidence(2, Some(arrived))).unwrap();
        assert_eq!(updating.current.source.line(2), "< <bytes 01 ?? 03>");
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
            rewritten(&source, &evidence(2, Some(text(came))), expected);
        }
    }

    #[test]
    fn changes_that_would_break_the_rest_are_left_to_the_author() {
        refused(4, Some(closed(1001)), 1, "the lines below would be invalid");
        refused(4, None, 1, "nothing arrived");
        refused(1, None, 1, "no line below it says how the handshake ends");
        refused(5, Some(text("late")), 1, "only lines that expect something");
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
            let mut updating = Updating::new(&transcript);
            updating.rewrite(&evidence(1, Some(actual))).unwrap();
            assert_eq!(updating.current.source.line(2), expected);
        }
    }
}
