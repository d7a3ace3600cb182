//! Introductions, and entries that are not messages.

use super::*;
use crate::{Delete, PersonId, PersonKey, PersonName};

const KEY: &str = "0123456789abcdefghijkl";

fn introduced() -> Story {
    let mut story = Story::new();
    let name = PersonName::parse("Ana").ok();
    story.session = Session::default().introduced(PersonKey::parse(KEY).unwrap(), name);
    story.step(Input::Start);
    story
}

fn connected(story: &mut Story, head: Seq) {
    story.receive(&Event::Connected(Connected {
        connection_id: ConnectionId::new("alice"),
        head: Some(position("e", head)),
        person_id: Some(PersonId::new("p-ana")),
        room: None,
    }));
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
    let reply = Event::Connected(Connected {
        connection_id: ConnectionId::new("alice"),
        head: Some(position("e", 0)),
        person_id: Some(PersonId::new("p-ana")),
        room: None,
    });
    let effects = story.receive(&reply);
    assert_eq!(
        sent(&effects),
        [format!(
            r#"{{"action":"connected","name":"Bia","key":"{KEY}"}}"#
        )]
    );
    assert_eq!(sent(&story.receive(&reply)), [""; 0]);
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

fn delete(seq: Seq) -> Delete {
    Delete {
        of: 1,
        seq,
        request_time_epoch: 0,
        person_id: PersonId::new("p-ana"),
        name: None,
        client_message_id: None,
    }
}

#[test]
fn entries_that_are_not_messages_take_a_place_in_the_log_and_leave_no_gap() {
    let mut story = Story::online(0);
    story.receive_message(1);
    story.receive(&Event::Delete(delete(2)));
    story.receive_message(3);
    assert_eq!(story.view(), "1 3");
    // 4 is missing: the page supplies it, and is not mistaken for a gap.
    story.receive_message(5);
    story.receive(&Event::History(History {
        range: Range::After(3),
        head: position("e", 5),
        messages: vec![LogEntry::Delete(delete(4)), message(5).into()],
        complete: true,
    }));
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
        messages: vec![LogEntry::Delete(delete(3)), message(4).into()],
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
        assert_eq!(sent(&story.fire_timer()).len(), 1);
    }
    story.receive_own("c1", 1);
    assert_eq!(story.session.outbox().entries(), []);
}
