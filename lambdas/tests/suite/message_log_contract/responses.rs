//! DynamoDB's rarer responses.

use std::collections::BTreeSet;

use papo_lambdas::message_log::dynamodb::DynamoDbMessageLog;
use papo_lambdas::message_log::{BeginLog, Commit, CommitOutcome};
use papo_protocol::{Epoch, RoomName};

use super::{TABLE, entry};
use crate::dynamodb::client;
use crate::http::{Answer, Server};

#[tokio::test]
async fn all_attempts_of_a_transaction_share_a_token() {
    let server = Server::answering(Answer::HangUp).await;
    let log = DynamoDbMessageLog::new(client(server.address.port()), TABLE);
    let committed = log
        .commit(
            &RoomName::default(),
            &Epoch::new("e"),
            &entry(1, None),
            None,
        )
        .await;
    assert!(committed.is_err(), "{committed:?}");
    let requests = server.requests();
    let token = |request: &String| -> String {
        let body: serde_json::Value =
            serde_json::from_str(request.trim_start_matches("POST / ")).unwrap();
        body["ClientRequestToken"].as_str().unwrap().to_owned()
    };
    let tokens: BTreeSet<String> = requests.iter().map(token).collect();
    assert!(requests.len() > 1, "the SDK tries again");
    assert_eq!(tokens.len(), 1, "{tokens:?}");
}

/// The response to a transaction that was cancelled for these reasons, one for each write.
macro_rules! cancelled {
    ($first:literal, $second:literal) => {
        Answer::Text(concat!(
            "HTTP/1.1 400 Bad Request\ncontent-type: application/x-amz-json-1.0\n\n",
            r#"{"__type":"com.amazonaws.dynamodb.v20120810#TransactionCanceledException","Message":"x","#,
            r#""CancellationReasons":[{"Code":""#,
            $first,
            r#""},{"Code":""#,
            $second,
            r#"","Message":"x"}]}"#,
        ))
    };
}

#[tokio::test]
async fn cancellation_reasons_decide_the_outcome() {
    let conflict = Some(CommitOutcome::Conflict);
    for (answer, expected) in [
        (cancelled!("None", "TransactionConflict"), &conflict),
        (cancelled!("None", "ThrottlingError"), &conflict),
        // Another transaction has written the entry and not yet the head.
        (
            cancelled!("ConditionalCheckFailed", "TransactionConflict"),
            &conflict,
        ),
        (cancelled!("ConditionalCheckFailed", "None"), &None),
        (cancelled!("ValidationError", "None"), &None),
    ] {
        let server = Server::answering(answer).await;
        let log = DynamoDbMessageLog::new(client(server.address.port()), TABLE);
        let (main, epoch) = (RoomName::default(), Epoch::new("e"));
        let committed = log.commit(&main, &epoch, &entry(1, None), None).await;
        assert_eq!(committed.ok(), *expected);
    }
}

#[tokio::test]
async fn beginning_during_a_commit_reads_the_head() {
    let server = Server::answering(Answer::Text(
        "HTTP/1.1 400 Bad Request\ncontent-type: application/x-amz-json-1.0\n\n\
         {\"__type\":\"com.amazonaws.dynamodb.v20120810#TransactionConflictException\",\"message\":\"x\"}",
    ))
    .await;
    let log = DynamoDbMessageLog::new(client(server.address.port()), TABLE);
    let begun = log.begin(&RoomName::default(), &Epoch::new("e")).await;
    let error = begun.unwrap_err().to_string();
    assert!(error.starts_with("GetItem"), "{error}");
}
