//! `Fanout=stream`: messages are broadcast from the stream of the messages table.

use papagaio::stack::{Builder, Stack};
use papo_e2e::connections::put_item;
use papo_e2e::stack;
use serde_json::{Value, json};

use crate::client::Client;

fn start() -> Stack {
    let builder = stack::builder().map(|it| it.argument("--parameter=Fanout=stream"));
    let stack = builder.and_then(Builder::start);
    stack.unwrap_or_else(|error| panic!("{error:#}"))
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

#[test]
fn every_client_receives_every_message_in_order() {
    const COUNT: u32 = 40;
    let stack = start();
    let mut original = Client::connect(&stack);
    original.id();
    let mut introduced = Client::connect(&stack);
    introduced.ask(r#"{"action":"connected","name":"Ana"}"#);
    let people = introduced.receive();
    assert_eq!(people["type"], "people");
    // All at once, so that several are appended between two rounds.
    for n in 1..=COUNT {
        original.send(&say(n));
    }
    let mut texts = Vec::new();
    let mut frames = 0;
    let mut seq = 0;
    while texts.len() < usize::try_from(COUNT).unwrap() {
        frames += 1;
        for entry in entries(&introduced.receive()) {
            seq += 1;
            assert_eq!(entry["seq"], seq);
            texts.push(entry["message"].as_str().unwrap_or_default().to_owned());
        }
    }
    assert!(frames < texts.len(), "{frames} frames for {COUNT} messages");
    // The original's clients receive single messages, in the same order.
    for (seq, text) in (1..=COUNT).zip(&texts) {
        let frame = original.receive();
        assert_eq!(
            (&frame["type"], &frame["seq"]),
            (&json!("message"), &json!(seq))
        );
        assert_eq!(frame["message"], text.as_str());
    }
    texts.sort();
    texts.dedup();
    assert_eq!(texts.len(), usize::try_from(COUNT).unwrap());
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
