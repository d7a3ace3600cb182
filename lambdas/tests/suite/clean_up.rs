use std::time::Duration;

use papo_lambdas::Error;
use papo_lambdas::garbage_collection::{Report, clean_up};
use papo_lambdas::pace::RealPace;
use papo_lambdas::push::{PushError, Trouble};
use papo_lambdas::store::memory::Failing;
use papo_lambdas::store::{PutConnection, Row};
use papo_protocol::ConnectionId;

use crate::chat::{Chat, LATER, at, person};

async fn clean(chat: &Chat) -> Result<Report, Error> {
    let time_left = Duration::from_secs(299);
    clean_up(&chat.store, &chat.push, &RealPace, at(LATER), time_left).await
}

#[tokio::test(start_paused = true)]
async fn a_row_without_a_connection_disappears_and_one_with_a_connection_stays() {
    let chat = Chat::with_many(2).await;
    chat.push.close(&person(1));
    let report = clean(&chat).await.unwrap();
    assert!(chat.store.contains(&person(0)));
    assert!(!chat.store.contains(&person(1)));
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
async fn a_check_that_fails_deletes_nothing() {
    let permanent = PushError::Permanent {
        detail: "Forbidden".into(),
    };
    let troubles = [
        Trouble::Throttled,
        Trouble::Server,
        Trouble::TimedOut,
        Trouble::Connection,
    ];
    let passing = troubles.map(PushError::passing);
    for error in passing.into_iter().chain([permanent]) {
        let chat = Chat::with_many(3).await;
        for n in 0..3 {
            chat.push.fail(&person(n), [error.clone()]);
        }
        let report = clean(&chat).await.unwrap();
        assert_eq!(
            (report.seen, report.kept, report.deleted, report.undecided),
            (3, 0, 0, 3),
            "{error}"
        );
        assert_eq!(chat.store.rows().len(), 3, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_still_opening_keeps_its_row() {
    let chat = Chat::default();
    let young = ConnectionId::new("young=");
    let old = ConnectionId::new("old=");
    chat.store
        .put(&Row::new(young.clone(), at(LATER - 29_999)))
        .await
        .unwrap();
    chat.store
        .put(&Row::new(old.clone(), at(LATER - 30_000)))
        .await
        .unwrap();
    let report = clean(&chat).await.unwrap();
    assert_eq!((report.deleted, report.undecided), (1, 1));
    assert!(chat.store.contains(&young));
    assert!(!chat.store.contains(&old));
}

#[tokio::test(start_paused = true)]
async fn every_page_is_looked_at_although_rows_go_on_the_way() {
    let chat = Chat::with_many(700).await;
    for n in (0..700).step_by(2) {
        chat.push.close(&person(n));
    }
    let report = clean(&chat).await.unwrap();
    assert_eq!((report.seen, report.kept, report.deleted), (700, 350, 350));
    assert_eq!(chat.store.rows().len(), 350);
}

#[tokio::test(start_paused = true)]
async fn an_empty_table_is_clean() {
    let report = clean(&Chat::default()).await.unwrap();
    assert_eq!((report.seen, report.complete), (0, true));
}

#[tokio::test(start_paused = true)]
async fn without_the_table_the_run_fails_so_that_it_comes_again() {
    let chat = Chat::with_many(300).await;
    chat.push.close(&person(0));
    chat.store.fail(Failing::PagesFrom(1));
    let error = clean(&chat).await.unwrap_err();
    assert_eq!(error.error_type(), "StoreFailed");
    assert!(!chat.store.contains(&person(0)));
}

#[tokio::test(start_paused = true)]
async fn a_row_that_cannot_be_removed_is_not_called_deleted() {
    let chat = Chat::with_many(2).await;
    chat.push.close(&person(0));
    chat.store.fail(Failing::Remove);
    let report = clean(&chat).await.unwrap();
    assert_eq!((report.kept, report.deleted, report.undecided), (1, 0, 1));
}

#[tokio::test(start_paused = true)]
async fn when_the_time_is_up_the_rest_is_undecided() {
    let chat = Chat::with_many(3).await;
    chat.push.slow_down(&person(2), Duration::from_hours(1));
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
async fn the_chat_is_not_throttled_by_the_clean_up() {
    let chat = Chat::with_many(17).await;
    for n in 0..17 {
        chat.push.slow_down(&person(n), Duration::from_millis(100));
    }
    let start = tokio::time::Instant::now();
    clean(&chat).await.unwrap();
    assert!(
        start.elapsed() >= Duration::from_millis(200),
        "16 at a time"
    );
}
