//! `Fanout=stream`: entries are broadcast from the stream of the messages table.

use std::time::{Duration, UNIX_EPOCH};

use lambda_runtime::{Context, LambdaEvent};
use papo_lambdas::clock::SystemClock;
use papo_lambdas::connections::memory::ConnectionsFault;
use papo_lambdas::fanout::Fanout;
use papo_lambdas::handlers::broadcaster::{self, BatchResponse};
use papo_lambdas::management::{PostError, TransientCause};
use papo_lambdas::message_log::dynamodb::stream_record::StreamEvent;
use papo_lambdas::parts::lambda::ALONE;
use papo_protocol::ConnectionId;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::chat::{Chat, LATER, nth_id};

/// The record of a new message, as Lambda passes it on.
pub(crate) fn message(room: &str, seq: u64, text: &str) -> Value {
    record(
        seq,
        json!({
            "room": {"S": room},
            "seq": {"N": seq.to_string()},
            "connectionId": {"S": "L0SM9cOFvHcCIhw="},
            "messageId": {"S": format!("m-{seq}")},
            "message": {"S": text},
            "clientMessageId": {"S": format!("c-{seq}")},
            "requestTimeEpoch": {"N": LATER.to_string()},
            "expiresAt": {"N": "4102444800"},
        }),
    )
}

fn record(sequence_number: u64, new_image: Value) -> Value {
    json!({
        "eventID": "c4ca4238a0b923820dcc509a6f75849b",
        "eventName": "INSERT",
        "eventVersion": "1.1",
        "eventSource": "aws:dynamodb",
        "awsRegion": "us-east-1",
        "dynamodb": {
            "ApproximateCreationDateTime": 1_731_312_300,
            "Keys": {"room": new_image["room"], "seq": new_image["seq"]},
            "NewImage": new_image,
            "SequenceNumber": format!("s-{sequence_number}"),
            "SizeBytes": 26,
            "StreamViewType": "NEW_IMAGE",
        },
        "eventSourceARN": "arn:aws:dynamodb:us-east-1:123456789012:table/api-dev-MessagesTable/stream/2024-11-11T00:00:00.000",
    })
}

/// An invocation with these records, which has a minute left.
pub(crate) fn batch(records: &[Value]) -> LambdaEvent<StreamEvent> {
    let event = serde_json::from_value(json!({ "Records": records })).unwrap();
    let mut context = Context::default();
    let deadline = std::time::SystemTime::now() + Duration::from_mins(1);
    let deadline = deadline.duration_since(UNIX_EPOCH).unwrap();
    context.deadline = u64::try_from(deadline.as_millis()).unwrap();
    LambdaEvent::new(event, context)
}

async fn broadcast(chat: &Chat, records: &[Value]) -> BatchResponse {
    let (connections, gateway) = (&chat.connections, &chat.gateway);
    broadcaster::handle(connections, gateway, &SystemClock, ALONE, batch(records)).await
}

/// The first record that is delivered again.
pub(crate) fn failure(response: &BatchResponse) -> Option<String> {
    let response = serde_json::to_value(response).unwrap();
    let failures = response["batchItemFailures"].as_array().unwrap();
    assert!(failures.len() <= 1, "{response}");
    let first = failures.first()?;
    Some(first["itemIdentifier"].as_str().unwrap().to_owned())
}

#[tokio::test(start_paused = true)]
async fn one_frame_has_all_entries_of_a_round() {
    let chat = Chat::with(&["ana=", "bia="]).await;
    let introduction = r#"{"action":"connected","name":"Ana"}"#;
    chat.send("ana=", introduction).await.unwrap();
    let before = chat.received("ana=").len();
    let records: Vec<_> = (1..=3).map(|seq| message("main", seq, "oi")).collect();
    assert_eq!(failure(&broadcast(&chat, &records).await), None);

    let frames = &chat.received("ana=")[before..];
    assert_eq!(frames.len(), 1, "{frames:?}");
    assert_eq!(frames[0]["type"], "entries");
    let entries = frames[0]["entries"].as_array().unwrap();
    let seqs: Vec<_> = entries.iter().map(|entry| &entry["seq"]).collect();
    assert_eq!(seqs, [1, 2, 3]);
    assert_eq!(entries[0]["clientMessageId"], "c-1");
    // The original's clients know single messages only.
    let frames = chat.received("bia=");
    let seqs: Vec<_> = frames.iter().map(|frame| &frame["seq"]).collect();
    assert_eq!(seqs, [1, 2, 3]);
}

#[tokio::test(start_paused = true)]
async fn a_room_receives_its_own_entries_only() {
    let chat = Chat::with(&["ana="]).await;
    chat.connect_to(Some("equipe"), "bia=").await.unwrap();
    let records = [message("main", 1, "main"), message("equipe", 1, "equipe")];
    assert_eq!(failure(&broadcast(&chat, &records).await), None);
    for (id, text) in [("ana=", "main"), ("bia=", "equipe")] {
        let frames = chat.received(id);
        assert_eq!(frames.len(), 1, "{id}");
        assert_eq!(frames[0]["message"], text);
    }
}

#[tokio::test(start_paused = true)]
async fn a_room_that_cannot_be_read_is_served_again() {
    let chat = Chat::with(&["ana="]).await;
    let records = [message("main", 1, "oi"), message("main", 2, "oi")];
    chat.connections.fail(ConnectionsFault::PagesFrom(0));
    let failed = failure(&broadcast(&chat, &records).await);
    assert_eq!(failed.as_deref(), Some("s-1"));
}

#[tokio::test(start_paused = true)]
async fn all_rooms_of_a_round_share_one_pace() {
    let chat = Chat::default();
    for n in 0..192 {
        let room = format!("room-{}", n % 3);
        let id = nth_id(n);
        chat.connect_to(Some(&room), id.as_str()).await.unwrap();
        chat.gateway.slow_down(&id, Duration::from_millis(100));
    }
    let records = ["room-0", "room-1", "room-2"].map(|room| message(room, 1, "oi"));
    let start = Instant::now();
    assert_eq!(failure(&broadcast(&chat, &records).await), None);
    // 192 posts of 100 ms, 64 at a time.
    assert_eq!(start.elapsed().as_millis() / 10, 30);
    assert_eq!(chat.gateway.delivered().len(), 192);
}

#[tokio::test(start_paused = true)]
async fn rounds_last_longer_only_while_messages_come_in_bursts() {
    for (rooms, lasts) in [
        (vec![("main", 1)], 0),
        (vec![("main", 1), ("equipe", 1)], 0),
        (vec![("main", 1), ("equipe", 2)], 600),
        (vec![("main", 19)], 600),
        (vec![("main", 20)], 0),
        (vec![("main", 20), ("equipe", 2)], 0),
    ] {
        let chat = Chat::with(&["ana="]).await;
        let records: Vec<_> = rooms
            .iter()
            .flat_map(|(room, count)| (1..=*count).map(move |seq| message(room, seq, "oi")))
            .collect();
        let start = Instant::now();
        assert_eq!(failure(&broadcast(&chat, &records).await), None);
        assert_eq!(start.elapsed().as_millis(), lasts, "{rooms:?}");
        assert!(!chat.received("ana=").is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_burst_is_sent_before_the_round_waits() {
    let chat = Chat::with(&["ana="]).await;
    let records: Vec<_> = (1..=3).map(|seq| message("main", seq, "oi")).collect();
    let round = broadcast(&chat, &records);
    let cut_off = tokio::time::timeout(Duration::from_millis(1), round).await;
    assert!(cut_off.is_err());
    assert_eq!(chat.received("ana=").len(), 3);
}

#[tokio::test(start_paused = true)]
async fn posts_that_fail_do_not_hold_up_the_stream() {
    let chat = Chat::with_many(3).await;
    let refusals = vec![PostError::transient(TransientCause::Server); 100];
    chat.gateway.fail(&nth_id(1), refusals);
    chat.gateway.hang_up(&nth_id(2));
    let records = [message("main", 1, "oi"), message("main", 2, "oi")];
    assert_eq!(failure(&broadcast(&chat, &records).await), None);
    assert_eq!(chat.received(nth_id(0).as_str()).len(), 2);
    assert!(!chat.connections.contains(&nth_id(2)));
}

#[tokio::test(start_paused = true)]
async fn items_that_are_not_entries_are_skipped() {
    let chat = Chat::with(&["ana="]).await;
    let head =
        json!({"room": {"S": "main"}, "seq": {"N": "0"}, "epoch": {"S": "e"}, "head": {"N": "1"}});
    let id = json!({"room": {"S": "main#c-1"}, "seq": {"N": "0"}, "messageSeq": {"N": "1"}});
    let strange = json!({"room": {"NULL": true}, "seq": 7, "requestTimeEpoch": {"M": {}}});
    let mut removal = record(4, json!({"room": {"S": "main"}, "seq": {"N": "1"}}));
    removal["dynamodb"]
        .as_object_mut()
        .unwrap()
        .remove("NewImage");
    let records = [
        record(1, head),
        record(2, id),
        record(3, strange),
        removal,
        message("main", 1, "oi"),
    ];
    assert_eq!(failure(&broadcast(&chat, &records).await), None);
    assert_eq!(chat.received("ana=").len(), 1);
    assert_eq!(failure(&broadcast(&chat, &[]).await), None);
}

#[tokio::test(start_paused = true)]
async fn the_function_that_appends_does_not_broadcast() {
    let mut chat = Chat::with(&["ana=", "bia="]).await;
    chat.fanout = Fanout::Stream;
    let frame = r#"{"action":"sendMessage","message":"oi","clientMessageId":"c-1"}"#;
    chat.send("ana=", frame).await.unwrap();
    assert_eq!(chat.messages(), [(1, "oi".to_owned())]);
    let frames = |id: &str| chat.gateway.delivered_to(&ConnectionId::new(id)).len();
    assert_eq!((frames("ana="), frames("bia=")), (0, 0));
    // A repetition is answered at once: the stream has no record of it.
    chat.send("ana=", frame).await.unwrap();
    assert_eq!((frames("ana="), frames("bia=")), (1, 0));
}
