//! The timeline: order, gaps, missed and earlier messages.

use super::*;
use crate::limits::{HISTORY_TIMEOUT_MS, HOLD_BACK_MS, READING_MESSAGES, TIMELINE_MESSAGES};

#[test]
fn a_new_client_loads_the_latest_messages() {
    let mut story = Story::new();
    let effects = story.connect("alice", "e", 60);
    assert_eq!(
        sent(&effects),
        [r#"{"action":"history","before":61,"limit":50}"#]
    );
    story.receive_message(61);
    story.receive_history(Range::Before(61), 61, 59..=60, false);
    assert_eq!(story.view(), "59 60 61");
    assert!(story.session.has_earlier());
    let effects = story.step(Input::LoadEarlier);
    assert_eq!(
        sent(&effects),
        [r#"{"action":"history","before":59,"limit":50}"#]
    );
    assert_eq!(story.step(Input::LoadEarlier), []);
    story.receive_history(Range::Before(59), 61, 57..=58, true);
    assert_eq!(story.view(), "57 58 59 60 61");
    assert!(!story.session.has_earlier());
}

#[test]
fn a_list_of_entries_equals_a_frame_for_each() {
    let mut story = Story::online(0);
    let list = |seqs: std::ops::RangeInclusive<Seq>| {
        let entries = seqs.map(|seq| message(seq).into()).collect();
        Event::Entries(Entries { entries })
    };
    story.receive(&list(3..=4));
    assert_eq!(story.view(), "");
    story.receive(&list(1..=3));
    assert_eq!(story.view(), "1 2 3 4");
}

#[test]
fn holds_early_messages_back_and_asks_for_the_missing_ones() {
    let mut story = Story::online(0);
    story.receive_message(1);
    story.receive_message(3);
    assert_eq!(story.view(), "1");
    assert_eq!(story.session.wake_at(), Some(story.now + HOLD_BACK_MS));
    assert_eq!(
        sent(&story.fire_timer()),
        [r#"{"action":"history","after":1}"#]
    );
    story.receive_history(Range::After(1), 3, 2..=3, true);
    assert_eq!(story.view(), "1 2 3");
}

#[test]
fn a_temporary_error_of_history_is_retried_silently() {
    let mut story = Story::online(0);
    story.receive_message(2);
    story.fire_timer();
    story.receive_frame(r#"{"type":"error","code":"unavailable","message":"Later."}"#);
    assert_eq!(story.session.problem(), None);
    story.run_until_sent("history");
    story.receive_frame(
        r#"{"type":"error","code":"rateLimited","message":"Later.","retryAfterMs":9}"#,
    );
    assert_eq!(story.session.problem(), None);
    story.receive_frame(r#"{"type":"error","code":"invalidHistory","message":"No."}"#);
    assert!(story.session.problem().is_some());
}

#[test]
fn asks_again_if_history_times_out() {
    let mut story = Story::online(0);
    story.receive_message(2);
    story.fire_timer();
    let asked = story.now;
    story.run_until_sent("history");
    assert_eq!(story.now - asked, HISTORY_TIMEOUT_MS);
}

#[test]
fn a_reconnecting_client_resumes_page_by_page() {
    let mut story = Story::online(0);
    story.receive_message(1);
    story.closed();
    story.fire_timer();
    let greeting = story.step(Input::Opened(story.socket));
    assert_eq!(
        sent(&greeting),
        [r#"{"action":"connected","resume":{"epoch":"e","after":1}}"#]
    );
    story.greet("alice-2", position("e", 5), None);
    story.now += HOLD_BACK_MS;
    let more = story.receive_history(Range::After(1), 5, 2..=3, false);
    assert_eq!(sent(&more), [r#"{"action":"history","after":3}"#]);
    story.receive_history(Range::After(3), 5, 4..=5, true);
    assert_eq!(story.view(), "1 2 3 4 5");
}

#[test]
fn a_pong_reveals_missed_messages() {
    let mut story = Story::online(0);
    story.receive_pong("e", 2);
    assert_eq!(
        sent(&story.fire_timer()),
        [r#"{"action":"history","after":0}"#]
    );
    story.receive_history(Range::After(0), 2, 1..=2, true);
    assert_eq!(story.view(), "1 2");
}

#[test]
fn expired_messages_leave_a_gap() {
    let mut story = Story::online(0);
    story.receive_message(1);
    story.receive_pong("e", 9);
    story.fire_timer();
    story.receive_history(Range::After(1), 9, [5, 6], true);
    assert_eq!(story.view(), "1 | 5 6 |");
    story.receive_message(10);
    assert_eq!(story.view(), "1 | 5 6 | 10");
    let gaps: Vec<_> = story
        .session
        .timeline()
        .segments()
        .iter()
        .map(|it| it.gap)
        .collect();
    assert_eq!(gaps, [None, Some(Gap::Expired), Some(Gap::Expired)]);
}

#[test]
fn a_new_log_starts_below_a_gap() {
    let mut story = Story::online(0);
    story.receive_message(1);
    story.closed();
    story.fire_timer();
    let effects = story.connect("alice-2", "f", 1);
    assert_eq!(
        sent(&effects),
        [r#"{"action":"history","before":2,"limit":50}"#]
    );
    story.receive(&page(
        Range::Before(2),
        position("f", 1),
        [message(1).into()],
    ));
    assert_eq!(story.view(), "1 | 1");
    assert_eq!(
        story.session.timeline().segments()[1].gap,
        Some(Gap::NewLog)
    );
    assert!(!story.session.has_earlier());
}

#[test]
fn the_gap_of_a_new_log_remains_when_its_first_messages_have_expired() {
    let mut story = Story::online(0);
    story.receive_message(1);
    story.closed();
    story.fire_timer();
    story.connect("alice-2", "f", 0);
    story.receive_pong("f", 9);
    story.fire_timer();
    story.receive(&page(
        Range::After(0),
        position("f", 9),
        [message(5).into()],
    ));
    let segments = story.session.timeline().segments().iter();
    let gaps: Vec<_> = segments.map(|it| it.gap).collect();
    assert_eq!(gaps, [None, Some(Gap::NewLog), Some(Gap::Expired)]);
}

#[test]
fn messages_before_the_epoch_is_known_are_discarded_with_their_connection() {
    let mut story = Story::new();
    story.step(Input::Opened(story.socket));
    story.receive_message(2);
    story.closed();
    story.fire_timer();
    story.connect("alice-2", "f", 1);
    assert_eq!(story.view(), "");
}

#[test]
fn a_conflicting_message_makes_the_client_ask_for_the_epoch() {
    let mut story = Story::online(0);
    story.receive_message(1);
    let other = Message {
        message_id: MessageId::new("other"),
        ..message(1)
    };
    assert_eq!(sent(&story.receive(&Event::Message(other))), [PING]);
}

#[test]
fn keeps_messages_that_arrive_before_the_head_is_known() {
    let mut story = Story::new();
    story.step(Input::Opened(story.socket));
    story.receive_message(3);
    story.greet("alice", position("e", 2), None);
    assert_eq!(story.view(), "3");
}

#[test]
fn drops_the_oldest_messages_above_the_limit() {
    let mut story = Story::online(0);
    let many = TIMELINE_MESSAGES as u64 + 1;
    for seq in 1..=many {
        story.receive_message(seq);
    }
    assert_eq!(story.session.timeline().len(), TIMELINE_MESSAGES);
    assert!(story.view().starts_with("2 3 "));
    assert!(story.session.has_earlier());
}

/// A client that has the messages from `first` to the limit, all of which arrived.
fn full_from(first: Seq) -> Story {
    let mut story = Story::online(first - 1);
    for seq in first..first + TIMELINE_MESSAGES as Seq {
        story.receive_message(seq);
    }
    story
}

#[test]
fn keeps_what_is_being_read_above_the_limit() {
    let mut story = full_from(1);
    story.step(Input::Reading(true));
    let many = TIMELINE_MESSAGES as Seq;
    for seq in many + 1..=many + 50 {
        story.receive_message(seq);
    }
    assert!(story.view().starts_with("1 2 3 "));
    assert_eq!(story.session.timeline().len(), TIMELINE_MESSAGES + 50);

    story.step(Input::Reading(false));
    story.receive_message(many + 51);
    assert_eq!(story.session.timeline().len(), TIMELINE_MESSAGES);
    assert!(story.view().starts_with("52 53 "));
    assert!(story.session.has_earlier());
}

#[test]
fn a_page_of_earlier_messages_joins_although_others_arrive_before_it() {
    let mut story = Story::new();
    story.connect("alice", "e", 100);
    story.receive_history(Range::Before(101), 100, 99..=100, false);
    let last = TIMELINE_MESSAGES as Seq + 98;
    for seq in 101..=last {
        story.receive_message(seq);
    }
    story.step(Input::Reading(true));
    let effects = story.step(Input::LoadEarlier);
    assert_eq!(
        sent(&effects),
        [r#"{"action":"history","before":99,"limit":50}"#]
    );
    story.receive_message(last + 1);
    story.receive_history(Range::Before(99), last + 1, 97..=98, false);
    assert!(story.view().starts_with("97 98 99 100 101 "));
}

#[test]
fn what_is_being_read_has_a_limit_too() {
    let mut story = full_from(1);
    story.step(Input::Reading(true));
    for seq in TIMELINE_MESSAGES + 1..=READING_MESSAGES + 1 {
        story.receive_message(seq as Seq);
    }
    assert_eq!(story.session.timeline().len(), READING_MESSAGES);
    assert!(story.view().starts_with("2 3 "));
    let effects = story.step(Input::LoadEarlier);
    assert_eq!(
        sent(&effects),
        [r#"{"action":"history","before":2,"limit":50}"#]
    );
}

#[test]
fn a_page_of_a_new_log_does_not_change_the_old_one() {
    let mut story = Story::new();
    story.connect("alice", "e", 3);
    story.receive_message(4);
    let head = position("f", 2);
    story.receive_pong("f", 2);
    // The request was about the old log: messages before its message 4.
    story.receive(&page(
        Range::Before(4),
        head,
        [message(1).into(), message(2).into()],
    ));
    assert_eq!(story.view(), "4 |");
    story.run_until_sent(r#"{"action":"history","before":3,"#);
}

#[test]
fn messages_without_seq_are_in_the_order_in_which_api_gateway_received_them() {
    let mut story = Story::new();
    story.step(Input::Opened(story.socket));
    story.receive_frame(r#"{"type":"connected","connectionId":"alice"}"#);
    for seq in [2, 3, 1, 3, 1, 2] {
        story.receive(&Event::Message(Message {
            seq: None,
            ..message(seq)
        }));
    }
    assert_eq!(story.view(), "1 2 3");
}

#[test]
fn ignores_invalid_frames() {
    let mut story = Story::online(0);
    story.receive_message(1);
    let before = story.session.clone();
    for frame in [
        "",
        "{",
        "null",
        "[]",
        r#"{"type":"typing"}"#,
        r#"{"type":"message","message":{}}"#,
        r#"{"type":"history"}"#,
        r#"{"type":"pong","epoch":"e","head":-1}"#,
        &"[".repeat(50_000),
    ] {
        assert_eq!(story.receive_frame(frame), []);
    }
    assert_eq!(story.session, before);
}
