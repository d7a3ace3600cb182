//! What a client does, told as happenings and what follows from them.

use super::*;
use crate::limits::{
    ACKNOWLEDGEMENT_TIMEOUT_MS, GREETING_TIMEOUT_MS, OPEN_TIMEOUT_MS, STABLE_MS, TIMELINE_MESSAGES,
};
use crate::refusal::ErrorCode;

/// A session with a clock that the test moves.
struct Story {
    session: Session,
    now: Millis,
}

impl Story {
    fn begin() -> Self {
        let mut story = Self {
            session: Session::default(),
            now: 1_000,
        };
        assert_eq!(story.step(Input::Start), [Effect::Connect]);
        story
    }

    fn online_as(id: &str) -> Self {
        let mut story = Self::begin();
        story.come_online_as(id);
        story
    }

    #[track_caller]
    fn come_online_as(&mut self, id: &str) {
        assert_eq!(
            self.step(Input::Opened),
            [Effect::Send(r#"{"action":"connected"}"#.to_owned())]
        );
        self.hear(&format!(r#"{{"type":"connected","connectionId":"{id}"}}"#));
        assert!(self.session.phase().is_online());
    }

    fn step(&mut self, input: Input) -> Vec<Effect> {
        self.session.step(input, self.now, 0.0)
    }

    #[track_caller]
    fn hear(&mut self, frame: &str) {
        assert_eq!(self.step(Input::Received(frame.to_owned())), []);
    }

    fn hear_message(
        &mut self,
        author: &str,
        text: &str,
        message_id: &str,
        epoch: i64,
        client_id: Option<&str>,
    ) {
        self.hear(
            &Event::Message(crate::Message {
                connection_id: ConnectionId::new(author),
                message: text.to_owned(),
                message_id: crate::MessageId::new(message_id),
                request_time_epoch: epoch,
                client_message_id: client_id.map(id),
            })
            .to_json(),
        );
    }

    fn say(&mut self, name: &str, text: &str) -> Vec<Effect> {
        self.step(Input::Say {
            id: id(name),
            text: MessageText::parse(text).unwrap(),
            said_at: 7,
        })
    }

    /// Lets time pass until the session wants to be woken, and wakes it.
    #[track_caller]
    fn sleep(&mut self) -> Vec<Effect> {
        self.now = self.session.wake_at().expect("nothing to wait for");
        self.step(Input::Woke)
    }

    fn texts(&self) -> Vec<&str> {
        self.session
            .timeline()
            .entries()
            .iter()
            .map(|entry| entry.message.message.as_str())
            .collect()
    }

    #[track_caller]
    fn failure_of(&self, name: &str) -> Failure {
        let pending = self
            .session
            .outbox()
            .entries()
            .iter()
            .find(|pending| pending.id == id(name));
        match &pending.expect("not in the outbox").state {
            SendState::Failed(why) => why.clone(),
            SendState::Sending { .. } => panic!("{name} is still on its way"),
        }
    }
}

fn id(name: &str) -> ClientMessageId {
    ClientMessageId::parse(name).unwrap()
}

#[test]
fn a_client_asks_who_it_is_before_it_is_online() {
    let story = Story::online_as("alice");
    assert_eq!(story.session.me(), Some(&ConnectionId::new("alice")));
    assert_eq!(story.session.wake_at(), None);
}

#[test]
fn a_socket_that_never_opens_is_dropped_and_tried_again() {
    let mut story = Story::begin();
    assert_eq!(story.session.wake_at(), Some(1_000 + OPEN_TIMEOUT_MS));
    assert_eq!(story.sleep(), [Effect::Hang]);
    assert_eq!(story.sleep(), [Effect::Connect]);
}

#[test]
fn a_greeting_without_an_answer_leads_to_another_connection() {
    let mut story = Story::begin();
    let _ = story.step(Input::Opened);
    assert_eq!(story.session.wake_at(), Some(1_000 + GREETING_TIMEOUT_MS));
    assert_eq!(story.sleep(), [Effect::Hang]);
    assert_eq!(story.sleep(), [Effect::Connect]);
    story.come_online_as("alice");
}

#[test]
fn a_lost_connection_comes_back_by_itself_and_keeps_the_conversation() {
    let mut story = Story::online_as("alice");
    story.hear_message("bob", "Oi", "m1", 1, None);
    let _ = story.step(Input::Closed);
    assert!(matches!(story.session.phase(), Phase::Waiting { .. }));
    assert_eq!(story.sleep(), [Effect::Connect]);
    story.come_online_as("alice-2");
    assert_eq!(story.texts(), ["Oi"]);
}

#[test]
fn trying_now_skips_the_wait_and_leaves_an_attempt_alone() {
    let mut story = Story::online_as("alice");
    assert_eq!(story.step(Input::TryNow), []);
    let _ = story.step(Input::Closed);
    assert_eq!(story.step(Input::TryNow), [Effect::Connect]);
    assert_eq!(story.step(Input::TryNow), []);
}

#[test]
fn a_back_end_that_accepts_and_drops_is_asked_less_and_less() {
    let mut story = Story::begin();
    let mut waits = Vec::new();
    for _ in 0..4 {
        let _ = story.step(Input::Opened);
        story.hear(r#"{"type":"connected","connectionId":"alice"}"#);
        let _ = story.session.step(Input::Closed, story.now, 1.0);
        waits.push(story.session.wake_at().unwrap() - story.now);
        assert_eq!(story.sleep(), [Effect::Connect]);
    }
    assert_eq!(waits, [1_000, 2_000, 4_000, 8_000]);
}

#[test]
fn a_connection_that_lasted_forgives_earlier_failures() {
    let mut story = Story::begin();
    for _ in 0..5 {
        let _ = story.session.step(Input::Closed, story.now, 1.0);
        let _ = story.sleep();
    }
    story.come_online_as("alice");
    story.now += STABLE_MS;
    let _ = story.session.step(Input::Closed, story.now, 1.0);
    assert_eq!(story.session.wake_at(), Some(story.now + 1_000));
}

#[test]
fn a_message_leaves_the_outbox_only_when_it_comes_back() {
    let mut story = Story::online_as("alice");
    let sent = r#"{"action":"sendMessage","message":"Olá","clientMessageId":"c1"}"#;
    assert_eq!(story.say("c1", "Olá"), [Effect::Send(sent.to_owned())]);
    assert!(story.session.outbox().is_sending(&id("c1")));
    story.hear_message("alice", "Olá", "m1", 1, Some("c1"));
    assert_eq!(story.session.outbox().entries(), []);
    assert!(story.session.timeline().entries()[0].own);
}

#[test]
fn nobody_else_can_acknowledge_our_message() {
    let mut story = Story::online_as("alice");
    let _ = story.say("c1", "Olá");
    story.hear_message("mallory", "Olá", "m1", 1, Some("c1"));
    assert!(story.session.outbox().is_sending(&id("c1")));
    assert!(!story.session.timeline().entries()[0].own);
}

#[test]
fn what_was_said_under_an_earlier_id_stays_our_own() {
    let mut story = Story::online_as("alice");
    let _ = story.step(Input::Closed);
    let _ = story.sleep();
    story.come_online_as("alice-2");
    story.hear_message("alice", "Olá", "m1", 1, None);
    assert!(story.session.timeline().entries()[0].own);
}

#[test]
fn a_message_on_its_way_fails_with_its_connection_and_can_be_said_again() {
    let mut story = Story::online_as("alice");
    let _ = story.say("c1", "Olá");
    let _ = story.step(Input::Closed);
    assert_eq!(story.failure_of("c1"), Failure::ConnectionLost);
    let _ = story.sleep();
    story.come_online_as("alice-2");
    let again = story.step(Input::SayAgain {
        failed: id("c1"),
        id: id("c2"),
    });
    assert_eq!(again.len(), 1);
    assert!(story.session.outbox().is_sending(&id("c2")));
    assert_eq!(story.session.outbox().entries().len(), 1);
}

#[test]
fn a_message_that_never_comes_back_fails_in_time_and_may_still_arrive_late() {
    let mut story = Story::online_as("alice");
    let _ = story.say("c1", "Olá");
    assert_eq!(
        story.session.wake_at(),
        Some(1_000 + ACKNOWLEDGEMENT_TIMEOUT_MS)
    );
    let _ = story.sleep();
    assert_eq!(story.failure_of("c1"), Failure::NoAnswer);
    story.hear_message("alice", "Olá", "m1", 1, Some("c1"));
    assert_eq!(story.session.outbox().entries(), []);
}

#[test]
fn what_is_said_without_a_connection_is_kept_and_not_sent() {
    let mut story = Story::begin();
    assert_eq!(story.say("c1", "Olá"), []);
    assert_eq!(story.failure_of("c1"), Failure::ConnectionLost);
}

#[test]
fn a_failed_message_can_be_given_up_but_one_on_its_way_cannot() {
    let mut story = Story::online_as("alice");
    let _ = story.say("c1", "Olá");
    let _ = story.step(Input::Discard(id("c1")));
    assert!(story.session.outbox().is_sending(&id("c1")));
    let _ = story.step(Input::Closed);
    let _ = story.step(Input::Discard(id("c1")));
    assert_eq!(story.session.outbox().entries(), []);
}

#[test]
fn a_refusal_fails_the_message_that_it_names() {
    let mut story = Story::online_as("alice");
    let _ = story.say("c1", "Olá");
    let _ = story.say("c2", "Oi");
    story
        .hear(r#"{"type":"error","code":"messageTooLong","message":"No.","clientMessageId":"c2"}"#);
    assert!(
        matches!(story.failure_of("c2"), Failure::Refused(refusal) if refusal.code == ErrorCode::MessageTooLong)
    );
    assert!(story.session.outbox().is_sending(&id("c1")));
    assert_eq!(story.session.problem(), None);
}

#[test]
fn an_error_of_api_gateway_is_a_problem_and_never_a_message() {
    let frame = r#"{"message": "Internal server error", "connectionId":"Qyi07eCbtjMCJKw=", "requestId":"Qyi3UG41tjMFlUg="}"#;
    let mut story = Story::online_as("alice");
    story.hear(frame);
    assert_eq!(
        story.session.problem(),
        Some(&Problem::Gateway("Internal server error".to_owned()))
    );
    assert_eq!(story.texts(), [""; 0]);
    let _ = story.step(Input::Dismiss);
    assert_eq!(story.session.problem(), None);
    let _ = story.say("c1", "Olá");
    story.hear(frame);
    assert_eq!(
        story.failure_of("c1"),
        Failure::Gateway("Internal server error".to_owned())
    );
}

#[test]
fn messages_stand_in_the_order_in_which_api_gateway_received_them_each_once() {
    let mut story = Story::online_as("alice");
    for (text, message_id, epoch) in [
        ("b", "m2", 20),
        ("c", "m3", 20),
        ("a", "m1", 10),
        ("c", "m3", 20),
        ("d", "m0", 30),
        ("a", "m1", 10),
    ] {
        story.hear_message("bob", text, message_id, epoch, None);
    }
    assert_eq!(story.texts(), ["a", "b", "c", "d"]);
}

#[test]
fn the_oldest_messages_go_when_there_are_too_many() {
    let mut story = Story::online_as("alice");
    for n in 0..=TIMELINE_MESSAGES {
        story.hear_message(
            "bob",
            &n.to_string(),
            &format!("m{n}"),
            i64::try_from(n).unwrap(),
            None,
        );
    }
    assert_eq!(story.session.timeline().entries().len(), TIMELINE_MESSAGES);
    assert_eq!(story.texts()[0], "1");
    assert!(story.session.timeline().is_trimmed());
    story.hear_message("bob", "too old", "m", -1, None);
    assert_eq!(story.texts()[0], "1");
}

#[test]
fn frames_that_make_no_sense_change_nothing() {
    let mut story = Story::online_as("alice");
    let before = story.session.clone();
    for frame in [
        "",
        "{",
        "null",
        "[]",
        r#"{"type":"typing"}"#,
        r#"{"type":"message","message":{}}"#,
        &"[".repeat(50_000),
    ] {
        story.hear(frame);
    }
    assert_eq!(story.session, before);
}
