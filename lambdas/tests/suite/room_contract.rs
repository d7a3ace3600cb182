//! One contract over every log: the twin, the embedded DynamoDB, and the official DynamoDB Local where it is asked for.

mod answers;

use std::collections::{BTreeSet, HashMap};
use std::time::Duration;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::{AttributeValue, ScalarAttributeType};
use futures::future::join_all;
use papo_lambdas::append::{Appended, append};
use papo_lambdas::pace::RealPace;
use papo_lambdas::room::dynamodb::DynamoDbLog;
use papo_lambdas::room::memory::MemoryLog;
use papo_lambdas::room::{BeginLog, Commit, Committed, Entry, Freshness, Log, ReadEntries, RoomId};
use papo_protocol::{
    ClientMessageId, ConnectionId, Epoch, Message, MessageId, Position, Range, Seq,
};

use crate::chat::room;
use crate::dynamodb::{client, embedded_dynamodb, new_table, official_dynamodb_local};

pub(crate) const TABLE: &str = "api-dev-MessagesTable";
const SAID: i64 = 1_731_332_746_514;
const EXPIRES: i64 = 1_733_924_746;
const AMPLE: Duration = Duration::from_mins(1);

fn said(text: &str, name: Option<&str>) -> Message {
    Message {
        connection_id: ConnectionId::new("BFaT_fALIAMCKug="),
        message: text.to_owned(),
        message_id: MessageId::new("BFaVtfGSIAMCKug="),
        request_time_epoch: SAID,
        seq: None,
        client_message_id: name.map(|name| ClientMessageId::parse(name).unwrap()),
    }
}

fn entry(seq: Seq, name: Option<&str>) -> Entry {
    Entry::new(seq, said(&format!("Olá {seq}\n\"\u{1f600}"), name), EXPIRES)
}

fn position(epoch: &str, seq: Seq) -> Position {
    let epoch = Epoch::new(epoch);
    Position { epoch, seq }
}

/// Checks everything that [`papo_lambdas::room`] promises about one operation after another, on an empty log.
async fn keeps_the_contract(log: &impl Log) {
    begins_once(log).await;
    commits_all_or_nothing(log).await;
    reads_in_both_directions(log).await;
}

async fn begins_once(log: &impl Log) {
    let (main, other) = (RoomId::main(), RoomId::parse("other").unwrap());
    let (e1, e2) = (Epoch::new("e1"), Epoch::new("e2"));
    for freshness in [Freshness::Latest, Freshness::Recent] {
        assert_eq!(
            log.head(&main, freshness).await.unwrap(),
            None,
            "no log has begun"
        );
    }
    let early = log.commit(&main, &e1, &entry(1, None)).await.unwrap();
    assert_eq!(
        early,
        Committed::Conflict,
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

async fn commits_all_or_nothing(log: &impl Log) {
    let (main, other) = (RoomId::main(), RoomId::parse("other").unwrap());
    let (e1, e2) = (Epoch::new("e1"), Epoch::new("e2"));
    assert_eq!(
        log.commit(&main, &e1, &entry(1, Some("c-1")))
            .await
            .unwrap(),
        Committed::Done
    );
    assert_eq!(
        log.commit(&main, &e1, &entry(2, None)).await.unwrap(),
        Committed::Done
    );
    assert_eq!(
        log.begin(&main, &e2).await.unwrap(),
        position("e1", 2),
        "the epoch stays"
    );
    for (why, epoch, seq, name, expected) in [
        (
            "somebody was faster",
            &e1,
            2,
            None,
            Committed::Moved(position("e1", 2)),
        ),
        (
            "there would be a gap",
            &e1,
            4,
            None,
            Committed::Moved(position("e1", 2)),
        ),
        (
            "it is another log",
            &e2,
            3,
            None,
            Committed::Moved(position("e1", 2)),
        ),
        (
            "the name is taken",
            &e1,
            3,
            Some("c-1"),
            Committed::NameTaken(1),
        ),
        (
            "both; the name counts",
            &e1,
            2,
            Some("c-1"),
            Committed::NameTaken(1),
        ),
        (
            "faster, with a new name",
            &e1,
            1,
            Some("c-2"),
            Committed::Moved(position("e1", 2)),
        ),
    ] {
        let committed = log.commit(&main, epoch, &entry(seq, name)).await.unwrap();
        assert_eq!(committed, expected, "{why}");
    }
    assert_eq!(
        log.commit(&main, &e1, &entry(3, Some("c-2")))
            .await
            .unwrap(),
        Committed::Done,
        "a cancelled commit has written nothing, no name either"
    );
    assert_eq!(
        log.commit(&other, &e2, &entry(1, Some("c-1")))
            .await
            .unwrap(),
        Committed::Done,
        "a name is taken in its room alone"
    );
}

async fn reads_in_both_directions(log: &impl Log) {
    let (main, e1) = (RoomId::main(), Epoch::new("e1"));
    let page = log.entries(&main, Range::After(0), 10).await.unwrap();
    let expected = [entry(1, Some("c-1")), entry(2, None), entry(3, Some("c-2"))];
    assert_eq!(page.entries, expected, "what is read is what was written");
    assert!(!page.more);

    for n in 4..=25 {
        log.commit(&main, &e1, &entry(n, None)).await.unwrap();
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
        "the head is no message"
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
async fn numbers(log: &impl Log, room: &RoomId, mut range: Range, limit: u16) -> Vec<Seq> {
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

/// Checks that many who append at the same time, some of them the same message, get one log without gaps: once each.
///
/// `names` names are used three times each, and as many messages have none.
async fn takes_each_message_once(log: impl Log, names: usize) {
    let room = room(log);
    let messages: Vec<Message> = (0..names * 3)
        .map(|n| n % names)
        .map(|n| said(&format!("m{n}"), Some(&format!("c-{n}"))))
        .chain((0..names).map(|n| said(&format!("u{n}"), None)))
        .collect();
    let appends = messages
        .iter()
        .map(|said| append(&room, &RealPace, said, AMPLE));
    let outcomes: Vec<Appended> = join_all(appends)
        .await
        .into_iter()
        .map(Result::unwrap)
        .collect();

    let page = room
        .log
        .entries(&room.id, Range::After(0), 100)
        .await
        .unwrap();
    let stored: Vec<Message> = page.entries.into_iter().map(Entry::into_message).collect();
    let numbers: Vec<Seq> = stored.iter().filter_map(|said| said.seq).collect();
    assert_eq!(
        numbers,
        (1..).take(names * 2).collect::<Vec<Seq>>(),
        "without gaps"
    );
    let texts: BTreeSet<&str> = stored.iter().map(|said| said.message.as_str()).collect();
    assert_eq!(texts.len(), names * 2, "each once");
    let now = |outcome: &&Appended| matches!(outcome, Appended::Now(_));
    assert_eq!(outcomes.iter().filter(now).count(), names * 2);
    for (outcome, said) in outcomes.iter().zip(&messages) {
        let (Appended::Now(there) | Appended::Before(there)) = outcome else {
            panic!("{said:?}: {outcome:?}")
        };
        assert!(stored.contains(there), "everybody is told what is stored");
        assert_eq!(there.message, said.message);
    }
}

/// Checks what other readers of the table rely on: the names and types of the attributes.
async fn writes_items_as_documented(client: &Client) {
    let room = room(DynamoDbLog::new(client.clone(), TABLE));
    let appended = append(&room, &RealPace, &said("Olá", Some("c-1")), AMPLE).await;
    assert!(matches!(appended, Ok(Appended::Now(_))), "{appended:?}");
    let output = client.scan().table_name(TABLE).send().await.unwrap();
    assert_eq!(output.items().len(), 3);
    let with = |attribute: &str| {
        let mut items = output.items().iter();
        items
            .find(|item| item.contains_key(attribute))
            .unwrap()
            .clone()
    };
    let (mut head, name, message) = (with("epoch"), with("messageSeq"), with("messageId"));
    assert!(head.remove("epoch").unwrap().is_s());
    let s = |text: &str| AttributeValue::S(text.to_owned());
    let n = |number: i64| AttributeValue::N(number.to_string());
    let item = |attributes: &[(&str, AttributeValue)]| -> HashMap<String, AttributeValue> {
        let owned = attributes
            .iter()
            .map(|(name, value)| ((*name).to_owned(), value.clone()));
        owned.collect()
    };
    assert_eq!(
        head,
        item(&[("room", s("main")), ("seq", n(0)), ("head", n(1))])
    );
    let day = 24 * 60 * 60;
    assert_eq!(
        name,
        item(&[
            ("room", s("main#c-1")),
            ("seq", n(0)),
            ("messageSeq", n(1)),
            ("expiresAt", n(EXPIRES + day)),
        ])
    );
    assert_eq!(
        message,
        item(&[
            ("room", s("main")),
            ("seq", n(1)),
            ("connectionId", s("BFaT_fALIAMCKug=")),
            ("message", s("Olá")),
            ("messageId", s("BFaVtfGSIAMCKug=")),
            ("requestTimeEpoch", n(SAID)),
            ("clientMessageId", s("c-1")),
            ("expiresAt", n(EXPIRES)),
        ])
    );
}

/// Checks that a log which somebody has damaged is reported and not made worse.
async fn reports_a_place_that_is_taken(client: &Client) {
    let log = DynamoDbLog::new(client.clone(), TABLE);
    let (main, epoch) = (RoomId::main(), Epoch::new("e"));
    log.begin(&main, &epoch).await.unwrap();
    let put = client.put_item().table_name(TABLE);
    let put = put.item("room", AttributeValue::S("main".into()));
    put.item("seq", AttributeValue::N("1".into()))
        .send()
        .await
        .unwrap();
    let error = log
        .commit(&main, &epoch, &entry(1, None))
        .await
        .unwrap_err();
    assert!(error.to_string().contains("TransactionCanceled"), "{error}");
    let error = log.entries(&main, Range::After(0), 1).await.unwrap_err();
    assert!(
        error.to_string().contains("a message cannot be read"),
        "{error}"
    );
}

/// Makes the table anew, as the template describes it.
/// Makes the log's table anew.
pub(crate) async fn empty_table(client: &Client) {
    let keys = [
        ("room", ScalarAttributeType::S),
        ("seq", ScalarAttributeType::N),
    ];
    new_table(client, TABLE, &keys).await;
}

/// Everything that a DynamoDB at `port` must do for us. `names` says how many senders there are.
async fn serves_us(port: u16, names: usize) {
    let client = client(port);
    empty_table(&client).await;
    keeps_the_contract(&DynamoDbLog::new(client.clone(), TABLE)).await;
    empty_table(&client).await;
    takes_each_message_once(DynamoDbLog::new(client.clone(), TABLE), names).await;
    empty_table(&client).await;
    writes_items_as_documented(&client).await;
    empty_table(&client).await;
    reports_a_place_that_is_taken(&client).await;
}

#[tokio::test]
async fn the_twin_keeps_the_contract() {
    keeps_the_contract(&MemoryLog::new()).await;
    takes_each_message_once(MemoryLog::new(), 10).await;
}

#[tokio::test]
async fn the_embedded_dynamodb_keeps_the_contract() {
    serves_us(embedded_dynamodb().await, 10).await;
}

#[tokio::test]
async fn the_official_dynamodb_local_keeps_the_contract() {
    let Some(server) = official_dynamodb_local().await else {
        return;
    };
    // It takes seconds for what DynamoDB does in milliseconds.
    serves_us(server.port(), 3).await;
}
