//! Introductions, and entries that are not messages.

use super::*;
use crate::limits::{
    HISTORY_TIMEOUT_MS, HOLD_BACK_MS, INTRODUCTION_MS, ROTATE_AFTER_MS, ROTATE_JITTER_MS,
};
use crate::{ChangeEntry, ChangeKind, PersonId, PersonKey, PersonName};

const KEY: &str = "0123456789abcdefghijkl";

fn introduced() -> Story {
    let mut story = Story::new();
    let name = PersonName::parse("Ana").ok();
    story.session = Session::default().introduced(PersonKey::parse(KEY).unwrap(), name);
    story.step(Input::Start);
    story
}

fn connected(story: &mut Story, head: Seq) -> Vec<Effect> {
    story.greet("alice", position("e", head), Some("p-ana"))
}

#[test]
fn a_client_introduces_itself_whenever_it_connects() {
    let mut story = introduced();
    for _ in 0..2 {
        let hello = story.step(Input::Opened(story.socket));
        assert!(
            sent(&hello)[0].starts_with(&format!(
                r#"{{"action":"connected","name":"Ana","key":"{KEY}""#
            )),
            "{hello:?}"
        );
        connected(&mut story, 0);
        story.closed();
        story.fire_timer();
    }
}

#[test]
fn a_new_name_is_sent_at_once_on_the_same_connection() {
    let mut story = introduced();
    story.step(Input::Opened(story.socket));
    connected(&mut story, 0);
    let effects = story.step(Input::Rename(PersonName::parse("Bia").unwrap()));
    assert_eq!(
        sent(&effects),
        [format!(
            r#"{{"action":"connected","name":"Bia","key":"{KEY}"}}"#
        )]
    );
    connected(&mut story, 0);
    assert!(story.session.phase().is_online());
}

#[test]
fn a_name_chosen_before_the_reply_to_the_introduction_is_sent_after_it() {
    let mut story = introduced();
    story.step(Input::Opened(story.socket));
    let name = PersonName::parse("Bia").unwrap();
    assert_eq!(story.step(Input::Rename(name.clone())), []);
    assert_eq!(story.session.name(), Some(&name));
    let effects = connected(&mut story, 0);
    assert_eq!(
        sent(&effects),
        [format!(
            r#"{{"action":"connected","name":"Bia","key":"{KEY}"}}"#
        )]
    );
    assert_eq!(sent(&connected(&mut story, 0)), [""; 0]);
}

#[test]
fn messages_of_the_same_person_on_other_connections_are_own_messages() {
    let mut story = introduced();
    story.step(Input::Opened(story.socket));
    connected(&mut story, 0);
    assert_eq!(story.session.person_id(), Some(&PersonId::new("p-ana")));
    for (seq, person) in [(1, "p-ana"), (2, "p-bob")] {
        story.receive(&Event::Message(Message {
            person_id: Some(PersonId::new(person)),
            ..message(seq)
        }));
    }
    let own: Vec<_> = story
        .session
        .timeline()
        .entries()
        .map(|it| it.own)
        .collect();
    assert_eq!(own, [true, false]);
}

fn delete(seq: Seq) -> ChangeEntry {
    ChangeEntry {
        seq,
        ..ChangeEntry::new(ChangeKind::Delete, 1, 0, PersonId::new("p-ana"))
    }
}

#[test]
fn entries_that_are_not_messages_take_a_place_in_the_log_and_leave_no_gap() {
    let mut story = Story::online(0);
    story.receive_message(1);
    story.receive(&Event::Change(delete(2)));
    story.receive_message(3);
    assert_eq!(story.view(), "1 3");
    // 4 is missing: the page supplies it, and is not mistaken for a gap.
    story.receive_message(5);
    let rest = [delete(4).into(), message(5).into()];
    story.receive(&page(Range::After(3), position("e", 5), rest));
    assert_eq!(story.view(), "1 3 5");
    assert_eq!(story.session.timeline().segments().len(), 1);
}

#[test]
fn an_earlier_page_may_start_with_an_entry_that_is_not_a_message() {
    let mut story = Story::new();
    story.connect("alice", "e", 4);
    story.receive(&Event::History(History {
        range: Range::Before(5),
        head: position("e", 4),
        messages: vec![delete(3).into(), message(4).into()],
        complete: false,
    }));
    assert_eq!(
        sent(&story.step(Input::LoadEarlier)),
        [r#"{"action":"history","before":3,"limit":50}"#]
    );
}

#[test]
fn a_rate_limited_message_is_sent_after_the_delay_and_never_given_up() {
    let mut story = Story::online(0);
    story.send("c1");
    for _ in 0..20 {
        story.receive_frame(
            r#"{"type":"error","code":"rateLimited","message":"Slow down.","clientMessageId":"c1","retryAfterMs":1500}"#,
        );
        assert_eq!(story.session.wake_at(), Some(story.now + 1_500));
        assert!(story.session.outbox().entries()[0].is_limited);
        assert_eq!(sent(&story.fire_timer()).len(), 1);
    }
    story.receive_own("c1", 1);
    assert_eq!(story.session.outbox().entries(), []);
}

/// An introduced client whose copy of the log is empty.
fn online() -> Story {
    let mut story = introduced();
    story.step(Input::Opened(story.socket));
    connected(&mut story, 0);
    story
}

/// Message 1 as clients receive it that are introduced.
fn by_bob() -> Message {
    Message {
        person_id: Some(PersonId::new("p-bob")),
        ..message(1)
    }
}

/// The whole log, which is this message.
fn page_with(message: Message) -> Event {
    page(Range::After(0), position("e", 1), [message.into()])
}

/// Runs the timer for ten times the timeout of a request, and returns the requests for history.
fn requests(story: &mut Story) -> Vec<String> {
    let until = story.now + 10 * HISTORY_TIMEOUT_MS;
    let mut requests = Vec::new();
    while story.session.wake_at().is_some_and(|at| at <= until) {
        let effects = story.fire_timer();
        let history = sent(&effects)
            .into_iter()
            .filter(|it| it.contains("history"));
        requests.extend(history.map(str::to_owned));
        if !requests.is_empty() {
            break;
        }
        story.receive_pong("e", 0);
    }
    requests
}

#[track_caller]
fn assert_edit_by_bob_counts(story: &mut Story) {
    let kind = ChangeKind::Edit {
        message: "edited".to_owned(),
        deleted: false,
    };
    story.receive(&Event::Change(ChangeEntry {
        seq: 2,
        ..ChangeEntry::new(kind, 1, 0, PersonId::new("p-bob"))
    }));
    let entries: Vec<_> = story.session.timeline().entries().collect();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].message.person_id, Some(PersonId::new("p-bob")));
    assert_eq!(entries[0].text(), "edited");
}

#[test]
fn a_message_broadcast_before_the_introduction_is_taken_from_the_page_that_the_client_resumes_with()
{
    let mut story = online();
    story.closed();
    story.fire_timer();
    story.step(Input::Opened(story.socket));
    story.receive_message(1);
    assert_eq!(story.view(), "");
    connected(&mut story, 1);
    story.receive(&page_with(by_bob()));
    assert_eq!(requests(&mut story), [""; 0]);
    assert_edit_by_bob_counts(&mut story);
}

#[test]
fn a_message_broadcast_before_the_first_introduction_is_requested() {
    let mut story = introduced();
    story.step(Input::Opened(story.socket));
    story.receive_message(1);
    connected(&mut story, 0);
    assert_eq!(story.view(), "");
    story.run_until_sent(r#"{"action":"history","after":0}"#);
    story.receive(&page_with(by_bob()));
    assert_edit_by_bob_counts(&mut story);
}

#[test]
fn a_message_without_an_author_just_after_the_introduction_is_requested_with_its_changes() {
    let mut story = online();
    story.receive_message(1);
    // The next message arrives in full, and waits for the first one.
    story.receive(&Event::Message(Message {
        person_id: Some(PersonId::new("p-bob")),
        ..message(2)
    }));
    assert_eq!(story.view(), "");
    assert_eq!(story.session.wake_at(), Some(story.now + HOLD_BACK_MS));
    assert_eq!(requests(&mut story), [r#"{"action":"history","after":0}"#]);
    story.receive(&page_with(by_bob()));
    assert_eq!(story.view(), "1 2");
    let mut people = story
        .session
        .timeline()
        .entries()
        .map(|it| &it.message.person_id);
    assert!(people.all(|it| *it == Some(PersonId::new("p-bob"))));
}

#[test]
fn a_message_that_has_no_author_in_the_log_is_requested_once() {
    let mut story = online();
    story.receive_message(1);
    assert_eq!(requests(&mut story), [r#"{"action":"history","after":0}"#]);
    story.receive(&page_with(message(1)));
    story.receive_message(1);
    assert_eq!(story.view(), "1");
    assert_eq!(requests(&mut story), [""; 0]);
}

#[test]
fn a_stream_of_messages_without_authors_is_requested_at_intervals() {
    let mut story = online();
    story.receive_message(1);
    assert_eq!(requests(&mut story).len(), 1);
    story.receive_message(2);
    assert_eq!(story.receive(&page_with(message(1))), []);
    assert_eq!(story.view(), "1");
    assert_eq!(story.session.wake_at(), Some(story.now + HOLD_BACK_MS));
    assert_eq!(requests(&mut story), [r#"{"action":"history","after":1}"#]);
}

#[test]
fn a_copy_with_the_author_replaces_one_without() {
    let mut story = online();
    story.receive_message(1);
    story.receive(&Event::Message(by_bob()));
    story.receive_message(1);
    assert_eq!(requests(&mut story), [""; 0]);
    assert_edit_by_bob_counts(&mut story);
}

#[test]
fn a_message_without_an_author_long_after_the_introduction_is_shown_at_once() {
    let mut story = online();
    story.now += INTRODUCTION_MS;
    story.receive_message(1);
    assert_eq!(story.view(), "1");
    assert_eq!(requests(&mut story), [""; 0]);
}

#[test]
fn the_next_connection_has_its_own_introduction() {
    let mut story = online();
    let old = story.socket;
    story.now += ROTATE_AFTER_MS + ROTATE_JITTER_MS;
    story.step(Input::Timer);
    assert_ne!(story.socket, old);
    story.step(Input::Opened(story.socket));
    story.receive_message(1);
    assert_eq!(story.view(), "");
    let frame = Event::Message(by_bob()).to_json();
    story.step(Input::Received(old, frame));
    assert_edit_by_bob_counts(&mut story);
}

#[test]
fn a_back_end_that_knows_no_people_is_not_asked_for_authors() {
    let mut story = introduced();
    story.connect("alice", "e", 0);
    story.receive_message(1);
    assert_eq!(story.view(), "1");
    assert_eq!(requests(&mut story), [""; 0]);
}
