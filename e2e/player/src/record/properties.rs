//! Whatever happens, the recording is a transcript that passes if the same happens again.

use proptest::prelude::*;
use serde_json::json;

use super::notation::sent;
use super::recording::{Event, Recording};
use super::replay::replay;
use super::write::transcript;
use crate::pattern::Captures;
use crate::player::Arrival;

const COMMAND: &str = "wscat -c ws://127.0.0.1:3001/dev";

/// Texts that look like parts of the format, like IDs, or like neither.
fn texts() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "oi",
        "c-1",
        "c-12",
        "c-2",
        "<id>",
        "<alice>",
        "<any>",
        "<a * 3>",
        "\\",
        "<b",
        ">",
        " ",
        "...",
        "\"",
        "{",
        "nothing for 3 ms",
        "é",
        "42424",
        "alice",
        "L0SM9cOFvHcCIhw=",
        "<bytes 00>",
        "#",
    ]);
    prop::collection::vec(piece, 0..4).prop_map(|pieces| pieces.concat())
}

fn frames() -> impl Strategy<Value = String> {
    let id = || prop::sample::select(vec!["c-1", "c-2", "alice", "L0SM9cOFvHcCIhw=", "é"]);
    prop_oneof![
        texts(),
        "\\PC{0,20}",
        (id(), texts()).prop_map(|(id, text)| json!({"id": id, "text": text}).to_string()),
        (id(), id())
            .prop_map(|(from, to)| format!("{{\"fromId\": \"{from}\", \"to\" : [\"{to}\"]}}")),
        prop::sample::select(vec![
            json!({"id": 42424, "at": 1_733_702_400_000_u64}),
            json!({"n": 42424, "id": "c-1", "text": "c-1 and 42424"}),
            json!([]),
            json!({"": {"userId": 42424}}),
        ])
        .prop_map(|value| value.to_string()),
    ]
}

/// Two connected terminals in which anything is typed and anything arrives.
fn recordings() -> impl Strategy<Value = Recording> {
    let typed = prop_oneof![texts(), frames()]
        .prop_filter("one line", |text| !text.contains(['\n', '\r']))
        .prop_filter("something that can be sent", |text| {
            sent(text, &Captures::default()).is_ok()
        })
        .prop_map(Event::Typed);
    let arrived = frames().prop_map(|text| Event::Arrived(Arrival::Text(text)));
    let event = (0_usize..2, prop_oneof![typed, arrived]);
    prop::collection::vec(event, 0..12).prop_map(|events| {
        let mut recording = Recording::default();
        for name in ["alice", "bob"] {
            let terminal = recording.terminal(name);
            recording.add(terminal, Event::Connected(COMMAND.to_owned()));
        }
        for (terminal, event) in events {
            recording.add(terminal, event);
        }
        recording
    })
}

proptest! {
    #[test]
    fn a_recording_passes_when_the_same_happens_again(recording in recordings()) {
        let text = transcript(&recording);
        if let Err(error) = replay(&text, &recording) {
            return Err(TestCaseError::fail(format!("{error}\n\n{text}")));
        }
    }
}
