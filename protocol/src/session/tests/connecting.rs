//! Sockets, back-off, heartbeats, and the change to the next connection.

use super::*;
use crate::limits::{
    GREETING_TIMEOUT_MS, HEARTBEAT_BUSY_MS, HEARTBEAT_IDLE_MS, OPEN_TIMEOUT_MS, PONG_TIMEOUT_MS,
    ROTATE_AFTER_MS, ROTATE_AGAIN_MS, ROTATE_JITTER_MS, SLEPT_MS, STABLE_MS,
};

#[test]
fn a_client_asks_who_it_is_before_it_is_online() {
    let story = Story::online(0);
    assert_eq!(story.session.me(), Some(&ConnectionId::new("alice")));
}

#[test]
fn an_attempt_that_takes_too_long_leads_to_another() {
    let mut story = Story::begin();
    assert_eq!(story.session.wake_at(), Some(1_000 + OPEN_TIMEOUT_MS));
    let first = story.socket;
    assert_eq!(story.sleep(), [Effect::Close(first)]);
    story.sleep();
    assert_ne!(story.socket, first);
    let second = story.socket;
    story.step(Input::Opened(second));
    assert_eq!(
        story.session.wake_at(),
        Some(story.now + GREETING_TIMEOUT_MS)
    );
    assert_eq!(story.sleep(), [Effect::Close(second)]);
}

#[test]
fn a_lost_connection_comes_back_by_itself_and_keeps_the_conversation() {
    let mut story = Story::online(0);
    story.hear_said(1);
    story.closed();
    assert!(matches!(story.session.phase(), Phase::Waiting { .. }));
    assert!(story.session.is_reconnecting());
    story.sleep();
    story.come_online("alice-2", "e", 1);
    assert!(!story.session.is_reconnecting());
    assert_eq!(story.page(), "1");
}

#[test]
fn what_an_old_socket_still_says_does_not_count() {
    let mut story = Story::online(0);
    let old = story.socket;
    story.closed();
    story.sleep();
    story.come_online("alice-2", "e", 0);
    let frame = Event::Message(said(1)).to_json();
    story.step(Input::Received(old, frame));
    assert_eq!(story.step(Input::Closed(old)), []);
    assert_eq!(story.step(Input::Opened(old)), []);
    assert!(story.session.phase().is_online());
    assert_eq!(story.page(), "");
}

#[test]
fn trying_now_skips_the_wait_leaves_an_attempt_alone_and_doubts_a_connection() {
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
fn a_back_end_that_accepts_and_drops_is_asked_less_and_less() {
    let mut story = Story::begin();
    let mut waits = Vec::new();
    for _ in 0..4 {
        story.come_online("alice", "e", 0);
        let _ = story
            .session
            .step(Input::Closed(story.socket), story.now, 1.0);
        waits.push(story.session.wake_at().unwrap() - story.now);
        story.sleep();
    }
    assert_eq!(waits, [1_000, 2_000, 4_000, 8_000]);
}

#[test]
fn a_connection_that_lasted_forgives_earlier_failures() {
    let mut story = Story::begin();
    for _ in 0..5 {
        story.closed();
        story.sleep();
    }
    story.come_online("alice", "e", 0);
    story.now += STABLE_MS;
    let _ = story
        .session
        .step(Input::Closed(story.socket), story.now, 1.0);
    assert_eq!(story.session.wake_at(), Some(story.now + 1_000));
}

#[test]
fn silence_is_questioned_sooner_while_somebody_waits() {
    let mut story = Story::online(0);
    assert_eq!(story.session.wake_at(), Some(story.now + HEARTBEAT_IDLE_MS));
    story.step(Input::Composing(true));
    assert_eq!(story.session.wake_at(), Some(story.now + HEARTBEAT_BUSY_MS));
    assert_eq!(sent(&story.sleep()), [PING]);
    assert_eq!(story.hear_frame(&pong()), []);
    story.step(Input::Composing(false));
    assert_eq!(story.session.wake_at(), Some(story.now + HEARTBEAT_IDLE_MS));
}

#[test]
fn a_connection_that_does_not_answer_is_dead() {
    let mut story = Story::online(0);
    story.sleep_until_sent("ping");
    assert_eq!(story.session.wake_at(), Some(story.now + PONG_TIMEOUT_MS));
    let dead = story.socket;
    assert_eq!(story.sleep(), [Effect::Close(dead)]);
    assert!(story.session.is_reconnecting());
}

#[test]
fn a_connection_is_doubted_after_the_machine_has_slept() {
    let mut story = Story::online(0);
    story.step(Input::Composing(true));
    story.hear_said(1);
    story.now = story.session.wake_at().unwrap() + SLEPT_MS;
    assert_eq!(sent(&story.step(Input::Woke)), [PING]);
}

/// A client that makes its next connection, and the socket that it still has.
fn changing() -> (Story, SocketId) {
    let mut story = Story::online(0);
    let (old, since) = (story.socket, story.now);
    while story.socket == old {
        if sent(&story.sleep()) == [PING] {
            story.hear_frame(&pong());
        }
    }
    assert_eq!(story.now - since, ROTATE_AFTER_MS - ROTATE_JITTER_MS);
    assert!(story.session.phase().is_online());
    (story, old)
}

#[test]
fn the_next_connection_takes_over_before_the_old_one_ends() {
    let (mut story, old) = changing();
    story.step(Input::Received(old, Event::Message(said(1)).to_json()));
    assert_eq!(story.page(), "1");
    let effects = story.come_online("alice-2", "e", 1);
    assert_eq!(effects, [Effect::Close(old)]);
    assert_eq!(story.step(Input::Closed(old)), []);
    story.hear_said(2);
    assert_eq!(story.page(), "1 2");
}

#[test]
fn a_next_connection_that_fails_is_tried_again_while_the_old_one_lives() {
    let (mut story, old) = changing();
    assert_eq!(story.closed(), []);
    assert!(story.session.phase().is_online());
    let failed = (story.socket, story.now);
    while story.socket == failed.0 {
        if sent(&story.sleep()) == [PING] {
            story.step(Input::Received(old, pong()));
        }
    }
    assert_eq!(story.now - failed.1, ROTATE_AGAIN_MS);
    assert_eq!(
        story.step(Input::Closed(old)),
        [Effect::Close(story.socket)]
    );
    assert!(story.session.is_reconnecting());
}

#[test]
fn what_is_on_its_way_on_the_old_connection_goes_again_on_the_new_one() {
    let (mut story, old) = changing();
    assert!(
        matches!(&story.say("c1")[..], [Effect::Send(socket, _), Effect::Save] if *socket == old)
    );
    let effects = story.come_online("alice-2", "e", 0);
    let new = story.socket;
    assert!(matches!(&effects[..], [Effect::Close(_), Effect::Send(socket, _)] if *socket == new));
}

fn pong() -> String {
    let head = position("e", 0);
    Event::Pong { head }.to_json()
}
