//! A back end that knows only the original protocol: no log, no pings, no `clientMessageId` in broadcasts.

use super::*;
use crate::limits::{ACKNOWLEDGEMENT_TIMEOUT_MS, HEARTBEAT_BUSY_MS, ROTATE_AFTER_MS};

const CONNECTED: &str = r#"{"type":"connected","connectionId":"alice"}"#;
const FORBIDDEN: &str = r#"{"message":"Forbidden","connectionId":"alice","requestId":"r"}"#;

/// A client that is connected to such a back end.
fn online() -> Story {
    let mut story = Story::new();
    story.step(Input::Opened(story.socket));
    story.receive_frame(CONNECTED);
    assert!(story.session.phase().is_online());
    story
}

/// The broadcast of a message of `alice`.
fn echo(text: &str) -> String {
    format!(
        r#"{{"connectionId":"alice","message":"{text}","messageId":"m-{text}","requestTimeEpoch":1}}"#
    )
}

#[test]
fn the_echo_acknowledges_a_message_and_the_next_one_is_sent() {
    let mut story = online();
    assert!(!story.session.has_log());
    story.send("c1");
    story.send("c2");
    let effects = story.receive_frame(&echo("c1"));
    assert_eq!(sent(&effects).len(), 1);
    story.receive_frame(&echo("c2"));
    assert_eq!(story.session.outbox().entries(), []);
    assert_eq!(story.view(), "c1 c2");
}

#[test]
fn another_clients_message_with_the_same_text_acknowledges_nothing() {
    let mut story = online();
    story.send("c1");
    story.receive_frame(&echo("c1").replace("alice", "bob"));
    assert!(matches!(story.state_of("c1"), SendState::Sending { .. }));
}

#[test]
fn an_unconfirmed_message_is_not_resent_automatically() {
    let mut story = online();
    story.send("c1");
    story.now += ACKNOWLEDGEMENT_TIMEOUT_MS;
    assert!(
        !sent(&story.step(Input::Timer))
            .iter()
            .any(|it| it.contains("c1"))
    );
    let unconfirmed = SendState::Failed(Failure::Unconfirmed);
    assert_eq!(story.state_of("c1"), &unconfirmed);

    let mut story = online();
    story.send("c1");
    story.closed();
    story.fire_timer();
    // Neither by the same back end nor by one with a log.
    let effects = story.connect("alice-2", "e", 0);
    assert_eq!(sent(&effects), [""; 0]);
    assert_eq!(story.state_of("c1"), &unconfirmed);
    assert_eq!(sent(&story.step(Input::Retry(id("c1")))).len(), 1);
}

#[test]
fn a_message_that_api_gateway_could_not_process_is_not_resent() {
    let mut story = online();
    story.send("c1");
    story.receive_frame(&FORBIDDEN.replace("Forbidden", "Internal server error"));
    assert!(matches!(
        story.state_of("c1"),
        SendState::Failed(Failure::Gateway(_))
    ));
}

#[test]
fn pings_end_after_the_first_was_rejected() {
    let mut story = online();
    story.step(Input::Composing(true));
    story.run_until_sent("ping");
    story.receive_frame(FORBIDDEN);
    assert_eq!(story.session.problem(), None);
    let until = story.now + ROTATE_AFTER_MS / 2;
    while story.session.wake_at().is_some_and(|at| at < until) {
        assert_eq!(sent(&story.fire_timer()), [""; 0]);
    }
    // A back end with a log is pinged again.
    story.closed();
    story.fire_timer();
    story.connect("alice-2", "e", 0);
    let heartbeat = story.now + HEARTBEAT_BUSY_MS;
    assert_eq!(story.session.wake_at(), Some(heartbeat));
    assert_eq!(sent(&story.fire_timer()), [PING]);
}

#[test]
fn a_rejected_ping_does_not_fail_the_message_in_flight() {
    let mut story = online();
    story.step(Input::TryNow);
    story.send("c1");
    story.receive_frame(FORBIDDEN);
    assert!(matches!(story.state_of("c1"), SendState::Sending { .. }));
}

#[test]
fn history_is_never_requested() {
    let mut story = online();
    story.receive_frame(&echo("a"));
    let effects = story.step(Input::LoadEarlier);
    assert_eq!(sent(&effects), [""; 0]);
    assert!(!story.session.has_earlier());
}

#[test]
fn messages_are_shown_at_once_to_a_client_that_introduces_itself() {
    let mut story = Story::new();
    let key = PersonKey::parse("0123456789abcdefghijkl").unwrap();
    story.session = Session::default().introduced(key, None);
    story.step(Input::Start);
    story.step(Input::Opened(story.socket));
    story.receive_frame(&echo("a"));
    assert_eq!(story.view(), "a");
    story.receive_frame(CONNECTED);
    let effects = story.receive_frame(&echo("b"));
    assert_eq!(story.view(), "a b");
    assert_eq!(sent(&effects), [""; 0]);
}

#[test]
fn a_message_that_was_sent_is_not_sent_again_after_a_reload() {
    let mut story = online();
    assert!(story.send("c1").contains(&Effect::Save));
    let saved = saved::save(story.session.outbox().entries().iter());
    story.session = Session::with_outbox(saved::restore(&saved));
    story.step(Input::Start);
    assert_eq!(sent(&story.connect("alice-2", "e", 0)), [""; 0]);
    let unconfirmed = SendState::Failed(Failure::Unconfirmed);
    assert_eq!(*story.state_of("c1"), unconfirmed, "the user decides");
}

#[test]
fn messages_without_a_place_give_way_to_the_log() {
    let mut story = online();
    story.receive_frame(&echo("a"));
    story.closed();
    story.fire_timer();
    story.connect("alice-2", "e", 1);
    assert_eq!(story.view(), "");
}
