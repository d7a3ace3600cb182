//! Decides which received values are captured, and under which name.
//!
//! A value is captured if it is an ID, was not typed before it arrived, and appears again: in another frame, or in a line typed later. It
//! is named after the terminal that alone received it, because that is usually the terminal's own ID, or else after its field.

use std::collections::{BTreeMap, BTreeSet};

use crate::json::Json;

use super::recording::{Event, Recording};
use crate::expectation::volatile::{self, Volatile};
use crate::expectation::{self, json, words};
use crate::pattern::{Type, is_name};
use crate::player::Arrival;

/// Shorter values repeat by chance.
const MIN_LENGTH: usize = 3;

/// The same limit for numbers.
const MIN_NUMBER_LENGTH: usize = 5;

/// Shorter values of variables occur in too many texts by chance.
const MIN_VARIABLE_LENGTH: usize = 4;

/// Longer values are found also inside longer words.
const LONG: usize = 16;

/// Captured values and variables, as text, and their names.
#[derive(Clone, Debug, Default)]
pub(super) struct Names(BTreeMap<String, String>);

impl Names {
    /// Names for the values of `recording`.
    pub(super) fn of(recording: &Recording) -> Self {
        let mut names = Self::of_variables(recording);
        let mut used: BTreeSet<String> = typed(recording).flat_map(bracketed).collect();
        used.extend(Type::ALL.map(|of| of.name().to_owned()));
        for candidate in candidates(recording) {
            if names.get(&candidate.text).is_some() || !comes_again(recording, &candidate) {
                continue;
            }
            let mut name = base_name(recording, &candidate, &used);
            let base = name.clone();
            let mut number = 1;
            while used.contains(&name) {
                number += 1;
                name = format!("{base}-{number}");
            }
            used.insert(name.clone());
            names.0.insert(candidate.text, name);
        }
        names
    }

    /// Names for the values of variables alone.
    pub(super) fn of_variables(recording: &Recording) -> Self {
        let variables = recording.variables.iter();
        let variables = variables.map(|(name, value)| (value.text(), name.to_owned()));
        Self(
            variables
                .filter(|(value, _)| value.len() >= MIN_VARIABLE_LENGTH)
                .collect(),
        )
    }

    /// The name of the value that is `text`.
    pub(super) fn get(&self, text: &str) -> Option<&str> {
        self.0.get(text).map(String::as_str)
    }

    /// All values and their names.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0
            .iter()
            .map(|(value, name)| (value.as_str(), name.as_str()))
    }
}

/// A value that may be captured.
struct Candidate {
    text: String,
    key: Option<String>,
    /// The index of the event in which it arrived first.
    at: usize,
}

/// IDs that were not typed before they arrived, in order of arrival.
fn candidates(recording: &Recording) -> Vec<Candidate> {
    let mut found: Vec<Candidate> = Vec::new();
    for (at, (_, event)) in recording.events.iter().enumerate() {
        let Event::Arrived(Arrival::Text(frame)) = event else {
            continue;
        };
        let mut consider = |key: Option<&str>, value: &Json, kind: Option<Volatile>| {
            let text = value.to_text();
            let min_length = if value.is_number() {
                MIN_NUMBER_LENGTH
            } else {
                MIN_LENGTH
            };
            let is_new = || {
                found.iter().all(|other| other.text != text)
                    && typed_before(recording, at).all(|line| !line.contains(&text))
            };
            if kind == Some(Volatile::Id)
                && text.len() >= min_length
                && text.chars().all(is_plain)
                && is_new()
            {
                let key = key.map(str::to_owned);
                found.push(Candidate { text, key, at });
            }
        };
        if let Some(json) = expectation::json_in(frame) {
            json::leaves(json, &mut |key, value| {
                consider(key, value, volatile::kind(key, value));
                // Addresses and paths contain IDs. The name of the field says nothing about their other parts.
                words::rewritten(value.as_str().unwrap_or_default(), &mut |_, word| {
                    consider(key, word, volatile::kind(None, word));
                    None
                });
            });
        } else {
            words::rewritten(frame, &mut |key, value| {
                consider(key, value, volatile::kind(key, value));
                None
            });
        }
    }
    found
}

/// Characters that need no escape in JSON, in a transcript or between quotes.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric() || "-_=+/.:~@#".contains(c)
}

fn comes_again(recording: &Recording, candidate: &Candidate) -> bool {
    let mut frames = BTreeSet::new();
    recording.events[candidate.at..]
        .iter()
        .any(|(_, event)| match event {
            Event::Typed(line) => place_of(line, &candidate.text).is_some(),
            // The same frame in several terminals counts once.
            Event::Arrived(Arrival::Text(frame)) => {
                place_of(frame, &candidate.text).is_some()
                    && frames.insert(frame)
                    && frames.len() > 1
            }
            _ => false,
        })
}

fn base_name(recording: &Recording, candidate: &Candidate, used: &BTreeSet<String>) -> String {
    if recording.terminals.len() > 1
        && let Some((terminal, Event::Arrived(first))) = recording.events.get(candidate.at)
        && let Some(name) = recording.terminals.get(*terminal)
        && !used.contains(name)
    {
        let alone = recording.events.iter().all(|(other, event)| {
            other == terminal || !matches!(event, Event::Arrived(arrival) if arrival == first)
        });
        if alone {
            return name.clone();
        }
    }
    let words = volatile::words(candidate.key.as_deref().unwrap_or_default());
    let name = words.join("-");
    if is_name(&name) {
        name
    } else {
        "value".to_owned()
    }
}

fn typed(recording: &Recording) -> impl Iterator<Item = &str> {
    typed_before(recording, recording.events.len())
}

/// Lines typed before the event with this index.
pub(super) fn typed_before(recording: &Recording, at: usize) -> impl Iterator<Item = &str> {
    let before = recording.events[..at].iter();
    before.filter_map(|(_, event)| match event {
        Event::Typed(line) => Some(line.as_str()),
        _ => None,
    })
}

/// Texts in angle brackets: used as names, they would turn typed text into placeholders.
fn bracketed(line: &str) -> Vec<String> {
    let inside = line.split('<').skip(1);
    inside
        .filter_map(|rest| rest.split_once('>'))
        .map(|(name, _)| name.to_owned())
        .collect()
}

/// The place of `value` in `text`, unless it is part of a longer word or a name in angle brackets.
pub(super) fn place_of(text: &str, value: &str) -> Option<usize> {
    let is_word = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
    text.match_indices(value)
        .find(|(at, _)| {
            let before = text[..*at].chars().next_back();
            let after = text[at + value.len()..].chars().next();
            let begins_name = text[..*at].ends_with('<') || text[..*at].ends_with("<$");
            let is_name = begins_name && after == Some('>');
            // A backslash there would make this plain text.
            let is_escaped = before == Some('\\');
            let is_part =
                value.len() < LONG && (before.is_some_and(is_word) || after.is_some_and(is_word));
            !is_name && !is_escaped && !is_part
        })
        .map(|(at, _)| at)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn recording(terminals: &[&str], lines: &[(usize, &str)]) -> Recording {
        let mut recording = Recording::default();
        for name in terminals {
            recording.terminal(name);
        }
        for (terminal, line) in lines {
            let (prompt, text) = line.split_at(2);
            let text = text.to_owned();
            recording.add(
                *terminal,
                match prompt {
                    "> " => Event::Typed(text),
                    _ => Event::Arrived(Arrival::Text(text)),
                },
            );
        }
        recording
    }

    #[track_caller]
    fn named(recording: &Recording, expected: &[(&str, &str)]) {
        let names = Names::of(recording);
        assert_eq!(names.iter().collect::<Vec<_>>(), expected);
    }

    #[test]
    fn an_id_that_comes_again_is_named_after_its_field() {
        let again = [
            (0, r#"< {"connectionId":"c-1"}"#),
            (0, r#"< {"connectionId":"c-1","n":1}"#),
            (0, r#"< {"messageId":"m-1"}"#),
        ];
        named(&recording(&["one"], &again), &[("c-1", "connection-id")]);
        let typed = [(0, r#"< {"id":"c-1"}"#), (0, "> hello c-1!")];
        named(&recording(&["one"], &typed), &[("c-1", "id")]);
    }

    #[test]
    fn a_value_that_all_received_once_is_not_captured() {
        let lines = [(0, r#"< {"id":"m-1"}"#), (1, r#"< {"id":"m-1"}"#)];
        named(&recording(&["alice", "bob"], &lines), &[]);
    }

    #[test]
    fn a_name_never_turns_typed_text_into_a_placeholder() {
        let lines = [
            (0, "> <user-id>"),
            (0, r#"< {"userId":"u-1"}"#),
            (0, r#"< {"userId":"u-1","n":1}"#),
        ];
        named(&recording(&["one"], &lines), &[("u-1", "user-id-2")]);
    }

    #[test]
    fn a_part_of_a_word_is_not_the_value() {
        assert_eq!(place_of("c-12 xc-1 c-1-a c-1.", "c-1"), Some(16));
        assert_eq!(place_of("c-12", "c-1"), None);
        assert_eq!(place_of("m9f86d081884c7d65", "9f86d081884c7d65"), Some(1));
    }
}
