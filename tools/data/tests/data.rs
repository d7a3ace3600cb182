//! Export, erasure and restoration on the embedded DynamoDB.

#![expect(clippy::unwrap_used, reason = "a test fails at the line that panics")]

use std::num::NonZeroU16;
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, KeySchemaElement, KeyType, ScalarAttributeType,
};
use papo_data::table::{MessagesTable, client};
use papo_data::{erase, export, restore};
use papo_lambdas::append::{Appended, append};
use papo_lambdas::clock::SystemClock;
use papo_lambdas::message_log::dynamodb::stream_record::RESTORED;
use papo_lambdas::message_log::{Freshness, ReadHead as _, Retention, Room};
use papo_protocol::{
    ChangeEntry, ChangeKind, ClientMessageId, ConnectionId, LogEntry, Message, MessageId, PersonId,
    PersonName, RoomName, Seq,
};
use serde_json::Value;
use tokio::net::TcpListener;

const NOW: i64 = 1_731_312_000_000;
const LIMIT: Duration = Duration::from_secs(30);
const DAYS: NonZeroU16 = NonZeroU16::new(30).unwrap();

async fn dynamodb() -> Client {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let database = dynoxide::Database::memory().unwrap();
    tokio::spawn(dynoxide::server::serve_on(listener, database));
    client(Some(&format!("http://127.0.0.1:{port}"))).await
}

async fn table(client: &Client, name: &str) -> MessagesTable {
    create(client, name, "room", "seq").await;
    MessagesTable::open(client.clone(), name).await.unwrap()
}

async fn create(client: &Client, name: &str, hash: &str, range: &str) {
    let attribute = |name: &str, r#type| {
        let attribute = AttributeDefinition::builder().attribute_name(name);
        attribute.attribute_type(r#type).build().unwrap()
    };
    let key = |name: &str, r#type| {
        let key = KeySchemaElement::builder().attribute_name(name);
        key.key_type(r#type).build().unwrap()
    };
    client
        .create_table()
        .table_name(name)
        .billing_mode(BillingMode::PayPerRequest)
        .attribute_definitions(attribute(hash, ScalarAttributeType::S))
        .attribute_definitions(attribute(range, ScalarAttributeType::N))
        .key_schema(key(hash, KeyType::Hash))
        .key_schema(key(range, KeyType::Range))
        .send()
        .await
        .unwrap();
}

fn person(id: &str) -> PersonId {
    PersonId::new(id)
}

fn message(author: &str, text: &str, id: Option<&str>) -> LogEntry {
    let message = Message {
        person_id: Some(person(author)),
        name: PersonName::parse("Somebody").ok(),
        client_message_id: id.map(|id| ClientMessageId::parse(id).unwrap()),
        ..Message::new(
            ConnectionId::new("L0SM9cOFvHcCIhw="),
            MessageId::new("L0SNBdKdvHcCIhw="),
            NOW,
            text,
        )
    };
    message.into()
}

fn edit(author: &str, of: Seq, text: &str) -> LogEntry {
    let kind = ChangeKind::Edit {
        message: text.to_owned(),
        deleted: false,
    };
    ChangeEntry::new(kind, of, NOW, person(author)).into()
}

async fn append_to(table: &MessagesTable, room: &RoomName, entry: &LogEntry) -> Appended {
    let room = Room {
        log: &table.log(),
        id: room.clone(),
        retention: Retention::of_days(DAYS),
    };
    // Boxed, because the future is large.
    Box::pin(append(&room, &SystemClock, entry, None, NOW, LIMIT))
        .await
        .unwrap()
}

async fn exported(table: &MessagesTable, room: &RoomName) -> Vec<Value> {
    let mut lines = Vec::new();
    export::export(table, room, NOW, &mut lines).await.unwrap();
    let lines = String::from_utf8(lines).unwrap();
    let lines = lines.lines();
    lines
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

/// Type and text of each entry.
fn texts(lines: &[Value]) -> Vec<(&str, &str)> {
    lines
        .iter()
        .map(|line| {
            let text = line["message"].as_str().unwrap_or_default();
            (line["type"].as_str().unwrap(), text)
        })
        .collect()
}

async fn epoch(table: &MessagesTable, room: &RoomName) -> String {
    let head = table.log().head(room, Freshness::Latest).await.unwrap();
    head.unwrap().epoch.as_str().to_owned()
}

async fn restored(backup: &MessagesTable, stage: &MessagesTable) {
    let plan = restore::plan(backup, stage).await.unwrap();
    restore::restore(backup, stage, &plan, "restored-1", || {})
        .await
        .unwrap();
}

#[tokio::test]
async fn a_room_is_exported_line_by_line() {
    let table = table(&dynamodb().await, "api-dev-MessagesTable").await;
    let room = RoomName::default();
    // More than one page.
    for n in 0..600 {
        append_to(&table, &room, &message("ana", &n.to_string(), None)).await;
    }
    append_to(
        &table,
        &RoomName::parse("other").unwrap(),
        &message("ana", "x", None),
    )
    .await;
    let lines = exported(&table, &room).await;
    let seqs = lines.iter().map(|line| line["seq"].as_u64().unwrap());
    assert!(seqs.eq(1..=600));
    assert_eq!(lines[0]["room"], "main");
    assert_eq!(texts(&lines)[599], ("message", "599"));
    let mut later = Vec::new();
    let expired = NOW + 31 * 24 * 60 * 60 * 1_000;
    let written = export::export(&table, &room, expired, &mut later).await;
    assert_eq!((written.unwrap(), later.len()), (0, 0));
}

#[tokio::test]
async fn an_export_to_a_file_is_complete_or_there_is_none() {
    let client = dynamodb().await;
    let table = table(&client, "api-dev-MessagesTable").await;
    let rooms = ["main", "other"].map(|name| RoomName::parse(name).unwrap());
    for room in &rooms {
        append_to(&table, room, &message("ana", "oi", None)).await;
    }
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("export.jsonl");
    let export = |path| export::export_to_file(&table, &rooms, NOW, path, |_, _| {});

    export(&path).await.unwrap();
    let exported = std::fs::read_to_string(&path).unwrap();
    assert_eq!(exported.lines().count(), 2);
    let error = format!("{:#}", export(&path).await.unwrap_err());
    assert!(error.contains("cannot create"), "{error}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), exported);

    let deleted = client.delete_table().table_name(table.name());
    deleted.send().await.unwrap();
    export(&folder.path().join("failed.jsonl"))
        .await
        .unwrap_err();
    let files = std::fs::read_dir(folder.path()).unwrap();
    assert_eq!(files.count(), 1);
}

#[tokio::test]
async fn erasing_a_person_removes_texts_edits_and_names_and_nothing_else() {
    let table = table(&dynamodb().await, "api-dev-MessagesTable").await;
    let room = RoomName::default();
    let other = RoomName::parse("other").unwrap();
    append_to(&table, &room, &message("ana", "secret", None)).await;
    append_to(&table, &room, &edit("ana", 1, "secret, edited")).await;
    append_to(&table, &room, &message("bia", "kept", None)).await;
    append_to(&table, &other, &message("ana", "secret too", None)).await;

    let findings = erase::find(&table, &person("ana")).await.unwrap();
    assert_eq!((findings.messages.len(), findings.named.len()), (2, 2));
    erase::erase(&table, &person("ana"), &findings, DAYS, NOW, || {})
        .await
        .unwrap();

    let lines = exported(&table, &room).await;
    let expected = [
        ("message", ""),
        ("edit", ""),
        ("message", "kept"),
        ("delete", ""),
    ];
    assert_eq!(texts(&lines), expected);
    assert_eq!(lines[3]["of"], 1);
    assert_eq!(lines[2]["name"], "Somebody");
    let mut items = Vec::new();
    table.scan(None, |item| items.push(item)).await.unwrap();
    let everything = format!("{items:?}");
    assert!(!everything.contains("secret"), "{everything}");
    assert_eq!(everything.matches("Somebody").count(), 1);
    assert!(
        erase::find(&table, &person("ana"))
            .await
            .unwrap()
            .is_empty()
    );
    assert!(
        erase::find(&table, &person("unknown"))
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test]
async fn a_restored_log_ends_where_the_backup_ended_and_has_a_new_epoch() {
    let client = dynamodb().await;
    let stage = table(&client, "api-dev-MessagesTable").await;
    let backup = table(&client, "restored").await;
    let room = RoomName::default();
    for (text, id) in [("one", "c-1"), ("two", "c-2")] {
        let entry = message("ana", text, Some(id));
        append_to(&stage, &room, &entry).await;
        append_to(&backup, &room, &entry).await;
    }
    append_to(&stage, &room, &edit("ana", 1, "vandalized")).await;
    for n in 4..8 {
        append_to(
            &stage,
            &room,
            &message("ana", &n.to_string(), Some(&format!("c-{n}"))),
        )
        .await;
    }
    let other = RoomName::parse("other").unwrap();
    append_to(&stage, &other, &message("ana", "stays", None)).await;
    let before = epoch(&stage, &other).await;

    let plan = restore::plan(&backup, &stage).await.unwrap();
    let ends = restore::Ends {
        backup: 2,
        stage: 7,
    };
    assert_eq!(plan.rooms[&room], ends);
    assert_eq!(plan.untouched, std::slice::from_ref(&other));
    restored(&backup, &stage).await;

    assert_eq!(epoch(&stage, &room).await, "restored-1");
    let lines = exported(&stage, &room).await;
    assert_eq!(texts(&lines), [("message", "one"), ("message", "two")]);
    assert_eq!(epoch(&stage, &other).await, before);
    // A message that the backup has is known by its id; one that it does not have is new.
    let again = append_to(&stage, &room, &message("ana", "two", Some("c-2"))).await;
    assert!(matches!(again, Appended::Duplicate(_)), "{again:?}");
    let again = append_to(&stage, &room, &message("ana", "5", Some("c-5"))).await;
    let Appended::New(entry) = again else {
        panic!("{again:?}");
    };
    assert_eq!(entry.seq(), Some(3));
}

#[tokio::test]
async fn an_emptied_stage_gets_everything_back_and_a_second_run_changes_nothing() {
    let client = dynamodb().await;
    let stage = table(&client, "api-dev-MessagesTable").await;
    let backup = table(&client, "restored").await;
    let room = RoomName::default();
    for text in ["one", "two", "three"] {
        append_to(&backup, &room, &message("ana", text, None)).await;
    }
    // The stage has begun another log since.
    append_to(&stage, &room, &message("bia", "new", None)).await;
    for _ in 0..2 {
        restored(&backup, &stage).await;
        let lines = exported(&stage, &room).await;
        let expected = [("message", "one"), ("message", "two"), ("message", "three")];
        assert_eq!(texts(&lines), expected);
        for item in stage.items(&room, 1..=3).await.unwrap() {
            assert!(item.contains_key(RESTORED), "would be broadcast: {item:?}");
        }
    }
}

#[tokio::test]
async fn a_backup_that_cannot_be_one_is_rejected() {
    let client = dynamodb().await;
    let stage = table(&client, "api-dev-MessagesTable").await;
    let error = restore::plan(&stage, &stage).await.unwrap_err().to_string();
    assert!(error.contains("another name"), "{error}");
    let empty = table(&client, "empty").await;
    let error = restore::plan(&empty, &stage).await.unwrap_err().to_string();
    assert!(error.contains("has no logs"), "{error}");
    create(&client, "other", "id", "n").await;
    let error = MessagesTable::open(client.clone(), "other")
        .await
        .unwrap_err();
    assert!(
        error.to_string().contains("is not a messages table"),
        "{error}"
    );
    let error = MessagesTable::open(client, "missing").await.unwrap_err();
    assert!(
        error.to_string().contains("cannot read table missing"),
        "{error}"
    );
}
