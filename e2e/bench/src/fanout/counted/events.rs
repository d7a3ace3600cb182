//! Events as Lambda passes them to the handlers.

use std::time::{Duration, SystemTime, UNIX_EPOCH};

use anyhow::{Context as _, Result};
use lambda_runtime::{Context, LambdaEvent};
use papo_lambdas::event::WebSocketEvent;
use papo_lambdas::message_log::dynamodb::stream_record::StreamEvent;
use papo_protocol::{ConnectionId, RoomName};
use serde_json::{Value, json};

/// An id as long as those of API Gateway.
pub(super) fn connection_id(number: u32) -> ConnectionId {
    ConnectionId::new(format!("L0SM{number:05}vHcCIhw="))
}

/// The event of a frame by the first person.
pub(super) fn frame(body: &Value) -> Result<LambdaEvent<WebSocketEvent>> {
    let event = json!({
        "requestContext": {
            "routeKey": body["action"], "messageId": "L0SNBdKdvHcCIhw=",
            "connectionId": connection_id(0).as_str(), "connectedAt": now_ms(), "requestTimeEpoch": now_ms(),
            "identity": {"sourceIp": "127.0.0.1"},
        },
        "body": body.to_string(),
    });
    let event = serde_json::from_value(event).context("invalid event of a frame")?;
    Ok(LambdaEvent::new(event, context()))
}

/// A batch of the stream of the messages table, with this many messages.
pub(super) fn batch(
    room: &RoomName,
    messages: u32,
    text: &str,
) -> Result<LambdaEvent<StreamEvent>> {
    let records: Vec<_> = (1..=messages).map(|seq| record(room, seq, text)).collect();
    let event = serde_json::from_value(json!({ "Records": records }));
    Ok(LambdaEvent::new(event.context("invalid batch")?, context()))
}

/// The record of a message in the stream of the messages table.
fn record(room: &RoomName, seq: u32, text: &str) -> Value {
    json!({
        "eventName": "INSERT",
        "dynamodb": {
            "SequenceNumber": format!("s-{seq}"),
            "NewImage": {
                "room": {"S": room.as_str()},
                "seq": {"N": seq.to_string()},
                "connectionId": {"S": connection_id(0).as_str()},
                "messageId": {"S": format!("m-{seq}")},
                "message": {"S": text},
                "clientMessageId": {"S": format!("c-{seq}")},
                "requestTimeEpoch": {"N": now_ms().to_string()},
                "expiresAt": {"N": "4102444800"},
            },
        },
    })
}

/// The context of an invocation that has a minute left.
fn context() -> Context {
    let mut context = Context::default();
    context.deadline = now_ms() + 60_000;
    context
}

fn now_ms() -> u64 {
    let now = SystemTime::now().duration_since(UNIX_EPOCH);
    let now = now.unwrap_or(Duration::ZERO).as_millis();
    u64::try_from(now).unwrap_or(u64::MAX)
}
