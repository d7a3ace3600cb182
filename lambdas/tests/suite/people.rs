//! People, and their edits, deletions and reactions.

use std::time::Duration;

use papo_lambdas::append::{Appended, append};
use papo_lambdas::clock::SystemClock;
use papo_lambdas::event::Authorizer;
use papo_lambdas::message_log::memory::MemoryMessageLog;
use papo_lambdas::message_log::{Entry, ReadEntries as _, Room};
use papo_protocol::{
    ChangeEntry, ChangeKind, ConnectionId, LogEntry, Message, MessageId, PersonId, Range, RoomName,
};
use serde_json::{Value, json};

use crate::chat::{Chat, LATER, event, room};

const ANA: &str = "ana=";
const ANAS_PHONE: &str = "ana-phone=";
const BIA: &str = "bia=";
const OLD: &str = "original-client=";

fn key(name: &str) -> String {
    format!("{name}-key-0123456789abcdefghijklmnopqrstuv")
}

/// Ana and Bia have introduced themselves; a third client speaks only the original protocol.
async fn chat() -> Chat {
    let chat = Chat::with(&[ANA, BIA, OLD]).await;
    introduce(&chat, ANA, "Ana").await;
    introduce(&chat, BIA, "Bia").await;
    chat.send(OLD, r#"{"action":"connected"}"#).await.unwrap();
    chat
}

async fn introduce(chat: &Chat, id: &str, name: &str) -> Value {
    let frame = json!({ "action": "connected", "name": name, "key": key(name) });
    answers(chat, id, frame).await.remove(0)
}

/// What `id` receives in reply to its frame.
async fn answers(chat: &Chat, id: &str, frame: Value) -> Vec<Value> {
    let before = chat.received(id).len();
    chat.send(id, &frame.to_string()).await.unwrap();
    chat.received(id).split_off(before)
}

async fn answer(chat: &Chat, id: &str, frame: Value) -> Value {
    answers(chat, id, frame).await.remove(0)
}

fn types(chat: &Chat, id: &str) -> Vec<String> {
    let frames = chat.received(id).into_iter();
    frames
        .map(|frame| frame["type"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_signed_in_user_has_the_name_in_the_token_until_they_choose_another() {
    let chat = Chat::with(&[ANA]).await;
    let name = async |chosen: Value| {
        let mut frame = json!({ "action": "connected", "key": key("Ana") });
        if !chosen.is_null() {
            frame["name"] = chosen;
        }
        let mut event = event("default", ANA, LATER, Some(&frame.to_string()));
        event.payload.request_context.authorizer = Some(Authorizer {
            person_id: Some("ana".to_owned()),
            name: Some("Ana Lima".to_owned()),
            ..Authorizer::default()
        });
        chat.handle(event).await.unwrap();
        chat.received(ANA).pop().unwrap()["people"][0]["name"].clone()
    };
    assert_eq!(name(Value::Null).await, "Ana Lima");
    assert_eq!(name("Aninha".into()).await, "Aninha");
}

#[tokio::test]
async fn a_signed_in_user_cannot_write_anonymously() {
    let chat = chat().await;
    let frame = r#"{"action":"sendMessage","message":"oi"}"#;
    let mut event = event("send-message", OLD, LATER, Some(frame));
    event.payload.request_context.authorizer = Some(Authorizer {
        person_id: Some("caio".to_owned()),
        name: Some("Caio".to_owned()),
        ..Authorizer::default()
    });
    chat.handle(event).await.unwrap();
    let message = chat.received(ANA).pop().unwrap();
    assert_eq!(
        [&message["personId"], &message["name"]],
        ["caio", "Caio"],
        "{message}"
    );
    let own = chat.received(OLD).pop().unwrap();
    assert_eq!(own["message"], "oi");
    assert!(own["personId"].is_null(), "{own}");
}

#[tokio::test]
async fn an_edit_is_kept_as_long_as_its_message_although_retention_was_lowered() {
    let log = MemoryMessageLog::default();
    let append = async |content: LogEntry, days: &str| {
        let room = Room {
            retention: days.parse().unwrap(),
            ..room(&log)
        };
        let limit = Duration::from_secs(1);
        let appended = append(&room, &SystemClock, &content, None, LATER, limit).await;
        assert!(matches!(appended, Ok(Appended::New(_))), "{appended:?}");
    };
    let ana = PersonId::new("ana");
    let message = Message {
        person_id: Some(ana.clone()),
        ..Message::new(ConnectionId::new(ANA), MessageId::new("m="), LATER, "antes")
    };
    append(message.into(), "30").await;
    let kind = ChangeKind::Edit {
        message: "depois".to_owned(),
        deleted: false,
    };
    append(ChangeEntry::new(kind, 1, LATER, ana).into(), "1").await;
    let range = Range::After(0);
    let entries = log.entries(&RoomName::default(), range, 2).await.unwrap();
    let expiry: Vec<_> = entries.entries.iter().map(Entry::expires_at).collect();
    assert_eq!(expiry[0], expiry[1]);
}

#[tokio::test]
async fn a_person_is_the_same_on_every_connection_and_the_key_stays_secret() {
    let chat = chat().await;
    let person = introduce(&chat, ANA, "Ana").await["personId"].clone();
    chat.connect(ANAS_PHONE).await.unwrap();
    let connected = introduce(&chat, ANAS_PHONE, "Ana").await;
    assert_eq!(connected["personId"], person);
    assert_eq!(connected["room"], "main");
    assert_ne!(introduce(&chat, BIA, "Bia").await["personId"], person);
    let all = format!("{:?}", chat.gateway.delivered());
    assert!(!all.contains(&key("Ana")), "{all}");
}

#[tokio::test]
async fn joins_and_leaves_count_persons_and_not_connections() {
    let chat = chat().await;
    let last = |id: &str| chat.received(id).pop().unwrap();
    assert_eq!(last(ANA)["type"], "joined");
    assert_eq!(last(ANA)["name"], "Bia");
    assert_eq!(last(BIA)["type"], "people");
    assert_eq!(last(BIA)["peopleCount"], 2);

    chat.connect(ANAS_PHONE).await.unwrap();
    introduce(&chat, ANAS_PHONE, "Ana").await;
    chat.disconnect(ANAS_PHONE).await.unwrap();
    assert_eq!(last(BIA)["type"], "people", "Ana was there all the time");
    chat.disconnect(ANA).await.unwrap();
    assert_eq!(last(BIA)["type"], "left");
    let pong = answer(&chat, BIA, json!({ "action": "ping" })).await;
    assert_eq!(pong["peopleCount"], 1);
}

#[tokio::test]
async fn clients_of_the_original_protocol_receive_only_its_frames() {
    let chat = chat().await;
    let sent = answer(
        &chat,
        ANA,
        json!({ "action": "sendMessage", "message": "oi" }),
    )
    .await;
    assert_eq!(sent["name"], "Ana");
    let of = &sent["seq"];
    for frame in [
        json!({ "action": "typing" }),
        json!({ "action": "edit", "of": of, "message": "olá" }),
        json!({ "action": "reaction", "of": of, "emoji": "👍", "on": true }),
        json!({ "action": "delete", "of": of }),
    ] {
        chat.send(ANA, &frame.to_string()).await.unwrap();
    }
    let expected = ["people", "message", "typing", "edit", "reaction", "delete"];
    assert_eq!(types(&chat, BIA)[1..], expected);
    assert_eq!(types(&chat, OLD), ["connected", "message"]);
    let message = &chat.received(OLD)[1];
    assert!(
        message.get("personId").is_none() && message.get("name").is_none(),
        "{message}"
    );
}

#[tokio::test]
async fn a_deleted_text_is_gone_from_the_log() {
    let chat = chat().await;
    chat.send_text(ANA, "segredo").await.unwrap();
    let edit = json!({ "action": "edit", "of": 1, "message": "segredo também" });
    chat.send(ANA, &edit.to_string()).await.unwrap();
    let delete = json!({ "action": "delete", "of": 1, "clientMessageId": "c-1" });
    let deleted = answer(&chat, ANA, delete.clone()).await;
    assert_eq!(deleted["type"], "delete");
    assert_eq!(
        answer(&chat, ANA, delete).await,
        deleted,
        "sent again, it is one deletion"
    );
    let history = answer(&chat, BIA, json!({ "action": "history", "after": 0 })).await;
    assert!(!history.to_string().contains("segredo"), "{history}");
    assert_eq!(history["messages"][0]["deleted"], true);
    assert_eq!(history["messages"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn a_name_that_looks_like_that_of_another_person_is_marked_for_everyone() {
    let chat = chat().await;
    chat.connect(ANAS_PHONE).await.unwrap();
    let cyrillic = "\u{410}n\u{430}";
    let connected = json!({ "action": "connected", "name": cyrillic, "key": key("Eva") });
    let frames = answers(&chat, ANAS_PHONE, connected.clone()).await;
    let (eva, people) = (&frames[0]["personId"], &frames[1]["people"]);
    let is_eva = |it: &&Value| it["personId"] == *eva;
    let listed = people.as_array().unwrap().iter().find(is_eva).unwrap();
    let marked = listed["name"].as_str().unwrap();
    let (name, digits) = marked.split_once('#').unwrap();
    assert_eq!((name, digits.len()), (cyrillic, 4));

    let joined = chat.received(ANA).pop().unwrap();
    assert_eq!(
        (&joined["type"], &joined["name"]),
        (&json!("joined"), &json!(marked))
    );
    let sent = answer(
        &chat,
        ANAS_PHONE,
        json!({ "action": "sendMessage", "message": "oi" }),
    )
    .await;
    assert_eq!(sent["name"], *marked);
    let frames = answers(&chat, ANAS_PHONE, connected).await;
    assert_eq!(
        frames[1]["people"], *people,
        "introduced again, the name is the same"
    );
    assert_eq!(
        types(&chat, ANA)
            .iter()
            .filter(|it| *it == "joined")
            .count(),
        2,
        "Bia and Eva"
    );

    chat.disconnect(ANA).await.unwrap();
    introduce(&chat, ANAS_PHONE, "Eva").await;
    assert_eq!(chat.received(BIA).pop().unwrap()["name"], "Eva");
}

#[tokio::test]
async fn large_rooms_get_counts_only() {
    let chat = Chat::with_many(51).await;
    let frame = json!({ "action": "connected", "name": "Ana", "key": key("Ana") });
    let frames = answers(&chat, "p0000=", frame.clone()).await;
    assert_eq!(frames[1]["peopleCount"], 1);
    assert!(frames[1].get("people").is_none());
    let before = chat.gateway.requests();
    chat.send(
        "p0001=",
        &json!({ "action": "connected", "name": "Bia" }).to_string(),
    )
    .await
    .unwrap();
    chat.send("p0001=", r#"{"action":"typing"}"#).await.unwrap();
    assert_eq!(
        chat.gateway.requests(),
        before + 2,
        "connected and people, to the asker only"
    );
}

#[tokio::test]
async fn pings_count_the_people_of_a_large_room_once_a_minute() {
    let chat = Chat::with_many(10_000).await;
    introduce(&chat, "p0000=", "Ana").await;
    assert!(chat.connections.rows_read() <= 10_000 + 51);
    let rows_read_by_pings = async |from: i64| {
        let before = chat.connections.rows_read();
        for ms in 0..100 {
            let ping = r#"{"action":"ping"}"#;
            chat.send_at(from + ms, "p0000=", ping).await.unwrap();
            assert_eq!(chat.received("p0000=").pop().unwrap()["peopleCount"], 1);
        }
        chat.connections.rows_read() - before
    };
    assert_eq!(rows_read_by_pings(LATER).await, 0, "it has just joined");
    assert_eq!(rows_read_by_pings(LATER + 59_000).await, 0);
    assert_eq!(rows_read_by_pings(LATER + 60_000).await, 10_000 + 51);
}

#[tokio::test]
async fn typing_and_leaving_read_no_more_than_a_small_room_has() {
    let chat = Chat::with_many(10_000).await;
    introduce(&chat, "p0000=", "Ana").await;
    let before = chat.connections.rows_read();
    chat.send("p0000=", r#"{"action":"typing"}"#).await.unwrap();
    assert_eq!(chat.connections.rows_read() - before, 51);
    chat.disconnect("p0000=").await.unwrap();
    assert_eq!(chat.connections.rows_read() - before, 2 * 51);
}
