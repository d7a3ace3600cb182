//! Recognises heartbeats: frames that a server sends by itself, again and again. A recording ignores them.

use std::collections::BTreeSet;

use super::recording::{Event, Recording};
use super::ticker;
use crate::expectation;
use crate::json::Json;
use crate::pattern::Captures;
use crate::player::Arrival;

/// Names of heartbeats, in lower case.
const NAMES: [&str; 7] = [
    "ping",
    "heartbeat",
    "keepalive",
    "keep-alive",
    "keep_alive",
    "ka",
    "hb",
];

/// The fields of a frame that identify its kind.
pub(super) const KINDS: [&str; 8] = [
    "type", "event", "op", "action", "kind", "method", "cmd", "channel",
];

/// The line that expects `text`, if that is a heartbeat.
fn line(text: &str) -> Option<String> {
    let is_name = |name: &str| NAMES.contains(&name.to_ascii_lowercase().as_str());
    if is_name(text) {
        return Some(format!("< {text}"));
    }
    let json = Json::parse(text).ok()?;
    let (field, name) = KINDS
        .iter()
        .find_map(|field| Some((field, json.get(field)?.as_str()?)))?;
    is_name(name).then(|| format!("< {{\"{field}\":\"{name}\"}}"))
}

/// The lines that expect the heartbeats of a terminal, and what else the server sends there by itself.
pub(super) fn lines(recording: &Recording, terminal: usize) -> BTreeSet<String> {
    let own = || recording.events.iter().filter(|(at, _)| *at == terminal);
    let typed: Vec<_> = own()
        .filter_map(|(_, event)| match event {
            Event::Typed(text) => line(text),
            _ => None,
        })
        .collect();
    own()
        .filter_map(|(_, event)| match event {
            Event::Arrived(Arrival::Text(text)) => line(text),
            _ => None,
        })
        // It answers what was typed.
        .filter(|line| !typed.contains(line))
        .chain(ticker::lines(recording, terminal).map(ToOwned::to_owned))
        .collect()
}

/// Whether `arrival` is one of those that `lines` expect.
pub(super) fn is_among(lines: &BTreeSet<String>, arrival: &Arrival) -> bool {
    matches!(arrival, Arrival::Text(_))
        && lines
            .iter()
            .any(|line| expectation::fits(line, arrival, &Captures::default()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn heartbeats_are_recognised_by_their_names() {
        for (text, expected) in [
            ("PING", Some("< PING")),
            (r#"{"type":"ka"}"#, Some(r#"< {"type":"ka"}"#)),
            (
                r#"{"ts":1,"op":"Heartbeat"}"#,
                Some(r#"< {"op":"Heartbeat"}"#),
            ),
            (
                r#"{"channel":"heartbeat"}"#,
                Some(r#"< {"channel":"heartbeat"}"#),
            ),
            ("pong", None),
            (r#"{"type":"message","event":"ping"}"#, None),
            (r#"["ping"]"#, None),
            ("a ping", None),
        ] {
            assert_eq!(line(text).as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn an_answer_is_not_a_heartbeat() {
        let mut recording = Recording::default();
        let terminal = recording.terminal("alice");
        recording.add(terminal, Event::Typed("ping".to_owned()));
        for text in ["ping", "PING"] {
            let arrival = Arrival::Text(text.to_owned());
            recording.add(terminal, Event::Arrived(arrival));
        }
        let lines = lines(&recording, terminal);
        assert_eq!(lines, BTreeSet::from(["< PING".to_owned()]));
    }
}
