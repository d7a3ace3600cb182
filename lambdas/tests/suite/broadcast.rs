use std::time::Duration;

use papo_lambdas::broadcast::{Broadcast, Frames, Interruption, Report};
use papo_lambdas::clock::SystemClock;
use papo_lambdas::connections::memory::ConnectionsFault;
use papo_lambdas::connections::{Listed, PutConnection, Row};
use papo_lambdas::deliverer::Deliverer;
use papo_lambdas::management::{PostError, TransientCause};
use papo_protocol::{ConnectionId, Event, Message, MessageId, RoomName};
use tokio::time::{Instant, timeout};

use crate::chat::{Chat, LATER, MORNING, at, errors_other_than_gone, nth_id};

const AMPLE: Duration = Duration::from_secs(19);
const FOREVER: Duration = Duration::from_hours(1);

fn listed(connection_id: ConnectionId) -> Listed {
    Listed {
        connection_id,
        connected_at: Some(at(MORNING)),
        token_expires_at: None,
        person: None,
    }
}

/// A broadcast by `p0000=`.
async fn broadcast_in(chat: &Chat, time_left: Duration) -> Report {
    let message = Message::new(nth_id(0), MessageId::new("m="), LATER, "oi");
    let broadcast = Broadcast {
        connections: &chat.connections,
        deliverer: &Deliverer::new(&chat.gateway, &SystemClock),
        frames: &Frames::new(&Event::Message(message)),
        now: at(LATER),
        time_left,
    };
    let sender = listed(nth_id(0));
    broadcast.to_room(&RoomName::default(), Some(sender)).await
}

fn throttled(times: usize) -> Vec<PostError> {
    vec![PostError::transient(TransientCause::Throttled); times]
}

#[tokio::test(start_paused = true)]
async fn reaches_every_connection_on_every_page_once() {
    for people in [1, 255, 256, 257, 1_000] {
        let chat = Chat::with_many(people).await;
        let report = broadcast_in(&chat, AMPLE).await;
        assert_eq!((report.reached, report.gone, report.failed), (people, 0, 0));
        assert!(report.interrupted.is_none());
        let mut reached: Vec<_> = chat
            .gateway
            .delivered()
            .into_iter()
            .map(|(id, _)| id)
            .collect();
        reached.sort();
        assert_eq!(reached, (0..people).map(nth_id).collect::<Vec<_>>());
    }
}

#[tokio::test(start_paused = true)]
async fn deletes_the_row_of_a_closed_connection_and_no_other() {
    let chat = Chat::with_many(3).await;
    chat.gateway.hang_up(&nth_id(1));
    let report = broadcast_in(&chat, AMPLE).await;
    assert_eq!((report.reached, report.gone, report.failed), (2, 1, 0));
    assert!(chat.connections.contains(&nth_id(0)));
    assert!(!chat.connections.contains(&nth_id(1)));
    assert!(chat.connections.contains(&nth_id(2)));
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_still_opening_keeps_its_row() {
    let chat = Chat::with_many(1).await;
    let young = ConnectionId::new("young=");
    chat.connections
        .put(&Row::new(
            young.clone(),
            RoomName::default(),
            at(LATER - 29_000),
        ))
        .await
        .unwrap();
    let report = broadcast_in(&chat, AMPLE).await;
    assert_eq!(report.gone, 1);
    assert!(chat.connections.contains(&young));
}

#[tokio::test(start_paused = true)]
async fn no_other_error_deletes_a_row() {
    for error in errors_other_than_gone() {
        let chat = Chat::with_many(2).await;
        chat.gateway.fail(&nth_id(1), vec![error.clone(); 100]);
        let report = broadcast_in(&chat, AMPLE).await;
        assert_eq!(
            (report.reached, report.gone, report.failed),
            (1, 0, 1),
            "{error}"
        );
        assert_eq!(report.failure, Some(error));
        assert!(chat.connections.contains(&nth_id(1)));
    }
}

#[tokio::test(start_paused = true)]
async fn a_throttled_post_is_retried_three_times_and_a_permanent_failure_is_not() {
    let permanent = PostError::Permanent {
        detail: "too large".into(),
    };
    for (failures, reached, requests) in [
        (throttled(3), 1, 4),
        (throttled(100), 0, 4),
        (vec![permanent], 0, 1),
    ] {
        let chat = Chat::with_many(1).await;
        chat.gateway.fail(&nth_id(0), failures.clone());
        let report = broadcast_in(&chat, AMPLE).await;
        let result = (report.reached, report.failed, chat.gateway.requests());
        assert_eq!(result, (reached, 1 - reached, requests), "{failures:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_hundred_dead_connections_delay_no_other() {
    // The dead connections come first, and there are more of them than concurrent requests.
    let chat = Chat::with_many(400).await;
    for n in 0..100 {
        chat.gateway.slow_down(&nth_id(n), FOREVER);
    }
    assert!(
        timeout(Duration::from_secs(2), broadcast_in(&chat, AMPLE))
            .await
            .is_err()
    );
    assert_eq!(chat.gateway.delivered().len(), 300);
}

#[tokio::test(start_paused = true)]
async fn throttled_connections_delay_no_other() {
    let chat = Chat::with_many(200).await;
    for n in 0..100 {
        chat.gateway.fail(&nth_id(n), throttled(100));
    }
    // Less than the first wait before a retry may take.
    assert!(
        timeout(Duration::from_millis(1), broadcast_in(&chat, AMPLE))
            .await
            .is_err()
    );
    assert_eq!(chat.gateway.delivered().len(), 100);
}

/// The account may be throttled as a whole.
#[tokio::test(start_paused = true)]
async fn disconnects_only_a_few_of_many_throttled_connections() {
    let chat = Chat::with_many(200).await;
    for n in 0..80 {
        chat.gateway.fail(&nth_id(n), throttled(4));
    }
    let report = broadcast_in(&chat, AMPLE).await;
    assert_eq!((report.reached, report.gone, report.failed), (120, 0, 80));
    let report = broadcast_in(&chat, AMPLE).await;
    assert_eq!((report.reached, report.gone, report.failed), (184, 16, 0));
}

#[tokio::test(start_paused = true)]
async fn gives_up_on_a_dead_connection_long_before_the_deadline() {
    let chat = Chat::with_many(2).await;
    chat.gateway.slow_down(&nth_id(1), FOREVER);
    let start = Instant::now();
    let report = broadcast_in(&chat, AMPLE).await;
    assert_eq!((report.reached, report.failed), (1, 1));
    assert!(report.interrupted.is_none());
    assert!(start.elapsed() < Duration::from_secs(7));
}

#[tokio::test(start_paused = true)]
async fn reads_the_next_page_while_posts_are_under_way() {
    let chat = Chat::with_many(512 + 1).await;
    let second = Duration::from_secs(1);
    chat.connections.slow_down(second);
    for n in 0..513 {
        chat.gateway
            .slow_down(&nth_id(n), Duration::from_millis(100));
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
async fn runs_at_most_64_prompt_requests_at_once() {
    let chat = Chat::with_many(65).await;
    for n in 0..65 {
        chat.gateway
            .slow_down(&nth_id(n), Duration::from_millis(100));
    }
    let start = Instant::now();
    broadcast_in(&chat, AMPLE).await;
    assert!(start.elapsed() >= Duration::from_millis(200));
    assert!(start.elapsed() < Duration::from_millis(250));
}

#[tokio::test(start_paused = true)]
async fn counts_the_rest_as_failed_at_the_deadline() {
    let chat = Chat::with_many(3).await;
    chat.gateway.slow_down(&nth_id(1), FOREVER);
    chat.gateway.slow_down(&nth_id(2), FOREVER);
    let start = Instant::now();
    let report = broadcast_in(&chat, Duration::from_secs(1)).await;
    assert_eq!(start.elapsed(), Duration::from_secs(1));
    assert_eq!((report.reached, report.gone, report.failed), (1, 0, 2));
    assert!(matches!(report.interrupted, Some(Interruption::Deadline)));
}

#[tokio::test(start_paused = true)]
async fn reports_an_unreadable_page_after_serving_the_pages_before_it() {
    let chat = Chat::with_many(300).await;
    chat.connections.fail(ConnectionsFault::PagesFrom(1));
    let report = broadcast_in(&chat, AMPLE).await;
    assert_eq!(report.reached, 256);
    assert!(matches!(report.interrupted, Some(Interruption::Store(_))));
    assert_eq!(chat.connections.pages_read(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_failed_delete_does_not_stop_the_broadcast() {
    let chat = Chat::with_many(3).await;
    chat.gateway.hang_up(&nth_id(0));
    chat.connections.fail(ConnectionsFault::Delete);
    let report = broadcast_in(&chat, AMPLE).await;
    assert_eq!((report.reached, report.gone, report.failed), (2, 1, 0));
}
