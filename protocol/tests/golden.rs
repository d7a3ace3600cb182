//! Every frame of the protocol as a golden file.
//!
//! `tests/golden/NAME.json` must be what the types serialize to and parse from. Runs on the host and in the browser, where
//! `usize` has 32 bits.

#![allow(clippy::unwrap_used, reason = "the values in here are valid")]

use papo_protocol::{
    Action, ClientMessageId, Epoch, Event, Person, PersonId, PersonName, Position, ServerFrame,
};

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

/// The text of one golden file.
macro_rules! golden {
    ($name:literal) => {
        include_str!(concat!(
            env!("CARGO_MANIFEST_DIR"),
            "/tests/golden/",
            $name,
            ".json"
        ))
        .trim_end()
    };
}

#[path = "golden/actions.rs"]
mod actions;
#[path = "golden/events.rs"]
mod events;

#[track_caller]
fn is_sent_as(action: &Action, frame: &str) {
    assert_eq!(action.to_json(), frame);
    assert_eq!(Action::parse(frame).as_ref(), Ok(action));
}

#[track_caller]
fn is_received_as(event: &Event, frame: &str) {
    assert_eq!(event.to_json(), frame);
    let parsed = ServerFrame::parse(frame).unwrap();
    assert_eq!(parsed, ServerFrame::Event(event.clone()));
}

fn id(id: &str) -> Option<ClientMessageId> {
    ClientMessageId::parse(id).ok()
}

fn ana() -> Person {
    Person {
        person_id: PersonId::new("p-5Zt1"),
        name: PersonName::parse("Ana").ok(),
    }
}

fn position(seq: u64) -> Position {
    let epoch = Epoch::new("m3k2x1");
    Position { epoch, seq }
}
