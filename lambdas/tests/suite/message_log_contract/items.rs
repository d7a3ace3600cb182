//! The items in the table.

use std::collections::HashMap;

use aws_sdk_dynamodb::Client;
use aws_sdk_dynamodb::types::AttributeValue;
use papo_lambdas::append::{Appended, append};
use papo_lambdas::clock::SystemClock;
use papo_lambdas::message_log::dynamodb::DynamoDbMessageLog;
use papo_lambdas::message_log::{BeginLog, Commit, ReadEntries};
use papo_protocol::{Epoch, Range, RoomName};

use super::{AMPLE, EXPIRES, SENT, TABLE, entry, message};
use crate::chat::room;

/// Checks what other readers of the table rely on: the names and types of the attributes.
pub(super) async fn writes_items_as_documented(client: &Client) {
    let log = DynamoDbMessageLog::new(client.clone(), TABLE);
    let room = room(&log);
    let appended = append(
        &room,
        &SystemClock,
        &message("Olá", Some("c-1")).into(),
        None,
        SENT,
        AMPLE,
    )
    .await;
    assert!(matches!(appended, Ok(Appended::New(_))), "{appended:?}");
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
            ("requestTimeEpoch", n(SENT)),
            ("clientMessageId", s("c-1")),
            ("expiresAt", n(EXPIRES)),
        ])
    );
}

/// Checks that a damaged log is reported and not made worse.
pub(super) async fn reports_a_seq_in_use(client: &Client) {
    let log = DynamoDbMessageLog::new(client.clone(), TABLE);
    let (main, epoch) = (RoomName::default(), Epoch::new("e"));
    log.begin(&main, &epoch).await.unwrap();
    let put = client.put_item().table_name(TABLE);
    let put = put.item("room", AttributeValue::S("main".into()));
    put.item("seq", AttributeValue::N("1".into()))
        .send()
        .await
        .unwrap();
    let error = log
        .commit(&main, &epoch, &entry(1, None), None)
        .await
        .unwrap_err();
    assert!(error.to_string().contains("TransactionCanceled"), "{error}");
    let error = log.entries(&main, Range::After(0), 1).await.unwrap_err();
    assert!(
        error.to_string().contains("a message item is malformed"),
        "{error}"
    );
}
