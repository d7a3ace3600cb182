//! Sockets, back-off, heartbeats and rotation.

use super::*;
use crate::limits::{
    GREETING_TIMEOUT_MS, HEARTBEAT_BUSY_MS, HEARTBEAT_IDLE_MS, OPEN_TIMEOUT_MS, PONG_TIMEOUT_MS,
    ROTATE_AFTER_MS, ROTATE_JITTER_MS, ROTATE_RETRY_MS, STABLE_MS, SUSPENDED_MS,
};

#[test]
fn an_attempt_that_times_out_is_followed_by_another() {
    let mut story = Story::new();
    assert_eq!(story.session.wake_at(), Some(1_000 + OPEN_TIMEOUT_MS));
    let first = story.socket;
    assert_eq!(story.fire_timer(), [Effect::Close(first)]);
    story.fire_timer();
    assert_ne!(story.socket, first);
    let second = story.socket;
    story.step(Input::Opened(second));
    assert_eq!(
        story.session.wake_at(),
        Some(story.now + GREETING_TIMEOUT_MS)
    );
    assert_eq!(story.fire_timer(), [Effect::Close(second)]);
}

#[test]
fn reconnects_automatically_and_keeps_the_timeline() {
    let mut story = Story::online(0);
    story.receive_message(1);
    story.closed();
    assert!(matches!(story.session.phase(), Phase::Waiting { .. }));
    assert!(story.session.is_reconnecting());
    story.fire_timer();
    story.connect("alice-2", "e", 1);
    assert!(!story.session.is_reconnecting());
    assert_eq!(story.view(), "1");
}

#[test]
fn ignores_frames_of_an_old_socket() {
    let mut story = Story::online(0);
    let old = story.socket;
    story.closed();
    story.fire_timer();
    story.connect("alice-2", "e", 0);
    let frame = Event::Message(message(1)).to_json();
    story.step(Input::Received(old, frame));
    assert_eq!(story.step(Input::Closed(old)), []);
    assert_eq!(story.step(Input::Opened(old)), []);
    assert!(story.session.phase().is_online());
    assert_eq!(story.view(), "");
}

#[test]
fn try_now_skips_the_back_off_keeps_an_attempt_and_probes_a_connection() {
    let mut story = Story::online(0);
    assert_eq!(sent(&story.step(Input::TryNow)), [PING]);
    assert_eq!(story.step(Input::TryNow), []);
    story.closed();
    assert!(matches!(
        story.step(Input::TryNow)[..],
        [Effect::Connect(_)]
    ));
    assert_eq!(story.step(Input::TryNow), []);
}

#[test]
fn other_credentials_replace_the_connection_without_a_gap() {
    let mut story = Story::online(0);
    let old = story.socket;
    let effects = story.step(Input::Replace);
    assert!(matches!(effects[..], [Effect::Connect(_)]), "{effects:?}");
    story.step(Input::Received(old, Event::Message(message(1)).to_json()));
    assert!(story.session.phase().is_online());
    // A second change drops the connection that is being opened with the first one.
    let outdated = story.socket;
    let effects = story.step(Input::Replace);
    assert!(
        matches!(effects[..], [Effect::Close(it), Effect::Connect(_)] if it == outdated),
        "{effects:?}"
    );
    story.connect("alice-2", "e", 1);
    assert_ne!(story.socket, old);
    assert_eq!(story.step(Input::Closed(old)), []);
    assert_eq!(story.view(), "1");
}

#[test]
fn other_credentials_replace_an_attempt_and_skip_the_back_off() {
    let mut story = Story::new();
    let first = story.socket;
    let effects = story.step(Input::Replace);
    assert!(
        matches!(effects[..], [Effect::Close(it), Effect::Connect(_)] if it == first),
        "{effects:?}"
    );
    story.connect("alice", "e", 0);
    story.closed();
    assert!(matches!(story.session.phase(), Phase::Waiting { .. }));
    story.step(Input::Replace);
    assert!(matches!(story.session.phase(), Phase::Opening { .. }));
}

#[test]
fn backs_off_from_a_back_end_that_accepts_and_drops() {
    let mut story = Story::new();
    let mut waits = Vec::new();
    for _ in 0..4 {
        story.connect("alice", "e", 0);
        let _ = story
            .session
            .step(Input::Closed(story.socket), story.now, 1.0);
        waits.push(story.session.wake_at().unwrap() - story.now);
        story.fire_timer();
    }
    assert_eq!(waits, [1_000, 2_000, 4_000, 8_000]);
}

#[test]
fn a_stable_connection_resets_the_back_off() {
    let mut story = Story::new();
    for _ in 0..5 {
        story.closed();
        story.fire_timer();
    }
    story.connect("alice", "e", 0);
    story.now += STABLE_MS;
    let _ = story
        .session
        .step(Input::Closed(story.socket), story.now, 1.0);
    assert_eq!(story.session.wake_at(), Some(story.now + 1_000));
}

#[test]
fn heartbeats_are_more_frequent_while_the_client_is_busy() {
    let mut story = Story::online(0);
    assert_eq!(story.session.wake_at(), Some(story.now + HEARTBEAT_IDLE_MS));
    story.step(Input::Composing(true));
    assert_eq!(story.session.wake_at(), Some(story.now + HEARTBEAT_BUSY_MS));
    assert_eq!(sent(&story.fire_timer()), [PING]);
    assert_eq!(story.receive_pong("e", 0), []);
    story.step(Input::Composing(false));
    assert_eq!(story.session.wake_at(), Some(story.now + HEARTBEAT_IDLE_MS));
}

#[test]
fn a_connection_that_does_not_answer_a_ping_is_dead() {
    let mut story = Story::online(0);
    story.run_until_sent("ping");
    assert_eq!(story.session.wake_at(), Some(story.now + PONG_TIMEOUT_MS));
    let dead = story.socket;
    assert_eq!(story.fire_timer(), [Effect::Close(dead)]);
    assert!(story.session.is_reconnecting());
}

#[test]
fn probes_the_connection_after_the_machine_was_suspended() {
    let mut story = Story::online(0);
    story.step(Input::Composing(true));
    story.receive_message(1);
    story.now = story.session.wake_at().unwrap() + SUSPENDED_MS;
    assert_eq!(sent(&story.step(Input::Timer)), [PING]);
}

/// A client that opens its next connection, and its current socket.
fn rotating() -> (Story, SocketId) {
    let mut story = Story::online(0);
    let (old, since) = (story.socket, story.now);
    while story.socket == old {
        if sent(&story.fire_timer()) == [PING] {
            story.receive_pong("e", 0);
        }
    }
    assert_eq!(story.now - since, ROTATE_AFTER_MS - ROTATE_JITTER_MS);
    assert!(story.session.phase().is_online());
    (story, old)
}

#[test]
fn the_next_connection_replaces_the_old_one_before_it_ends() {
    let (mut story, old) = rotating();
    story.step(Input::Received(old, Event::Message(message(1)).to_json()));
    assert_eq!(story.view(), "1");
    let effects = story.connect("alice-2", "e", 1);
    assert_eq!(effects, [Effect::Close(old)]);
    assert_eq!(story.step(Input::Closed(old)), []);
    story.receive_message(2);
    assert_eq!(story.view(), "1 2");
}

#[test]
fn retries_a_failed_rotation_while_the_old_connection_works() {
    let (mut story, old) = rotating();
    assert_eq!(story.closed(), []);
    assert!(story.session.phase().is_online());
    let failed = (story.socket, story.now);
    while story.socket == failed.0 {
        if sent(&story.fire_timer()) == [PING] {
            story.step(Input::Received(old, pong(position("e", 0))));
        }
    }
    assert_eq!(story.now - failed.1, ROTATE_RETRY_MS);
    assert_eq!(
        story.step(Input::Closed(old)),
        [Effect::Close(story.socket)]
    );
    assert!(story.session.is_reconnecting());
}

#[test]
fn a_message_in_flight_on_the_old_connection_is_resent_on_the_new_one() {
    let (mut story, old) = rotating();
    assert!(
        matches!(&story.send("c1")[..], [Effect::Send(socket, _), Effect::Save] if *socket == old)
    );
    let effects = story.connect("alice-2", "e", 0);
    let new = story.socket;
    assert!(matches!(&effects[..], [Effect::Close(_), Effect::Send(socket, _)] if *socket == new));
}
