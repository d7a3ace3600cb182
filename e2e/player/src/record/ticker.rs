//! Recognises what a server sends by itself, again and again with other values, such as prices. A recording ignores it.

use std::collections::{BTreeMap, BTreeSet};

use super::heartbeat::KINDS;
use super::recording::Recording;
use crate::expectation::{self, json, words};
use crate::json::Json;
use crate::pattern::Captures;
use crate::player::Arrival;

/// How many frames of a kind make a ticker.
const REPEATED: usize = 3;

/// The lines that expect the tickers of a terminal.
pub(super) fn lines(recording: &Recording, terminal: usize) -> impl Iterator<Item = &str> {
    let tickers = recording.tickers.iter();
    tickers
        .filter(move |(at, _)| *at == terminal)
        .map(|(_, line)| line.as_str())
}

/// Whether `arrival` is of a known ticker.
pub(super) fn is_known(recording: &Recording, terminal: usize, arrival: &Arrival) -> bool {
    lines(recording, terminal).any(|line| expectation::fits(line, arrival, &Captures::default()))
}

/// The tickers among frames that arrived with their terminals when nothing had been sent for long, and the lines that expect them.
pub(super) fn among(late: &[(usize, Arrival)]) -> BTreeSet<(usize, String)> {
    let mut kinds: BTreeMap<(usize, String), Vec<&str>> = BTreeMap::new();
    for (terminal, arrival) in late {
        if let Arrival::Text(text) = arrival {
            kinds
                .entry((*terminal, line(text, &|_| true)))
                .or_default()
                .push(text);
        }
    }
    let tickers = kinds
        .into_iter()
        .filter(|(_, frames)| frames.len() >= REPEATED);
    tickers
        .map(|((terminal, _), frames)| (terminal, together(&frames)))
        .collect()
}

/// The line that expects all of these frames, which are of one kind: with their values where these are the same.
fn together(frames: &[&str]) -> String {
    let values: Vec<_> = frames.iter().map(|frame| values(frame)).collect();
    let is_varying = |key: Option<&str>| {
        let mut of_key = values
            .iter()
            .map(|values| values.get(&key.map(ToOwned::to_owned)));
        let first = of_key.next();
        of_key.any(|values| Some(values) != first)
    };
    line(frames.first().unwrap_or(&""), &is_varying)
}

/// The line that expects `text`, with placeholders for the values of the fields that are `varying`.
fn line(text: &str, varying: &dyn Fn(Option<&str>) -> bool) -> String {
    let is_text = expectation::json_in(text).is_none();
    let leaf = &mut |key: Option<&str>, value: &Json| {
        let is_kind = key.is_some_and(|key| KINDS.contains(&key));
        match value {
            Json::Number(_) if varying(key) => Some("<number>".to_owned()),
            Json::String(_) if !is_text && !is_kind && varying(key) => {
                Some("\"<string>\"".to_owned())
            }
            _ => None,
        }
    };
    expectation::line(&Arrival::Text(text.to_owned()), &Captures::default(), leaf)
}

/// The values of each field, wherever it is.
fn values(text: &str) -> BTreeMap<Option<String>, Vec<String>> {
    let mut values: BTreeMap<_, Vec<_>> = BTreeMap::new();
    let mut keep = |key: Option<&str>, value: &Json| {
        values
            .entry(key.map(ToOwned::to_owned))
            .or_default()
            .push(value.to_text());
    };
    match expectation::json_in(text) {
        Some(json) => json::leaves(json, &mut keep),
        None => {
            words::rewritten(text, &mut |key, value| {
                keep(key, value);
                None
            });
        }
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn tickers(frames: &[&str], expected: &[&str]) {
        let late: Vec<_> = frames
            .iter()
            .map(|text| (0, Arrival::Text((*text).to_owned())))
            .collect();
        let lines: Vec<_> = among(&late).into_iter().map(|(_, line)| line).collect();
        assert_eq!(lines, expected);
    }

    #[test]
    fn frames_that_differ_in_values_alone_are_one_ticker() {
        tickers(
            &[
                r#"{"type":"price","of":"PAPO","value":1.5}"#,
                r#"{"type":"price","of":"PAPO","value":2}"#,
                r#"{"type":"message","text":"hi"}"#,
                r#"{"type":"price","of":"PAPO","value":3}"#,
            ],
            &[r#"< {"type":"price","of":"PAPO","value":<number>}"#],
        );
        tickers(
            &[
                r#"{"id":"1","data":{"tick":1}}"#,
                r#"{"id":"1","data":{"tick":2}}"#,
                r#"{"id":"1","data":{"tick":3}}"#,
            ],
            &[r#"< {"id":"1","data":{"tick":<number>}}"#],
        );
        tickers(
            &["tick 1 of 3", "tick 2 of 3", "tick 3 of 3"],
            &["< tick <number> of <number>"],
        );
        tickers(&["beat", "beat", "beat"], &["< beat"]);
    }

    #[test]
    fn frames_that_come_less_often_or_differ_in_kind_are_not() {
        tickers(&["tick 1", "tick 2", "tock 3"], &[]);
        tickers(
            &[
                r#"{"type":"a","n":1}"#,
                r#"{"type":"b","n":1}"#,
                r#"{"type":"c","n":1}"#,
            ],
            &[],
        );
    }
}
