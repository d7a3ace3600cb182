//! The events that functions get, compared with events that were recorded on AWS: other values under exactly the same keys.

use serde_json::{Map, Value, json};

use crate::stack::{Running, Stack};

/// A handshake with the headers of the recorded one.
const HANDSHAKE: &str = "Host: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
                         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
                         Sec-WebSocket-Extensions: permessage-deflate; client_max_window_bits\r\n";

fn recorded(name: &str) -> Value {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/src/event/recorded");
    let text = std::fs::read_to_string(format!("{folder}/{name}.json")).unwrap();
    serde_json::from_str(&text).unwrap()
}

/// The value with every leaf replaced by its type.
fn shape(value: &Value) -> Value {
    match value {
        Value::Null => json!("null"),
        Value::Bool(_) => json!("boolean"),
        Value::Number(_) => json!("number"),
        Value::String(_) => json!("text"),
        Value::Array(items) => items.iter().map(shape).collect(),
        Value::Object(members) => members
            .iter()
            .map(|(key, value)| (key.clone(), shape(value)))
            .collect::<Map<_, _>>()
            .into(),
    }
}

#[track_caller]
fn has_the_keys_of(event: &Value, recorded: &Value) {
    assert_eq!(shape(event), shape(recorded));
}

/// Connects by hand, so that no library adds a header, sends a message and closes without a reason.
async fn visit(stack: &Running, query: &str, headers: &str) {
    let stage = stack.ready.endpoint.rsplit('/').next().unwrap();
    let mut stream = stack
        .by_hand(&format!(
            "GET /{stage}{query} HTTP/1.1\r\n{HANDSHAKE}{headers}\r\n"
        ))
        .await;
    let text = br#"{"action":"talk"}"#;
    let length = u8::try_from(text.len()).unwrap();
    // A masked text frame, the mask being zero.
    let frame = [&[0x81, 0x80 | length, 0, 0, 0, 0], text.as_slice()].concat();
    stream.write(&frame).await;
    stack.event("MESSAGE").await;
    // A masked close frame without a code.
    stream.write(&[0x88, 0x80, 0, 0, 0, 0]).await;
    stack.event("DISCONNECT").await;
}

#[tokio::test]
async fn events_have_the_keys_that_aws_sends() {
    let stack = Stack::new().start().await;
    visit(&stack, "", "").await;
    has_the_keys_of(&stack.event("CONNECT").await, &recorded("connect"));
    has_the_keys_of(&stack.event("MESSAGE").await, &recorded("message"));
    has_the_keys_of(&stack.event("DISCONNECT").await, &recorded("disconnect"));
}

#[tokio::test]
async fn an_authorizer_gets_the_keys_that_aws_sends() {
    let stack = Stack::of("guarded.yaml")
        .with("          - route.request.header.X-Token\n", "")
        .with("          - stageVariables.mode\n", "")
        .with("      StageVariables: { mode: careful }\n", "")
        .start()
        .await;
    visit(&stack, "?guard=allow", "Authorization: Leo\r\n").await;
    let mut event = stack.events().remove(0);
    assert_eq!(event["queryStringParameters"], json!({"guard": "allow"}));
    let all_values = &event["multiValueQueryStringParameters"];
    assert_eq!(*all_values, json!({"guard": ["allow"]}));
    // The recorded handshake had no query.
    event["queryStringParameters"] = json!({});
    event["multiValueQueryStringParameters"] = json!({});
    let mut recorded = recorded("authorizer");
    // Its publisher took the key out of one of the two places.
    let key = recorded["multiValueHeaders"]["Sec-WebSocket-Key"][0].clone();
    recorded["headers"]["Sec-WebSocket-Key"] = key;
    has_the_keys_of(&event, &recorded);
    for same in ["type", "stageVariables"] {
        assert_eq!(event[same], recorded[same]);
    }
    for same in ["Connection", "Upgrade", "content-length", "Authorization"] {
        assert_eq!(event["headers"][same], recorded["headers"][same], "{same}");
    }
    let arn = event["methodArn"].as_str().unwrap();
    let api = event["requestContext"]["apiId"].as_str().unwrap();
    let wanted = format!("arn:aws:execute-api:us-east-1:123456789012:{api}/test/$connect");
    assert_eq!(arn, wanted);
}

#[tokio::test]
async fn ids_and_times_belong_together() {
    let stack = Stack::new().start().await;
    visit(&stack, "", "").await;
    let context = |mut event: Value| event["requestContext"].take();
    let connect = context(stack.event("CONNECT").await);
    let message = context(stack.event("MESSAGE").await);
    let disconnect = context(stack.event("DISCONNECT").await);
    for event in [&connect, &message, &disconnect] {
        assert_eq!(event["requestId"], event["extendedRequestId"]);
        for same in [
            "connectionId",
            "connectedAt",
            "apiId",
            "stage",
            "domainName",
        ] {
            assert_eq!(event[same], connect[same], "{same}");
        }
        let (connected, now) = (&event["connectedAt"], &event["requestTimeEpoch"]);
        assert!(connected.as_i64() <= now.as_i64(), "{connected} {now}");
        for id in ["connectionId", "requestId"] {
            let id = event[id].as_str().unwrap();
            assert!(id.len() == 16 && id.find('=') == Some(15), "{id}");
        }
        assert_eq!(event["messageDirection"], "IN");
    }
    assert_ne!(message["messageId"], message["requestId"]);
    assert_ne!(connect["requestId"], message["requestId"]);
}

#[tokio::test]
async fn stage_variables_are_in_every_event() {
    let stack = Stack::of("guarded.yaml").start().await;
    visit(&stack, "?guard=allow", "X-Token: t\r\n").await;
    let events = stack.events();
    assert_eq!(events.len(), 4, "{events:?}");
    for event in events {
        let wanted = json!({"mode": "careful"});
        assert_eq!(event["stageVariables"], wanted, "{event}");
    }
}
