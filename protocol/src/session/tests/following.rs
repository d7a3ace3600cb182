//! The copy of the log: order, gaps, what was missed, what was said earlier.

use super::*;
use crate::limits::{HISTORY_TIMEOUT_MS, HOLD_BACK_MS, TIMELINE_MESSAGES};

#[test]
fn a_newcomer_is_shown_what_was_said_last() {
    let mut story = Story::begin();
    let effects = story.come_online("alice", "e", 60);
    assert_eq!(
        sent(&effects),
        [r#"{"action":"history","before":61,"limit":50}"#]
    );
    story.hear_said(61);
    story.hear_history(Range::Before(61), 61, 59..=60, false);
    assert_eq!(story.page(), "59 60 61");
    assert!(story.session.has_earlier());
    let effects = story.step(Input::Earlier);
    assert_eq!(
        sent(&effects),
        [r#"{"action":"history","before":59,"limit":50}"#]
    );
    assert_eq!(story.step(Input::Earlier), []);
    story.hear_history(Range::Before(59), 61, 57..=58, true);
    assert_eq!(story.page(), "57 58 59 60 61");
    assert!(!story.session.has_earlier());
}

#[test]
fn messages_stand_in_the_order_of_the_log_each_once() {
    let mut story = Story::online(0);
    for seq in [2, 1, 1, 4, 2, 3, 4] {
        story.hear_said(seq);
    }
    assert_eq!(story.page(), "1 2 3 4");
}

#[test]
fn what_comes_too_early_is_held_back_until_what_is_missing_was_asked_for() {
    let mut story = Story::online(0);
    story.hear_said(1);
    story.hear_said(3);
    assert_eq!(story.page(), "1");
    assert_eq!(story.session.wake_at(), Some(story.now + HOLD_BACK_MS));
    assert_eq!(sent(&story.sleep()), [r#"{"action":"history","after":1}"#]);
    story.hear_history(Range::After(1), 3, 2..=3, true);
    assert_eq!(story.page(), "1 2 3");
}

#[test]
fn what_could_not_be_read_is_asked_for_again_without_a_word() {
    let mut story = Story::online(0);
    story.hear_said(2);
    story.sleep();
    story.hear_frame(r#"{"type":"error","code":"unavailable","message":"Later."}"#);
    assert_eq!(story.session.problem(), None);
    story.sleep_until_sent("history");
    story
        .hear_frame(r#"{"type":"error","code":"rateLimited","message":"Later.","retryAfterMs":9}"#);
    assert_eq!(story.session.problem(), None);
    story.hear_frame(r#"{"type":"error","code":"invalidHistory","message":"No."}"#);
    assert!(story.session.problem().is_some());
}

#[test]
fn what_is_missing_is_asked_for_again_if_no_answer_comes() {
    let mut story = Story::online(0);
    story.hear_said(2);
    story.sleep();
    let asked = story.now;
    story.sleep_until_sent("history");
    assert_eq!(story.now - asked, HISTORY_TIMEOUT_MS);
}

#[test]
fn who_comes_back_says_where_it_stands_and_gets_the_rest_page_by_page() {
    let mut story = Story::online(0);
    story.hear_said(1);
    story.closed();
    story.sleep();
    let greeting = story.step(Input::Opened(story.socket));
    assert_eq!(
        sent(&greeting),
        [r#"{"action":"connected","resume":{"epoch":"e","after":1}}"#]
    );
    story.hear(&Event::Connected {
        connection_id: ConnectionId::new("alice-2"),
        head: Some(position("e", 5)),
    });
    story.now += HOLD_BACK_MS;
    let more = story.hear_history(Range::After(1), 5, 2..=3, false);
    assert_eq!(sent(&more), [r#"{"action":"history","after":3}"#]);
    story.hear_history(Range::After(3), 5, 4..=5, true);
    assert_eq!(story.page(), "1 2 3 4 5");
}

#[test]
fn a_pong_tells_that_something_was_missed() {
    let mut story = Story::online(0);
    story.hear(&Event::Pong {
        head: position("e", 2),
    });
    assert_eq!(sent(&story.sleep()), [r#"{"action":"history","after":0}"#]);
    story.hear_history(Range::After(0), 2, 1..=2, true);
    assert_eq!(story.page(), "1 2");
}

#[test]
fn what_is_not_kept_any_more_is_shown_as_missing() {
    let mut story = Story::online(0);
    story.hear_said(1);
    story.hear(&Event::Pong {
        head: position("e", 9),
    });
    story.sleep();
    story.hear_history(Range::After(1), 9, [5, 6], true);
    assert_eq!(story.page(), "1 | 5 6 |");
    story.hear_said(10);
    assert_eq!(story.page(), "1 | 5 6 | 10");
    let cuts: Vec<_> = story
        .session
        .timeline()
        .segments()
        .iter()
        .map(|it| it.cut)
        .collect();
    assert_eq!(cuts, [None, Some(Cut::Expired), Some(Cut::Expired)]);
}

#[test]
fn another_log_begins_below_a_line_and_never_silently() {
    let mut story = Story::online(0);
    story.hear_said(1);
    story.closed();
    story.sleep();
    let effects = story.come_online("alice-2", "f", 1);
    assert_eq!(
        sent(&effects),
        [r#"{"action":"history","before":2,"limit":50}"#]
    );
    story.hear(&Event::History(History {
        range: Range::Before(2),
        head: position("f", 1),
        messages: vec![said(1)],
        complete: true,
    }));
    assert_eq!(story.page(), "1 | 1");
    assert_eq!(
        story.session.timeline().segments()[1].cut,
        Some(Cut::OtherLog)
    );
    assert!(!story.session.has_earlier());
}

#[test]
fn another_log_stays_another_one_when_its_first_messages_are_not_kept() {
    let mut story = Story::online(0);
    story.hear_said(1);
    story.closed();
    story.sleep();
    story.come_online("alice-2", "f", 0);
    story.hear(&Event::Pong {
        head: position("f", 9),
    });
    story.sleep();
    story.hear(&Event::History(History {
        range: Range::After(0),
        head: position("f", 9),
        messages: vec![said(5)],
        complete: true,
    }));
    let segments = story.session.timeline().segments().iter();
    let cuts: Vec<_> = segments.map(|it| it.cut).collect();
    assert_eq!(cuts, [None, Some(Cut::OtherLog), Some(Cut::Expired)]);
}

#[test]
fn what_came_before_a_log_was_named_is_forgotten_with_its_connection() {
    let mut story = Story::begin();
    story.step(Input::Opened(story.socket));
    story.hear_said(2);
    story.closed();
    story.sleep();
    story.come_online("alice-2", "f", 1);
    assert_eq!(story.page(), "");
}

#[test]
fn a_message_in_a_place_that_is_taken_makes_us_ask_which_log_it_is() {
    let mut story = Story::online(0);
    story.hear_said(1);
    let other = Message {
        message_id: MessageId::new("other"),
        ..said(1)
    };
    assert_eq!(sent(&story.hear(&Event::Message(other))), [PING]);
}

#[test]
fn what_arrives_before_we_know_where_the_log_ends_is_not_lost() {
    let mut story = Story::begin();
    story.step(Input::Opened(story.socket));
    story.hear_said(3);
    story.hear(&Event::Connected {
        connection_id: ConnectionId::new("alice"),
        head: Some(position("e", 2)),
    });
    assert_eq!(story.page(), "3");
}

#[test]
fn the_oldest_messages_go_when_there_are_too_many() {
    let mut story = Story::online(0);
    let many = TIMELINE_MESSAGES as u64 + 1;
    for seq in 1..=many {
        story.hear_said(seq);
    }
    assert_eq!(story.session.timeline().len(), TIMELINE_MESSAGES);
    assert!(story.page().starts_with("2 3 "));
    assert!(story.session.has_earlier());
}

#[test]
fn an_answer_out_of_another_log_changes_nothing_in_the_old_one() {
    let mut story = Story::begin();
    story.come_online("alice", "e", 3);
    story.hear_said(4);
    let head = position("f", 2);
    story.hear(&Event::Pong { head: head.clone() });
    // We have asked the old log for what was said before its message 4.
    story.hear(&Event::History(History {
        range: Range::Before(4),
        head,
        messages: vec![said(1), said(2)],
        complete: true,
    }));
    assert_eq!(story.page(), "4 |");
    story.sleep_until_sent(r#"{"action":"history","before":3,"#);
}

#[test]
fn messages_without_numbers_stand_in_the_order_in_which_api_gateway_received_them() {
    let mut story = Story::begin();
    story.step(Input::Opened(story.socket));
    story.hear_frame(r#"{"type":"connected","connectionId":"alice"}"#);
    for seq in [2, 3, 1, 3] {
        story.hear(&Event::Message(Message {
            seq: None,
            ..said(seq)
        }));
    }
    assert_eq!(story.page(), "1 2 3");
}

#[test]
fn frames_that_make_no_sense_change_nothing() {
    let mut story = Story::online(0);
    story.hear_said(1);
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
        assert_eq!(story.hear_frame(frame), []);
    }
    assert_eq!(story.session, before);
}
