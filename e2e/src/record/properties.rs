//! Whatever happens, what was recorded is a transcript, and it passes if the same happens again.

use std::collections::VecDeque;

use proptest::prelude::*;
use serde_json::{Value, json};

use super::notation::{Frame, sent};
use super::story::{Happening, Story};
use super::write::transcript;
use crate::pattern::{Captures, compare};
use crate::player::Arrival;
use crate::transcript::{Action, Expected, Payload, TerminalName, Transcript};

const COMMAND: &str = "wscat -c ws://127.0.0.1:3001/dev";

/// Texts that look like parts of the format, like ids, or like neither.
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

/// Two terminals, connected at first; what is typed and what arrives is anything.
fn stories() -> impl Strategy<Value = Story> {
    let typed = prop_oneof![texts(), frames()]
        .prop_filter("one line", |text| !text.contains(['\n', '\r']))
        .prop_filter("something that can be sent", |text| {
            sent(text, &Captures::default()).is_ok()
        })
        .prop_map(Happening::Typed);
    let arrived = frames().prop_map(|text| Happening::Arrived(Arrival::Text(text)));
    let happening = (0_usize..2, prop_oneof![typed, arrived]);
    prop::collection::vec(happening, 0..12).prop_map(|happenings| {
        let mut story = Story::default();
        for name in ["alice", "bob"] {
            let terminal = story.terminal(name);
            story.add(terminal, Happening::Connected(COMMAND.to_owned()));
        }
        for (terminal, happening) in happenings {
            story.add(terminal, happening);
        }
        story
    })
}

/// Plays `transcript` with what happened in `story` for the other side.
fn passes(transcript: &Transcript, story: &Story) -> Result<(), String> {
    let of = |terminal: usize, wanted: fn(&Happening) -> Option<&str>| -> VecDeque<String> {
        let own = story.happenings.iter().filter(|(at, _)| *at == terminal);
        own.filter_map(|(_, happening)| wanted(happening).map(str::to_owned))
            .collect()
    };
    let names = ["alice", "bob"].map(|name| TerminalName::Named(name.to_owned()));
    let mut arrivals = [0, 1].map(|terminal| {
        of(terminal, |happening| match happening {
            Happening::Arrived(Arrival::Text(text)) => Some(text),
            _ => None,
        })
    });
    let mut typed = [0, 1].map(|terminal| {
        of(terminal, |happening| match happening {
            Happening::Typed(line) => Some(line),
            _ => None,
        })
    });
    let mut known = Captures::default();
    for step in &transcript.steps {
        let terminal = transcript.terminal(step.terminal);
        let terminal = usize::from(*terminal == names[1]);
        let line = transcript.source.line(step.span.line);
        match &step.action {
            Action::Connect(_) => {}
            Action::Send(payload) => {
                let wanted = typed[terminal].pop_front().unwrap_or_default();
                let frame = match payload {
                    Payload::Text(template) => Frame::Text(template.fill(&known)),
                    Payload::Binary(bytes) => Frame::Binary(bytes.clone()),
                    other => return Err(format!("{other:?} was not typed")),
                };
                if sent(&wanted, &Captures::default()) != Ok(frame) {
                    return Err(format!("{line} sends something else"));
                }
            }
            Action::Receive(expected) => {
                let frame = arrivals[terminal].pop_front().unwrap_or_default();
                let fits = match expected {
                    Expected::Json(pattern) => serde_json::from_str::<Value>(&frame)
                        .is_ok_and(|value| compare(pattern, &value, &mut known, 1).is_ok()),
                    Expected::Text(template) => template.fits(&frame, &mut known, 1),
                    _ => false,
                };
                if !fits {
                    return Err(format!("{line} does not accept {frame}"));
                }
            }
            other => return Err(format!("{other:?} did not happen")),
        }
    }
    let left = arrivals
        .iter()
        .chain(&typed)
        .map(VecDeque::len)
        .sum::<usize>();
    if left == 0 {
        Ok(())
    } else {
        Err(format!("{left} things are missing"))
    }
}

proptest! {
    #[test]
    fn what_was_recorded_passes_when_it_happens_again(story in stories()) {
        let text = transcript(&story);
        let transcript = Transcript::parse("a.wscat", &text);
        let transcript = transcript.map_err(|error| TestCaseError::fail(format!("{text}\n{error}")))?;
        if let Err(error) = passes(&transcript, &story) {
            return Err(TestCaseError::fail(format!("{error}\n\n{text}")));
        }
    }
}
