//! The outbox.

use super::*;
use crate::error::ErrorCode;
use crate::limits::{ACKNOWLEDGEMENT_TIMEOUT_MS, SEND_ATTEMPTS};

#[test]
fn a_message_leaves_the_outbox_when_it_is_in_the_log() {
    let mut story = Story::online(0);
    let frame = r#"{"action":"sendMessage","message":"c1","clientMessageId":"c1"}"#;
    assert_eq!(
        story.send("c1"),
        [Effect::Send(story.socket, frame.to_owned()), Effect::Save]
    );
    assert!(matches!(story.state_of("c1"), SendState::Sending { .. }));
    assert_eq!(story.receive_own("c1", 1), [Effect::Save]);
    assert_eq!(story.session.outbox().entries(), []);
    assert!(story.session.timeline().entries().all(|entry| entry.own));
}

#[test]
fn messages_are_sent_in_order_one_at_a_time() {
    let mut story = Story::online(0);
    story.send("c1");
    assert_eq!(sent(&story.send("c2")), [""; 0]);
    assert_eq!(sent(&story.receive_own("c1", 1)).len(), 1);
    assert!(matches!(story.state_of("c2"), SendState::Sending { .. }));
}

#[test]
fn without_a_log_another_client_cannot_acknowledge_our_message() {
    let mut story = Story::online(0);
    story.send("c1");
    let forged = Message {
        seq: None,
        client_message_id: Some(id("c1")),
        ..message(1)
    };
    story.receive(&Event::Message(forged));
    assert!(matches!(story.state_of("c1"), SendState::Sending { .. }));
    assert!(!story.session.timeline().entries().any(|entry| entry.own));
}

#[test]
fn a_message_sent_offline_is_queued_until_the_client_is_online() {
    let mut story = Story::new();
    assert_eq!(story.send("c1"), [Effect::Save]);
    assert!(matches!(story.state_of("c1"), SendState::Waiting { .. }));
    let effects = story.connect("alice", "e", 0);
    assert_eq!(sent(&effects).len(), 1);
}

#[test]
fn a_message_in_flight_is_resent_with_the_same_id_after_a_reconnection() {
    let mut story = Story::online(0);
    story.send("c1");
    story.closed();
    assert!(matches!(story.state_of("c1"), SendState::Waiting { .. }));
    story.fire_timer();
    let effects = story.connect("alice-2", "e", 0);
    assert!(sent(&effects)[0].contains(r#""clientMessageId":"c1""#));
}

#[test]
fn history_acknowledges_a_message_whose_broadcast_was_lost() {
    let mut story = Story::online(0);
    story.send("c1");
    story.closed();
    story.fire_timer();
    story.connect("alice-2", "e", 1);
    let mut arrived = message(1);
    arrived.client_message_id = Some(id("c1"));
    story.receive(&page(Range::After(0), position("e", 1), [arrived.into()]));
    assert_eq!(story.session.outbox().entries(), []);
    assert_eq!(story.view(), "1");
}

#[test]
fn an_overdue_message_is_resent_and_the_connection_probed() {
    let mut story = Story::online(0);
    story.send("c1");
    let since = story.now;
    story.now += ACKNOWLEDGEMENT_TIMEOUT_MS;
    let effects = story.step(Input::Timer);
    assert_eq!(story.now - since, ACKNOWLEDGEMENT_TIMEOUT_MS);
    assert!(sent(&effects).contains(&PING));
    assert!(sent(&effects).iter().any(|frame| frame.contains("c1")));
}

#[test]
fn a_rejected_message_fails_until_it_is_retried_or_discarded() {
    let mut story = Story::online(0);
    story.send("c1");
    let rejection =
        r#"{"type":"error","code":"messageTooLong","message":"No.","clientMessageId":"c1"}"#;
    story.receive_frame(rejection);
    assert!(
        matches!(story.state_of("c1"), SendState::Failed(Failure::Rejected(it)) if it.code == ErrorCode::MessageTooLong)
    );
    assert_eq!(story.session.problem(), None);
    let again = story.step(Input::Retry(id("c1")));
    assert_eq!(sent(&again).len(), 1);
    story.receive_frame(rejection);
    assert_eq!(story.step(Input::Discard(id("c1"))), [Effect::Save]);
    assert_eq!(story.session.outbox().entries(), []);
}

#[test]
fn a_waiting_message_cannot_be_discarded() {
    let mut story = Story::new();
    story.send("c1");
    assert_eq!(story.step(Input::Discard(id("c1"))), []);
    assert_eq!(story.session.outbox().entries().len(), 1);
}

#[test]
fn retries_after_the_requested_delay_and_gives_up_eventually() {
    let mut story = Story::online(0);
    story.send("c1");
    for attempt in 1..=SEND_ATTEMPTS {
        story.receive_frame(
            r#"{"type":"error","code":"unavailable","message":"Later.","clientMessageId":"c1","retryAfterMs":700}"#,
        );
        if attempt < SEND_ATTEMPTS {
            assert_eq!(story.session.wake_at(), Some(story.now + 700));
            assert_eq!(sent(&story.fire_timer()).len(), 1);
        }
    }
    assert!(matches!(story.state_of("c1"), SendState::Failed(_)));
}

#[test]
fn an_error_of_api_gateway_is_a_problem_and_not_a_message() {
    let frame = r#"{"message": "Internal server error", "connectionId":"Qyi07eCbtjMCJKw=", "requestId":"Qyi3UG41tjMFlUg="}"#;
    let mut story = Story::online(0);
    story.receive_frame(frame);
    let problem = Problem::Gateway("Internal server error".to_owned());
    assert_eq!(story.session.problem(), Some(&problem));
    assert_eq!(story.view(), "");
    story.step(Input::Dismiss);
    assert_eq!(story.session.problem(), None);
    story.send("c1");
    for _ in 0..SEND_ATTEMPTS {
        story.receive_frame(frame);
        story.fire_timer();
    }
    assert!(matches!(
        story.state_of("c1"),
        SendState::Failed(Failure::Gateway(_))
    ));
}

#[test]
fn the_next_session_sends_the_outbox_of_the_last_one() {
    let text = MessageText::parse("c1").unwrap();
    let mut story = Story::new();
    story.session = Session::with_outbox([Pending::new(id("c1"), text, 7)]);
    story.step(Input::Start);
    let effects = story.connect("alice", "e", 0);
    assert_eq!(sent(&effects).len(), 1);
}

#[test]
fn messages_of_earlier_connections_are_own_messages() {
    let mut story = Story::new();
    story.session = Session::default().with_connection_ids([ConnectionId::new("bob")]);
    story.step(Input::Start);
    story.connect("alice", "e", 0);
    story.receive_message(1);
    assert!(story.session.timeline().entries().all(|entry| entry.own));
    let ids = story
        .session
        .connection_ids()
        .iter()
        .map(ConnectionId::as_str);
    assert_eq!(ids.collect::<Vec<_>>(), ["bob", "alice"]);
}
