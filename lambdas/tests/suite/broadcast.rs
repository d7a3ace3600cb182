use std::time::Duration;

use papo_lambdas::broadcast::{Interruption, Outcome, Report, broadcast};
use papo_lambdas::delivery::Courier;
use papo_lambdas::pace::RealPace;
use papo_lambdas::push::{PushError, Trouble};
use papo_lambdas::store::memory::Failing;
use papo_lambdas::store::{PutConnection, Row};
use papo_protocol::ConnectionId;
use tokio::time::{Instant, timeout};

use crate::chat::{Chat, LATER, at, person};

const AMPLE: Duration = Duration::from_secs(19);
const FOR_EVER: Duration = Duration::from_hours(1);

async fn broadcast_in(chat: &Chat, time_left: Duration) -> Report {
    let courier = Courier::new(&chat.push, &RealPace);
    broadcast(
        &chat.store,
        &courier,
        "{}",
        &person(0),
        at(LATER),
        time_left,
    )
    .await
}

fn throttled(times: usize) -> Vec<PushError> {
    vec![PushError::passing(Trouble::Throttled); times]
}

#[tokio::test(start_paused = true)]
async fn everybody_on_every_page_is_reached_once() {
    for people in [0, 1, 255, 256, 257, 1_000] {
        let chat = Chat::with_many(people).await;
        let report = broadcast_in(&chat, AMPLE).await;
        assert_eq!((report.reached, report.gone, report.failed), (people, 0, 0));
        assert!(report.interrupted.is_none());
        let mut reached: Vec<_> = chat
            .push
            .delivered()
            .into_iter()
            .map(|(id, _)| id)
            .collect();
        reached.sort();
        assert_eq!(reached, (0..people).map(person).collect::<Vec<_>>());
    }
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_gone_loses_its_row_and_nobody_else_does() {
    let chat = Chat::with_many(3).await;
    chat.push.close(&person(1));
    let report = broadcast_in(&chat, AMPLE).await;
    assert_eq!((report.reached, report.gone, report.failed), (2, 1, 0));
    assert!(chat.store.contains(&person(0)));
    assert!(!chat.store.contains(&person(1)));
    assert!(chat.store.contains(&person(2)));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_still_opening_keeps_its_row() {
    let chat = Chat::with_many(1).await;
    let young = ConnectionId::new("young=");
    chat.store
        .put(&Row::new(young.clone(), at(LATER - 29_000)))
        .await
        .unwrap();
    let report = broadcast_in(&chat, AMPLE).await;
    assert_eq!(report.gone, 1);
    assert!(chat.store.contains(&young));
}

#[tokio::test(start_paused = true)]
async fn no_other_error_removes_a_row() {
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
        let chat = Chat::with_many(2).await;
        chat.push.fail(&person(1), vec![error.clone(); 100]);
        let report = broadcast_in(&chat, AMPLE).await;
        assert_eq!(
            (report.reached, report.gone, report.failed),
            (1, 0, 1),
            "{error}"
        );
        assert_eq!(report.failure, Some(error));
        assert!(chat.store.contains(&person(1)));
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_throttled_is_tried_again_until_it_works() {
    let chat = Chat::with_many(1).await;
    chat.push.fail(&person(0), throttled(4));
    let report = broadcast_in(&chat, AMPLE).await;
    assert_eq!(report.sender, Some(Outcome::Reached));
    assert_eq!(chat.push.requests(), 5);
}

#[tokio::test(start_paused = true)]
async fn what_stays_throttled_is_given_up_after_seven_tries() {
    let chat = Chat::with_many(1).await;
    chat.push.fail(&person(0), throttled(100));
    let report = broadcast_in(&chat, AMPLE).await;
    assert_eq!(report.failed, 1);
    assert_eq!(chat.push.requests(), 7);
}

#[tokio::test(start_paused = true)]
async fn what_is_refused_for_good_is_not_tried_again() {
    let chat = Chat::with_many(1).await;
    let permanent = PushError::Permanent {
        detail: "too large".into(),
    };
    chat.push.fail(&person(0), [permanent]);
    let report = broadcast_in(&chat, AMPLE).await;
    assert_eq!(report.failed, 1);
    assert_eq!(chat.push.requests(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_hundred_dead_connections_delay_nobody_else() {
    // The dead ones come first, and there are more of them than requests may be busy.
    let chat = Chat::with_many(400).await;
    for n in 0..100 {
        chat.push.slow_down(&person(n), FOR_EVER);
    }
    assert!(
        timeout(Duration::from_secs(2), broadcast_in(&chat, AMPLE))
            .await
            .is_err()
    );
    assert_eq!(chat.push.delivered().len(), 300);
}

#[tokio::test(start_paused = true)]
async fn a_throttled_connection_does_not_hold_anybody_up_while_it_waits() {
    let chat = Chat::with_many(200).await;
    for n in 0..100 {
        chat.push.fail(&person(n), throttled(100));
    }
    // Less than the first wait before a retry may take.
    assert!(
        timeout(Duration::from_millis(1), broadcast_in(&chat, AMPLE))
            .await
            .is_err()
    );
    assert_eq!(chat.push.delivered().len(), 100);
}

#[tokio::test(start_paused = true)]
async fn a_dead_connection_is_given_up_long_before_the_deadline() {
    let chat = Chat::with_many(2).await;
    chat.push.slow_down(&person(1), FOR_EVER);
    let start = Instant::now();
    let report = broadcast_in(&chat, AMPLE).await;
    assert_eq!((report.reached, report.failed), (1, 1));
    assert!(report.interrupted.is_none());
    assert!(start.elapsed() < Duration::from_secs(7));
}

#[tokio::test(start_paused = true)]
async fn the_next_page_is_read_while_posts_are_under_way() {
    let chat = Chat::with_many(512 + 1).await;
    let second = Duration::from_secs(1);
    chat.store.slow_down(second);
    for n in 0..513 {
        chat.push.slow_down(&person(n), Duration::from_millis(100));
    }
    let start = Instant::now();
    let report = broadcast_in(&chat, AMPLE).await;
    assert_eq!(report.reached, 513);
    // Three pages one after the other, and the posts of the last.
    assert!(
        start.elapsed() < second * 3 + Duration::from_millis(150),
        "{:?}",
        start.elapsed()
    );
}

#[tokio::test(start_paused = true)]
async fn at_most_64_prompt_requests_are_busy_at_once() {
    let chat = Chat::with_many(65).await;
    for n in 0..65 {
        chat.push.slow_down(&person(n), Duration::from_millis(100));
    }
    let start = Instant::now();
    broadcast_in(&chat, AMPLE).await;
    assert!(start.elapsed() >= Duration::from_millis(200));
    assert!(start.elapsed() < Duration::from_millis(250));
}

#[tokio::test(start_paused = true)]
async fn at_the_deadline_the_rest_counts_as_failed() {
    let chat = Chat::with_many(3).await;
    chat.push.slow_down(&person(1), FOR_EVER);
    chat.push.slow_down(&person(2), FOR_EVER);
    let start = Instant::now();
    let report = broadcast_in(&chat, Duration::from_secs(1)).await;
    assert_eq!(start.elapsed(), Duration::from_secs(1));
    assert_eq!((report.reached, report.gone, report.failed), (1, 0, 2));
    assert!(matches!(report.interrupted, Some(Interruption::Deadline)));
}

#[tokio::test(start_paused = true)]
async fn a_lost_page_is_reported_and_those_before_it_are_reached() {
    let chat = Chat::with_many(300).await;
    chat.store.fail(Failing::PagesFrom(1));
    let report = broadcast_in(&chat, AMPLE).await;
    assert_eq!(report.reached, 256);
    assert!(matches!(report.interrupted, Some(Interruption::Store(_))));
    assert_eq!(chat.store.pages_read(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_row_that_cannot_be_removed_stops_nothing() {
    let chat = Chat::with_many(3).await;
    chat.push.close(&person(0));
    chat.store.fail(Failing::Remove);
    let report = broadcast_in(&chat, AMPLE).await;
    assert_eq!((report.reached, report.gone, report.failed), (2, 1, 0));
}
