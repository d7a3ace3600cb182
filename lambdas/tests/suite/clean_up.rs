use std::time::Duration;

use papo_lambdas::Error;
use papo_lambdas::clock::SystemClock;
use papo_lambdas::connections::memory::ConnectionsFault;
use papo_lambdas::connections::{PutConnection, Row};
use papo_lambdas::handlers::garbage_collection::{Report, clean_up};
use papo_lambdas::management::{PostError, Probe as _};
use papo_protocol::{ConnectionId, RoomName};

use crate::chat::{Chat, LATER, MORNING, at, errors_other_than_gone, nth_id};

pub(crate) async fn clean(chat: &Chat) -> Result<Report, Error> {
    let time_left = Duration::from_secs(299);
    clean_up(
        &chat.connections,
        &chat.gateway,
        &SystemClock,
        at(LATER),
        time_left,
    )
    .await
}

#[tokio::test(start_paused = true)]
async fn deletes_rows_of_closed_connections_only() {
    let chat = Chat::with_many(2).await;
    chat.gateway.hang_up(&nth_id(1));
    let report = clean(&chat).await.unwrap();
    assert!(chat.connections.contains(&nth_id(0)));
    assert!(!chat.connections.contains(&nth_id(1)));
    let expected = Report {
        seen: 2,
        kept: 1,
        deleted: 1,
        undecided: 0,
        complete: true,
    };
    assert_eq!(report, expected);
    assert_eq!(
        serde_json::to_string(&report).unwrap(),
        r#"{"seen":2,"kept":1,"deleted":1,"undecided":0,"complete":true}"#
    );
}

#[tokio::test(start_paused = true)]
async fn closes_connections_whose_token_has_expired() {
    let chat = Chat::with_many(1).await;
    let ids = ["expired=", "valid="].map(ConnectionId::new);
    for (id, token_expires_at) in ids.iter().zip([LATER / 1_000, LATER / 1_000 + 1]) {
        let row = Row {
            token_expires_at: Some(token_expires_at),
            ..Row::new(id.clone(), RoomName::default(), at(MORNING))
        };
        chat.connections.put(&row).await.unwrap();
        chat.gateway.open(id);
    }
    assert_eq!(clean(&chat).await.unwrap().kept, 3);
    let [expired, valid] = &ids;
    assert_eq!(chat.gateway.probe(expired).await, Err(PostError::Gone));
    assert_eq!(chat.gateway.probe(valid).await, Ok(()));
    // `$disconnect` did not arrive.
    assert_eq!(clean(&chat).await.unwrap().deleted, 1);
}

#[tokio::test(start_paused = true)]
async fn a_check_that_fails_deletes_nothing() {
    for error in errors_other_than_gone() {
        let chat = Chat::with_many(3).await;
        for n in 0..3 {
            chat.gateway.fail(&nth_id(n), [error.clone()]);
        }
        let report = clean(&chat).await.unwrap();
        assert_eq!(
            (report.seen, report.kept, report.deleted, report.undecided),
            (3, 0, 0, 3),
            "{error}"
        );
        assert_eq!(chat.connections.rows().len(), 3, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_still_opening_keeps_its_row() {
    let chat = Chat::default();
    let young = ConnectionId::new("young=");
    let old = ConnectionId::new("old=");
    chat.connections
        .put(&Row::new(
            young.clone(),
            RoomName::default(),
            at(LATER - 29_999),
        ))
        .await
        .unwrap();
    chat.connections
        .put(&Row::new(
            old.clone(),
            RoomName::default(),
            at(LATER - 30_000),
        ))
        .await
        .unwrap();
    let report = clean(&chat).await.unwrap();
    assert_eq!((report.deleted, report.undecided), (1, 1));
    assert!(chat.connections.contains(&young));
    assert!(!chat.connections.contains(&old));
}

#[tokio::test(start_paused = true)]
async fn checks_every_page_while_rows_are_deleted() {
    let chat = Chat::with_many(700).await;
    for n in (0..700).step_by(2) {
        chat.gateway.hang_up(&nth_id(n));
    }
    let report = clean(&chat).await.unwrap();
    assert_eq!((report.seen, report.kept, report.deleted), (700, 350, 350));
    assert_eq!(chat.connections.rows().len(), 350);
}

#[tokio::test(start_paused = true)]
async fn an_empty_table_needs_no_checks() {
    let report = clean(&Chat::default()).await.unwrap();
    assert_eq!((report.seen, report.complete), (0, true));
}

#[tokio::test(start_paused = true)]
async fn fails_when_the_table_cannot_be_read() {
    let chat = Chat::with_many(300).await;
    chat.gateway.hang_up(&nth_id(0));
    chat.connections.fail(ConnectionsFault::PagesFrom(1));
    let error = clean(&chat).await.unwrap_err();
    assert_eq!(error.error_type(), "StoreFailed");
    assert!(!chat.connections.contains(&nth_id(0)));
}

#[tokio::test(start_paused = true)]
async fn does_not_count_a_failed_delete() {
    let chat = Chat::with_many(2).await;
    chat.gateway.hang_up(&nth_id(0));
    chat.connections.fail(ConnectionsFault::Delete);
    let report = clean(&chat).await.unwrap();
    assert_eq!((report.kept, report.deleted, report.undecided), (1, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn counts_the_rest_as_undecided_at_the_deadline() {
    let chat = Chat::with_many(3).await;
    chat.gateway.slow_down(&nth_id(2), Duration::from_hours(1));
    let report = clean(&chat).await.unwrap();
    let expected = Report {
        seen: 3,
        kept: 2,
        deleted: 0,
        undecided: 1,
        complete: false,
    };
    assert_eq!(report, expected);
}

#[tokio::test(start_paused = true)]
async fn checks_few_connections_at_a_time() {
    let chat = Chat::with_many(17).await;
    for n in 0..17 {
        chat.gateway
            .slow_down(&nth_id(n), Duration::from_millis(100));
    }
    let start = tokio::time::Instant::now();
    clean(&chat).await.unwrap();
    assert!(
        start.elapsed() >= Duration::from_millis(200),
        "16 at a time"
    );
}
