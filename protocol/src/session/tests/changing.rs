//! Edits, deletions, reactions and replies of this client.

use super::folding::{by_ana, delete, edit, reaction};
use super::*;
use crate::{ChangeEntry, Emoji, Target};

/// Ana, connected to a log whose first message is hers and whose second is Rui's.
fn ana() -> Story {
    let mut story = Story::new();
    story.connect_as("alice", "e", "ana");
    story.receive(&by_ana(1).into());
    story.receive(&Event::Message(Message {
        person_id: Some(PersonId::new("rui")),
        ..message(2)
    }));
    story
}

fn text(text: &str) -> MessageText {
    MessageText::parse(text).unwrap()
}

fn thumb() -> Emoji {
    Emoji::parse("👍").unwrap()
}

impl Story {
    pub(super) fn connect_as(&mut self, id: &str, epoch: &str, person: &str) -> Vec<Effect> {
        let socket = self.socket;
        self.step(Input::Opened(socket));
        self.greet(id, position(epoch, 0), Some(person))
    }

    /// Sends what `content` makes of the message `seq`.
    #[track_caller]
    fn change(
        &mut self,
        name: &str,
        seq: Seq,
        content: impl FnOnce(&Session, &Entry) -> Option<Content>,
    ) -> Vec<Effect> {
        let entry = self.entry(seq);
        let content = content(&self.session, &entry).expect("not allowed");
        self.step(Input::Send {
            id: id(name),
            content,
            sent_at: 7,
        })
    }

    fn reject(&mut self, name: &str, code: &str) -> Vec<Effect> {
        self.receive_frame(&format!(
            r#"{{"type":"error","code":"{code}","message":"No.","clientMessageId":"{name}"}}"#
        ))
    }
}

/// The same change, as the log acknowledges it to the client that sent it under `name`.
fn acknowledged(change: LogEntry, name: &str) -> Event {
    let client_message_id = Some(id(name));
    let LogEntry::Change(change) = change else {
        unreachable!("it is a change");
    };
    Event::Change(ChangeEntry {
        client_message_id,
        ..change
    })
}

#[test]
fn an_edit_is_shown_at_once_and_confirmed_by_the_log() {
    let mut story = ana();
    let effects = story.change("c-1", 1, |session, entry| session.edit(entry, text("novo")));
    assert_eq!(
        sent(&effects),
        [r#"{"action":"edit","of":1,"epoch":"e","message":"novo","clientMessageId":"c-1"}"#]
    );
    assert!(effects.contains(&Effect::Save));
    story.shows(1, "novo");
    assert!(story.entry(1).is_unconfirmed());
    let effects = story.receive(&acknowledged(edit(1, 3, "ana", "novo"), "c-1"));
    assert!(effects.contains(&Effect::Save));
    story.shows(1, "novo");
    assert!(!story.entry(1).is_unconfirmed());
    assert_eq!(story.session.outbox().entries(), []);
}

#[test]
fn changes_are_sent_in_order_one_at_a_time() {
    let mut story = ana();
    story.change("c-1", 2, |session, entry| {
        session.react(entry, thumb(), true)
    });
    story.change("c-2", 1, Session::delete);
    story.send("c-3");
    assert_eq!(story.reactions(2), ["👍 ana"]);
    assert!(story.entry(1).is_deleted());
    assert_eq!(
        story.entry(1).message.message,
        "como era",
        "the text is kept until the deletion is in the log"
    );
    let effects = story.receive(&acknowledged(reaction(2, 3, "ana", "👍", true), "c-1"));
    assert_eq!(
        sent(&effects),
        [r#"{"action":"delete","of":1,"epoch":"e","clientMessageId":"c-2"}"#]
    );
    let effects = story.receive(&acknowledged(delete(1, 4, "ana"), "c-2"));
    assert_eq!(
        sent(&effects),
        [r#"{"action":"sendMessage","message":"c-3","clientMessageId":"c-3"}"#]
    );
    assert_eq!(story.entry(1).message.message, "");
}

#[test]
fn a_change_in_flight_is_resent_after_a_reconnection() {
    let mut story = ana();
    story.change("c-1", 2, |session, entry| {
        session.react(entry, thumb(), false)
    });
    story.closed();
    story.fire_timer();
    let effects = story.connect("alice-2", "e", 2);
    assert_eq!(
        sent(&effects),
        [
            r#"{"action":"reaction","of":2,"epoch":"e","emoji":"👍","on":false,"clientMessageId":"c-1"}"#
        ]
    );
}

#[test]
fn a_refused_change_is_no_longer_shown_and_can_be_discarded() {
    for code in [
        "notAuthor",
        "messageDeleted",
        "unknownMessage",
        "notIntroduced",
    ] {
        let mut story = ana();
        story.change("c-1", 1, |session, entry| session.edit(entry, text("novo")));
        story.reject("c-1", code);
        story.shows(1, "como era");
        assert_eq!(story.session.problem(), None);
        let failed = |story: &Story| story.session.outbox().failed_changes().count();
        assert_eq!(
            (failed(&story), story.session.outbox().messages().count()),
            (1, 0)
        );
        story.step(Input::Discard(id("c-1")));
        assert_eq!(failed(&story), 0);
    }
}

#[test]
fn an_older_back_end_refuses_a_change_without_naming_it() {
    let mut story = ana();
    story.change("c-1", 1, Session::delete);
    story.receive_frame(r#"{"type":"error","code":"unknownAction","message":"No such action."}"#);
    assert!(matches!(story.state_of("c-1"), SendState::Failed(_)));
    assert!(!story.entry(1).is_deleted());
    assert_eq!(story.session.problem(), None);
}

#[test]
fn a_back_end_without_a_log_refuses_a_change() {
    let mut story = ana();
    story.closed();
    story.change("c-1", 1, Session::delete);
    story.fire_timer();
    let socket = story.socket;
    story.step(Input::Opened(socket));
    story.receive_frame(r#"{"type":"connected","connectionId":"alice-2"}"#);
    story.receive_frame(r#"{"message":"Forbidden","connectionId":"alice-2","requestId":"r"}"#);
    assert!(matches!(story.state_of("c-1"), SendState::Failed(_)));
}

#[test]
fn a_change_of_an_old_log_is_not_shown_in_a_new_one() {
    let mut story = ana();
    story.closed();
    story.change("c-1", 1, |session, entry| session.edit(entry, text("novo")));
    story.fire_timer();
    let effects = story.connect_as("alice-2", "f", "ana");
    assert_eq!(
        sent(&effects),
        [r#"{"action":"edit","of":1,"epoch":"e","message":"novo","clientMessageId":"c-1"}"#]
    );
    story.receive(&by_ana(1).into());
    story.shows(1, "como era");
    assert!(!story.entry(1).is_unconfirmed());
}

#[test]
fn a_reply_names_its_message_only_in_the_same_log() {
    let reply = r#"{"action":"sendMessage","message":"sim","clientMessageId":"c-1","replyTo":2}"#;
    let mut story = ana();
    let effects = story.change("c-1", 2, |session, entry| session.reply(entry, text("sim")));
    assert_eq!(sent(&effects), [reply]);
    story.closed();
    story.fire_timer();
    let effects = story.connect_as("alice-2", "f", "ana");
    assert_eq!(
        sent(&effects),
        [r#"{"action":"sendMessage","message":"sim","clientMessageId":"c-1"}"#]
    );
}

#[test]
fn only_the_author_can_edit_and_only_known_persons_can_react() {
    let mut story = ana();
    let can = |story: &Story, seq| {
        let entry = story.entry(seq);
        (
            story.session.can_react(&entry),
            story.session.can_edit(&entry),
        )
    };
    assert_eq!(can(&story, 1), (true, true));
    assert_eq!(can(&story, 2), (true, false));
    let entry = story.entry(2);
    assert_eq!(story.session.delete(&entry), None);
    story.change("c-1", 1, Session::delete);
    assert_eq!(can(&story, 1), (false, false));
    let anonymous = Story::with([by_ana(1)]);
    assert_eq!(can(&anonymous, 1), (false, false));
}

#[test]
fn changes_survive_a_reload() {
    let mut story = ana();
    story.closed();
    story.change("c-1", 1, |session, entry| session.edit(entry, text("novo")));
    story.change("c-2", 1, Session::delete);
    let entries = story.session.outbox().entries().to_vec();
    assert_eq!(saved::restore(&saved::save(entries.iter())), entries);
    let target = Target {
        of: 1,
        epoch: Some(Epoch::new("e")),
    };
    assert_eq!(entries[0].content.target(), Some(&target));

    let mut next = Story::new();
    next.session = Session::with_outbox(entries);
    next.step(Input::Start);
    next.connect_as("alice-2", "e", "ana");
    next.receive(&by_ana(1).into());
    assert!(next.entry(1).is_deleted(), "shown as before the reload");
}
