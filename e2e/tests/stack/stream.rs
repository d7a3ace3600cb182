//! `Fanout=stream`: messages are broadcast from the stream of the messages table.

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use papagaio::stack::Stack;
use papo_e2e::connections::{ConnectionsTable as _, Row, put_item};
use papo_e2e::stack;
use serde_json::{Value, json};

use crate::client::Client;
use crate::stale_row;

#[track_caller]
fn start() -> Stack {
    stack::start_with(&[("Fanout", "stream")]).unwrap_or_else(|error| panic!("{error:#}"))
}

fn say(n: u32) -> String {
    json!({"action": "sendMessage", "message": n.to_string(), "clientMessageId": format!("c-{n}")})
        .to_string()
}

/// The entries of a frame.
#[track_caller]
fn entries(frame: &Value) -> Vec<Value> {
    match frame["type"].as_str() {
        Some("message") => vec![frame.clone()],
        Some("entries") => frame["entries"].as_array().cloned().unwrap_or_default(),
        _ => panic!("expected entries: {frame}"),
    }
}

/// Sends the messages `numbers` at once. Returns the messages that the client receives, once it has as many. What could not be
/// appended in time, on a busy machine, is sent again, as the app does.
#[track_caller]
fn send_all(client: &mut Client, numbers: RangeInclusive<u32>) -> Vec<Value> {
    for n in numbers.clone() {
        client.send(&say(n));
    }
    let mut received = Vec::new();
    while received.len() < numbers.clone().count() {
        let frame = client.receive();
        match frame["type"].as_str() {
            Some("message") => received.push(frame),
            Some("error") if frame["code"] == "unavailable" => {
                let id = frame["clientMessageId"].as_str().unwrap_or_default();
                let number = id.trim_start_matches("c-").parse();
                client.send(&say(
                    number.unwrap_or_else(|_| panic!("of no message: {frame}"))
                ));
            }
            _ => panic!("expected messages: {frame}"),
        }
    }
    received
}

#[test]
fn every_client_receives_every_message_in_order() {
    const BURST: u32 = 8;
    /// Bursts until several messages share a frame: whether they do depends on when the stream is polled.
    const BURSTS: u32 = 50;
    let stack = start();
    let mut original = Client::connect(&stack);
    original.id();
    let mut introduced = Client::connect(&stack);
    introduced.ask(r#"{"action":"connected","name":"Ana"}"#);
    let people = introduced.receive();
    assert_eq!(people["type"], "people");
    let mut messages: Vec<Value> = Vec::new();
    let mut frames = 0;
    for burst in 0..BURSTS {
        // The original's clients receive single messages.
        let singles = send_all(&mut original, burst * BURST + 1..=(burst + 1) * BURST);
        let mut listed = Vec::new();
        while listed.len() < singles.len() {
            frames += 1;
            listed.extend(entries(&introduced.receive()));
        }
        for (single, listed) in singles.iter().zip(&listed) {
            assert_eq!(single["seq"], messages.len() + 1);
            for field in ["seq", "message", "clientMessageId"] {
                assert_eq!(single[field], listed[field]);
            }
            messages.push(single.clone());
        }
        if frames < messages.len() {
            break;
        }
    }
    assert!(frames < messages.len(), "every message had its own frame");
    let texts: BTreeSet<_> = messages.iter().map(|it| it["message"].as_str()).collect();
    assert_eq!(texts.len(), messages.len(), "a message came twice");
}

#[test]
fn a_message_is_broadcast_although_its_function_was_killed_after_the_commit() {
    let stack = start();
    let mut client = Client::connect(&stack);
    client.id();
    // What the function leaves behind if it dies after the commit: the entry, and no broadcast.
    let entry = json!({
        "room": {"S": "main"},
        "seq": {"N": "1"},
        "connectionId": {"S": "L0SM9cOFvHcCIhw="},
        "messageId": {"S": "L0SNBdKdvHcCIhw="},
        "message": {"S": "from beyond"},
        "requestTimeEpoch": {"N": "1731312000000"},
        "expiresAt": {"N": "4102444800"},
    });
    put_item(&stack, "MessagesTable", &entry).unwrap();
    let frame = client.receive();
    assert_eq!(
        (&frame["message"], &frame["seq"]),
        (&json!("from beyond"), &json!(1))
    );
}

#[test]
fn other_functions_deliver_to_a_large_room() {
    let parameters = [("Fanout", "stream"), ("Deliverers", "2")];
    let stack = stack::start_with(&parameters).unwrap();
    let mut client = Client::connect(&stack);
    client.id();
    // With these, the room has a part of 2,000 connections and the beginning of another. They seem to be opening, so that the
    // rows stay.
    for n in 0..2_000 {
        let row = Row {
            connection_id: format!("L0SM{n:05}HcCIhw="),
            connected_at: "2099-01-01T00:00:00.000Z".to_owned(),
            ..stale_row()
        };
        stack.put_row(&row).unwrap();
    }
    for n in 1..=2 {
        client.send(&say(n));
        let frame = client.receive();
        assert_eq!(
            (&frame["message"], &frame["seq"]),
            (&json!(n.to_string()), &json!(n))
        );
    }
}
