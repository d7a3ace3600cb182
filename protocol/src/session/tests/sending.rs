//! The outbox.

use super::*;
use crate::limits::{ACKNOWLEDGEMENT_TIMEOUT_MS, SEND_ATTEMPTS};
use crate::refusal::ErrorCode;

#[test]
fn a_message_leaves_the_outbox_only_when_it_is_in_the_log() {
    let mut story = Story::online(0);
    let frame = r#"{"action":"sendMessage","message":"c1","clientMessageId":"c1"}"#;
    assert_eq!(
        story.say("c1"),
        [Effect::Send(story.socket, frame.to_owned()), Effect::Save]
    );
    assert!(matches!(story.state_of("c1"), SendState::Sending { .. }));
    assert_eq!(story.hear_own("c1", 1), [Effect::Save]);
    assert_eq!(story.session.outbox().entries(), []);
    assert!(story.session.timeline().entries().all(|entry| entry.own));
}

#[test]
fn messages_go_one_at_a_time_in_the_order_in_which_they_were_said() {
    let mut story = Story::online(0);
    story.say("c1");
    assert_eq!(sent(&story.say("c2")), [""; 0]);
    assert_eq!(sent(&story.hear_own("c1", 1)).len(), 1);
    assert!(matches!(story.state_of("c2"), SendState::Sending { .. }));
}

#[test]
fn without_a_log_nobody_else_can_acknowledge_our_message() {
    let mut story = Story::online(0);
    story.say("c1");
    let forged = Message {
        seq: None,
        client_message_id: Some(id("c1")),
        ..said(1)
    };
    story.hear(&Event::Message(forged));
    assert!(matches!(story.state_of("c1"), SendState::Sending { .. }));
    assert!(!story.session.timeline().entries().any(|entry| entry.own));
}

#[test]
fn what_is_said_without_a_connection_is_kept_and_sent_when_there_is_one() {
    let mut story = Story::begin();
    assert_eq!(story.say("c1"), [Effect::Save]);
    assert!(matches!(story.state_of("c1"), SendState::Waiting { .. }));
    let effects = story.come_online("alice", "e", 0);
    assert_eq!(sent(&effects).len(), 1);
}

#[test]
fn a_message_on_its_way_goes_again_after_its_connection_under_the_same_name() {
    let mut story = Story::online(0);
    story.say("c1");
    story.closed();
    assert!(matches!(story.state_of("c1"), SendState::Waiting { .. }));
    story.sleep();
    let effects = story.come_online("alice-2", "e", 0);
    assert!(sent(&effects)[0].contains(r#""clientMessageId":"c1""#));
}

#[test]
fn a_message_that_arrived_although_its_answer_was_lost_is_found_in_what_was_missed() {
    let mut story = Story::online(0);
    story.say("c1");
    story.closed();
    story.sleep();
    story.come_online("alice-2", "e", 1);
    let mut arrived = said(1);
    arrived.client_message_id = Some(id("c1"));
    story.hear(&Event::History(History {
        range: Range::After(0),
        head: position("e", 1),
        messages: vec![arrived],
        complete: true,
    }));
    assert_eq!(story.session.outbox().entries(), []);
    assert_eq!(story.page(), "1");
}

#[test]
fn a_message_without_an_answer_goes_again_and_the_connection_is_doubted() {
    let mut story = Story::online(0);
    story.say("c1");
    let since = story.now;
    story.now += ACKNOWLEDGEMENT_TIMEOUT_MS;
    let effects = story.step(Input::Woke);
    assert_eq!(story.now - since, ACKNOWLEDGEMENT_TIMEOUT_MS);
    assert!(sent(&effects).contains(&PING));
    assert!(sent(&effects).iter().any(|frame| frame.contains("c1")));
}

#[test]
fn a_refusal_leaves_the_message_to_the_person() {
    let mut story = Story::online(0);
    story.say("c1");
    let refusal =
        r#"{"type":"error","code":"messageTooLong","message":"No.","clientMessageId":"c1"}"#;
    story.hear_frame(refusal);
    assert!(
        matches!(story.state_of("c1"), SendState::Failed(Failure::Refused(it)) if it.code == ErrorCode::MessageTooLong)
    );
    assert_eq!(story.session.problem(), None);
    let again = story.step(Input::SayAgain(id("c1")));
    assert_eq!(sent(&again).len(), 1);
    story.hear_frame(refusal);
    assert_eq!(story.step(Input::Discard(id("c1"))), [Effect::Save]);
    assert_eq!(story.session.outbox().entries(), []);
}

#[test]
fn what_waits_cannot_be_given_up() {
    let mut story = Story::begin();
    story.say("c1");
    assert_eq!(story.step(Input::Discard(id("c1"))), []);
    assert_eq!(story.session.outbox().entries().len(), 1);
}

#[test]
fn a_back_end_that_cannot_just_now_is_asked_again_when_it_said_and_not_for_ever() {
    let mut story = Story::online(0);
    story.say("c1");
    for attempt in 1..=SEND_ATTEMPTS {
        story.hear_frame(
            r#"{"type":"error","code":"unavailable","message":"Later.","clientMessageId":"c1","retryAfterMs":700}"#,
        );
        if attempt < SEND_ATTEMPTS {
            assert_eq!(story.session.wake_at(), Some(story.now + 700));
            assert_eq!(sent(&story.sleep()).len(), 1);
        }
    }
    assert!(matches!(story.state_of("c1"), SendState::Failed(_)));
}

#[test]
fn an_error_of_api_gateway_is_a_problem_and_never_a_message() {
    let frame = r#"{"message": "Internal server error", "connectionId":"Qyi07eCbtjMCJKw=", "requestId":"Qyi3UG41tjMFlUg="}"#;
    let mut story = Story::online(0);
    story.hear_frame(frame);
    let problem = Problem::Gateway("Internal server error".to_owned());
    assert_eq!(story.session.problem(), Some(&problem));
    assert_eq!(story.page(), "");
    story.step(Input::Dismiss);
    assert_eq!(story.session.problem(), None);
    story.say("c1");
    for _ in 0..SEND_ATTEMPTS {
        story.hear_frame(frame);
        story.sleep();
    }
    assert!(matches!(
        story.state_of("c1"),
        SendState::Failed(Failure::Gateway(_))
    ));
}

#[test]
fn an_outbox_that_was_left_is_sent_by_the_next_session() {
    let text = MessageText::parse("c1").unwrap();
    let mut story = Story::begin();
    story.session = Session::with_outbox([Pending::new(id("c1"), text, 7)]);
    story.step(Input::Start);
    let effects = story.come_online("alice", "e", 0);
    assert_eq!(sent(&effects).len(), 1);
}

#[test]
fn what_was_said_under_an_earlier_id_is_our_own() {
    let mut story = Story::begin();
    story.session = Session::default().known_as([ConnectionId::new("bob")]);
    story.step(Input::Start);
    story.come_online("alice", "e", 0);
    story.hear_said(1);
    assert!(story.session.timeline().entries().all(|entry| entry.own));
    let ids = story.session.ids().iter().map(ConnectionId::as_str);
    assert_eq!(ids.collect::<Vec<_>>(), ["bob", "alice"]);
}
