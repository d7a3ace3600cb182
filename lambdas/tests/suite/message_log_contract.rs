//! The contract of every message log: in memory, on the embedded DynamoDB, and on DynamoDB Local where it is available.

mod appends;

mod changes;

mod items;

mod responses;

use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::ScalarAttributeType;
use papo_lambdas::message_log::dynamodb::DynamoDbMessageLog;
use papo_lambdas::message_log::memory::MemoryMessageLog;
use papo_lambdas::message_log::{CommitOutcome, Entry, Freshness, MessageLog};
use papo_lambdas::rate_limit::{ChargeTime, Charged};
use papo_protocol::{
    ClientMessageId, ConnectionId, Epoch, Message, MessageId, Position, Range, RoomName, Seq,
};

use crate::dynamodb::{client, embedded_dynamodb, new_table, official_dynamodb_local};

pub(crate) const TABLE: &str = "api-dev-MessagesTable";
const SENT: i64 = 1_731_332_746_514;
const EXPIRES: i64 = 1_733_924_746;
const AMPLE: Duration = Duration::from_mins(1);

fn message(text: &str, id: Option<&str>) -> Message {
    Message {
        client_message_id: id.map(|id| ClientMessageId::parse(id).unwrap()),
        ..Message::new(
            ConnectionId::new("BFaT_fALIAMCKug="),
            MessageId::new("BFaVtfGSIAMCKug="),
            SENT,
            text,
        )
    }
}

fn entry(seq: Seq, id: Option<&str>) -> Entry {
    Entry::new(
        seq,
        message(&format!("Olá {seq}\n\"\u{1f600}"), id),
        EXPIRES,
    )
}

fn position(epoch: &str, seq: Seq) -> Position {
    let epoch = Epoch::new(epoch);
    Position { epoch, seq }
}

/// Checks the contract of each operation in [`papo_lambdas::message_log`], on an empty log.
async fn keeps_the_contract(log: &impl MessageLog) {
    begins_once(log).await;
    commits_atomically(log).await;
    reads_in_both_directions(log).await;
    changes::changes_a_message_with_its_entry(log).await;
    counts_charges_by_minute_and_window(log).await;
}

async fn counts_charges_by_minute_and_window(log: &impl MessageLog) {
    let charge = async |subject: &str, minute, window, charge| {
        let at = ChargeTime { minute, window };
        let Charged { minute, window } = log.charge(subject, at, charge).await.unwrap();
        (minute, window)
    };
    assert_eq!(charge("ana", 28_855_545, 0, 50).await, (50, 50));
    assert_eq!(charge("ana", 28_855_545, 0, 99).await, (149, 149));
    assert_eq!(charge("ana", 28_855_545, 11, 1).await, (150, 1));
    assert_eq!(charge("ana", 28_855_546, 11, 2).await, (2, 2));
    assert_eq!(charge("ana#reading", 28_855_545, 0, 3).await, (3, 3));
    assert_eq!(charge("bia", 28_855_545, 0, 4).await, (4, 4));
}

async fn begins_once(log: &impl MessageLog) {
    let (main, other) = (RoomName::default(), RoomName::parse("other").unwrap());
    let (e1, e2) = (Epoch::new("e1"), Epoch::new("e2"));
    for freshness in [Freshness::Latest, Freshness::Recent] {
        assert_eq!(
            log.head(&main, freshness).await.unwrap(),
            None,
            "no log has begun"
        );
    }
    let early = log.commit(&main, &e1, &entry(1, None), None).await.unwrap();
    assert_eq!(
        early,
        CommitOutcome::Conflict,
        "nothing is written before the beginning"
    );
    assert!(numbers(log, &main, Range::After(0), 10).await.is_empty());

    assert_eq!(log.begin(&main, &e1).await.unwrap(), position("e1", 0));
    assert_eq!(
        log.begin(&main, &e2).await.unwrap(),
        position("e1", 0),
        "the first beginning counts"
    );
    assert_eq!(
        log.begin(&other, &e2).await.unwrap(),
        position("e2", 0),
        "rooms are apart"
    );
}

async fn commits_atomically(log: &impl MessageLog) {
    let (main, other) = (RoomName::default(), RoomName::parse("other").unwrap());
    let (e1, e2) = (Epoch::new("e1"), Epoch::new("e2"));
    let commit = async |room: &RoomName, epoch: &Epoch, seq, id| {
        let entry = entry(seq, id);
        log.commit(room, epoch, &entry, None).await.unwrap()
    };
    for (seq, id) in [(1, Some("c-1")), (2, None)] {
        let committed = commit(&main, &e1, seq, id).await;
        assert_eq!(committed, CommitOutcome::Committed);
    }
    assert_eq!(
        log.begin(&main, &e2).await.unwrap(),
        position("e1", 2),
        "the epoch stays"
    );
    let moved = CommitOutcome::Moved(position("e1", 2));
    let duplicate = CommitOutcome::DuplicateClientMessageId(1);
    for (why, epoch, seq, id, expected) in [
        ("another commit was faster", &e1, 2, None, &moved),
        ("there would be a gap", &e1, 4, None, &moved),
        ("it is another log", &e2, 3, None, &moved),
        ("the id is in use", &e1, 3, Some("c-1"), &duplicate),
        ("both; the id counts", &e1, 2, Some("c-1"), &duplicate),
        ("faster, with a new id", &e1, 1, Some("c-2"), &moved),
    ] {
        assert_eq!(commit(&main, epoch, seq, id).await, *expected, "{why}");
    }
    assert_eq!(
        commit(&main, &e1, 3, Some("c-2")).await,
        CommitOutcome::Committed,
        "a cancelled commit has written nothing, not even the id"
    );
    assert_eq!(
        commit(&other, &e2, 1, Some("c-1")).await,
        CommitOutcome::Committed,
        "an id is in use only in its room"
    );
}

async fn reads_in_both_directions(log: &impl MessageLog) {
    let (main, e1) = (RoomName::default(), Epoch::new("e1"));
    let page = log.entries(&main, Range::After(0), 10).await.unwrap();
    let expected = [entry(1, Some("c-1")), entry(2, None), entry(3, Some("c-2"))];
    assert_eq!(page.entries, expected, "what is read is what was written");
    assert!(!page.more);

    for n in 4..=25 {
        log.commit(&main, &e1, &entry(n, None), None).await.unwrap();
    }
    assert_eq!(
        log.head(&main, Freshness::Latest).await.unwrap(),
        Some(position("e1", 25))
    );
    let all: Vec<Seq> = (1..=25).collect();
    let down: Vec<Seq> = (1..=25).rev().collect();
    for limit in [1, 2, 7, 25, 26] {
        assert_eq!(
            numbers(log, &main, Range::After(0), limit).await,
            all,
            "up by {limit}"
        );
        assert_eq!(
            numbers(log, &main, Range::Before(26), limit).await,
            down,
            "down by {limit}"
        );
    }
    assert_eq!(numbers(log, &main, Range::After(23), 9).await, [24, 25]);
    assert_eq!(
        numbers(log, &main, Range::Before(3), 9).await,
        [2, 1],
        "the head is not a message"
    );
    let beyond = 9_007_199_254_740_991;
    for nothing in [
        Range::After(25),
        Range::After(beyond),
        Range::Before(1),
        Range::Before(0),
    ] {
        assert!(
            numbers(log, &main, nothing, 9).await.is_empty(),
            "{nothing:?}"
        );
    }
    assert_eq!(numbers(log, &main, Range::Before(beyond), 9).await, down);
}

/// The numbers in a range, read `limit` at a time.
async fn numbers(log: &impl MessageLog, room: &RoomName, mut range: Range, limit: u16) -> Vec<Seq> {
    let mut numbers = Vec::new();
    loop {
        let page = log.entries(room, range, limit).await.unwrap();
        assert!(page.entries.len() <= usize::from(limit));
        numbers.extend(page.entries.iter().map(Entry::seq));
        let Some(&last) = numbers.last().filter(|_| page.more) else {
            return numbers;
        };
        range = match range {
            Range::After(_) => Range::After(last),
            Range::Before(_) => Range::Before(last),
        };
    }
}

/// Creates the empty table, as the template describes it.
pub(crate) async fn empty_table(client: &Client) {
    let keys = [
        ("room", ScalarAttributeType::S),
        ("seq", ScalarAttributeType::N),
    ];
    new_table(client, TABLE, &keys, None).await;
}

/// Checks everything that the log needs of a DynamoDB at `port`. Concurrent appends have `ids` ids.
async fn keeps_every_contract(port: u16, ids: usize) {
    let client = client(port);
    empty_table(&client).await;
    keeps_the_contract(&DynamoDbMessageLog::new(client.clone(), TABLE)).await;
    empty_table(&client).await;
    appends::appends_each_message_once(DynamoDbMessageLog::new(client.clone(), TABLE), ids).await;
    empty_table(&client).await;
    Box::pin(items::writes_items_as_documented(&client)).await;
    empty_table(&client).await;
    items::reports_a_seq_in_use(&client).await;
}

#[tokio::test]
async fn memory_keeps_the_contract() {
    keeps_the_contract(&MemoryMessageLog::new()).await;
    appends::appends_each_message_once(MemoryMessageLog::new(), 10).await;
}

#[tokio::test]
async fn the_embedded_dynamodb_keeps_the_contract() {
    keeps_every_contract(embedded_dynamodb().await, 5).await;
}

#[tokio::test]
async fn the_official_dynamodb_local_keeps_the_contract() {
    let Some(server) = official_dynamodb_local().await else {
        return;
    };
    // What takes milliseconds in DynamoDB takes seconds here.
    keeps_every_contract(server.port(), 3).await;
}
