//! Every message of the protocol as it stands on the wire, in files that a person can read.
//!
//! `tests/golden/NAME.json` is what goes over the wire; it must come out of the types and go back into them. Runs on the
//! host and in the browser, where numbers and memory are of other sizes.

#![allow(clippy::unwrap_used, reason = "the ids in here are valid")]

use papo_protocol::{
    Action, ClientMessageId, ConnectionId, Epoch, ErrorCode, Event, Heard, History, Message,
    MessageId, MessageText, Position, Range, Refusal,
};
use wasm_bindgen_test::wasm_bindgen_test;

#[cfg(target_arch = "wasm32")]
wasm_bindgen_test::wasm_bindgen_test_configure!(run_in_browser);

/// The text of one golden file.
macro_rules! golden {
    ($name:literal) => {
        include_str!(concat!("golden/", $name, ".json")).trim_end()
    };
}

#[track_caller]
fn is_said_as(action: &Action, frame: &str) {
    assert_eq!(action.to_json(), frame);
    assert_eq!(Action::parse(frame).as_ref(), Ok(action));
}

#[track_caller]
fn is_heard_as(event: &Event, frame: &str) {
    assert_eq!(event.to_json(), frame);
    assert_eq!(Heard::parse(frame), Ok(Heard::Event(event.clone())));
}

fn said(client_message_id: Option<&str>) -> Message {
    Message {
        connection_id: ConnectionId::new("L0SM9cOFvHcCIhw="),
        message: "Olá do \"terminal\"!\n\tAté já 👋".to_owned(),
        message_id: MessageId::new("L0SNBdKdvHcCIhw="),
        request_time_epoch: 1_733_702_400_000,
        seq: None,
        client_message_id: client_message_id.map(|id| ClientMessageId::parse(id).unwrap()),
    }
}

fn position(seq: u64) -> Position {
    let epoch = Epoch::new("m3k2x1");
    Position { epoch, seq }
}

#[wasm_bindgen_test(unsupported = test)]
fn the_action_connected() {
    is_said_as(
        &Action::Connected { resume: None },
        golden!("action-connected"),
    );
}

#[wasm_bindgen_test(unsupported = test)]
fn the_action_connected_of_somebody_who_comes_back() {
    let resume = Some(position(41));
    is_said_as(
        &Action::Connected { resume },
        golden!("action-connected-resuming"),
    );
}

#[wasm_bindgen_test(unsupported = test)]
fn the_action_history() {
    let (range, limit) = (Range::After(41), None);
    is_said_as(
        &Action::History { range, limit },
        golden!("action-history-after"),
    );
    let (range, limit) = (Range::Before(42), Some(50));
    is_said_as(
        &Action::History { range, limit },
        golden!("action-history-before"),
    );
}

#[wasm_bindgen_test(unsupported = test)]
fn the_action_ping_and_its_answer() {
    is_said_as(&Action::Ping, golden!("action-ping"));
    is_heard_as(&Event::Pong { head: position(42) }, golden!("event-pong"));
}

#[wasm_bindgen_test(unsupported = test)]
fn the_action_send_message() {
    let message = MessageText::parse("Olá!").unwrap();
    is_said_as(
        &Action::SendMessage {
            message: message.clone(),
            client_message_id: None,
        },
        golden!("action-send-message"),
    );
    let client_message_id = ClientMessageId::parse("c-1").ok();
    is_said_as(
        &Action::SendMessage {
            message,
            client_message_id,
        },
        golden!("action-send-message-named"),
    );
}

#[wasm_bindgen_test(unsupported = test)]
fn the_event_connected() {
    is_heard_as(
        &Event::Connected {
            connection_id: ConnectionId::new("L0SM9cOFvHcCIhw="),
            head: None,
        },
        golden!("event-connected"),
    );
}

#[wasm_bindgen_test(unsupported = test)]
fn the_event_connected_with_the_end_of_the_log() {
    is_heard_as(
        &Event::Connected {
            connection_id: ConnectionId::new("L0SM9cOFvHcCIhw="),
            head: Some(position(41)),
        },
        golden!("event-connected-head"),
    );
}

#[wasm_bindgen_test(unsupported = test)]
fn the_event_history() {
    let numbered = |seq, name| Message {
        seq: Some(seq),
        ..said(name)
    };
    is_heard_as(
        &Event::History(History {
            range: Range::After(41),
            head: position(43),
            messages: vec![numbered(42, None), numbered(43, Some("c-1"))],
            complete: true,
        }),
        golden!("event-history"),
    );
}

#[wasm_bindgen_test(unsupported = test)]
fn the_event_message() {
    is_heard_as(&Event::Message(said(None)), golden!("event-message"));
    is_heard_as(
        &Event::Message(said(Some("c-1"))),
        golden!("event-message-named"),
    );
    let numbered = Message {
        seq: Some(42),
        ..said(Some("c-1"))
    };
    is_heard_as(&Event::Message(numbered), golden!("event-message-numbered"));
}

#[wasm_bindgen_test(unsupported = test)]
fn the_event_error() {
    let refusal = Refusal::new(ErrorCode::EmptyMessage, "The message is empty.");
    is_heard_as(&Event::Error(refusal.clone()), golden!("event-error"));
    let named = Refusal {
        retry_after_ms: Some(500),
        ..refusal.about(ClientMessageId::parse("c-1").ok())
    };
    is_heard_as(&Event::Error(named), golden!("event-error-named"));
}
