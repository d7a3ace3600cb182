//! Edits, deletions, reactions and replies.

use std::sync::Arc;

use super::*;
use crate::limits::TIMELINE_MESSAGES;
use crate::{ChangeEntry, ChangeKind, Emoji, Person};

const TEXT: &str = "como era";

/// The message `seq` of Ana.
pub(super) fn by_ana(seq: Seq) -> LogEntry {
    LogEntry::Message(Message {
        message: TEXT.to_owned(),
        person_id: Some(PersonId::new("ana")),
        ..message(seq)
    })
}

pub(super) fn edit(of: Seq, seq: Seq, by: &str, text: &str) -> LogEntry {
    let kind = ChangeKind::Edit {
        message: text.to_owned(),
        deleted: false,
    };
    change(of, seq, by, kind)
}

fn change(of: Seq, seq: Seq, by: &str, kind: ChangeKind) -> LogEntry {
    LogEntry::Change(ChangeEntry {
        seq,
        name: PersonName::parse(by).ok(),
        ..ChangeEntry::new(kind, of, 70, PersonId::new(by))
    })
}

pub(super) fn delete(of: Seq, seq: Seq, by: &str) -> LogEntry {
    change(of, seq, by, ChangeKind::Delete)
}

pub(super) fn reaction(of: Seq, seq: Seq, by: &str, emoji: &str, on: bool) -> LogEntry {
    let emoji = Emoji::parse(emoji).unwrap();
    change(of, seq, by, ChangeKind::Reaction { emoji, on })
}

impl Story {
    /// A client that has received these entries, from the first one of the log.
    pub(super) fn with(entries: impl IntoIterator<Item = LogEntry>) -> Self {
        let mut story = Self::online(0);
        for entry in entries {
            story.receive(&entry.into());
        }
        story
    }

    #[track_caller]
    pub(super) fn entry(&self, seq: Seq) -> Arc<Entry> {
        let entry = self.session.timeline().get(seq);
        entry.expect("the message is not loaded").clone()
    }

    #[track_caller]
    pub(super) fn shows(&self, seq: Seq, text: &str) {
        assert_eq!(self.entry(seq).text(), text);
    }

    /// Each emoji with those who reacted: `👍 ana rui`.
    pub(super) fn reactions(&self, seq: Seq) -> Vec<String> {
        let entry = self.entry(seq);
        let line = |reactions: &Reactions| {
            let people = reactions.people.iter();
            let people = people.map(|Person { person_id, .. }| format!(" {}", person_id.as_str()));
            format!("{}{}", reactions.emoji, people.collect::<String>())
        };
        entry.reactions().iter().map(line).collect()
    }
}

#[test]
fn the_last_edit_of_the_author_is_shown() {
    let story = Story::with([
        by_ana(1),
        edit(1, 2, "ana", "b"),
        edit(1, 3, "ana", "c"),
        edit(1, 4, "rui", "forjado"),
    ]);
    story.shows(1, "c");
    assert_eq!(story.entry(1).edited_at(), Some(70));
    assert_eq!(story.entry(1).message.message, TEXT);
    assert_eq!(story.session.wake_at(), Story::online(4).session.wake_at());
}

#[test]
fn a_message_without_a_person_cannot_be_changed() {
    let story = Story::with([
        message(1).into(),
        edit(1, 2, "ana", "b"),
        delete(1, 3, "ana"),
    ]);
    story.shows(1, "1");
    assert!(!story.entry(1).is_deleted());
}

#[test]
fn a_deletion_by_the_author_leaves_a_tombstone() {
    let mut story = Story::with([
        by_ana(1),
        reaction(1, 2, "rui", "👍", true),
        delete(1, 3, "rui"),
    ]);
    assert!(!story.entry(1).is_deleted());
    story.receive(&delete(1, 4, "ana").into());
    story.receive(&edit(1, 5, "ana", "de volta").into());
    story.receive(&reaction(1, 6, "rui", "🎉", true).into());
    let entry = story.entry(1);
    assert!(entry.is_deleted());
    assert_eq!((entry.text(), entry.reactions()), ("", &[][..]));
    assert_eq!(entry.message.message, "", "the text is not kept");
    assert_eq!(story.session.timeline().end(), Some(&position("e", 6)));
}

#[test]
fn an_edit_without_text_proves_a_deletion() {
    let emptied = ChangeKind::Edit {
        message: String::new(),
        deleted: true,
    };
    let story = Story::with([by_ana(1), change(1, 2, "ana", emptied)]);
    assert!(story.entry(1).is_deleted());
}

#[test]
fn reactions_are_on_or_off_per_person_and_emoji() {
    let story = Story::with([
        by_ana(1),
        reaction(1, 2, "rui", "👍", true),
        reaction(1, 3, "ana", "🎉", true),
        reaction(1, 4, "ana", "👍", true),
        reaction(1, 5, "ana", "👍", true),
        reaction(1, 6, "ana", "🎉", false),
        reaction(1, 7, "eva", "🎉", false),
    ]);
    assert_eq!(story.reactions(1), ["👍 rui ana"]);
    let name = story.entry(1).reactions()[0].people[0].name.clone();
    assert_eq!(name, PersonName::parse("rui").ok());
}

#[test]
fn a_message_that_was_dropped_keeps_its_changes() {
    let last = TIMELINE_MESSAGES as Seq + 3;
    let mut story = Story::with([by_ana(1), edit(1, 2, "ana", "b")]);
    for seq in 3..=last {
        story.receive_message(seq);
    }
    assert!(story.session.timeline().get(1).is_none());
    let before = story.session.timeline().segments()[0].first;
    let earlier = vec![by_ana(1), edit(1, 2, "ana", "b")];
    story.receive(&page(Range::Before(before), position("e", last), earlier));
    story.shows(1, "b");
}

#[test]
fn changes_of_an_old_log_do_not_apply_to_a_new_one() {
    let mut story = Story::new();
    story.connect("alice", "e", 9);
    let old = edit(1, 9, "ana", "antigo");
    story.receive(&page(Range::Before(10), position("e", 9), [old]));
    story.closed();
    story.fire_timer();
    story.connect("alice-2", "f", 0);
    story.receive(&by_ana(1).into());
    story.shows(1, TEXT);
}

#[test]
fn a_change_replaces_the_entry_and_leaves_the_others() {
    let mut story = Story::with([by_ana(1), by_ana(2)]);
    let (first, second) = (story.entry(1), story.entry(2));
    let revision = story.session.timeline().revision();
    story.receive(&edit(1, 3, "ana", "b").into());
    assert!(!Arc::ptr_eq(&first, &story.entry(1)));
    assert!(Arc::ptr_eq(&second, &story.entry(2)));
    assert_ne!(story.session.timeline().revision(), revision);
}

#[test]
fn a_reply_quotes_a_message_of_its_own_log() {
    let reply = |seq, reply_to| {
        LogEntry::Message(Message {
            reply_to: Some(reply_to),
            message_id: MessageId::new(format!("reply-{seq}")),
            ..message(seq)
        })
    };
    let mut story = Story::with([by_ana(1), reply(2, 1), reply(3, 9)]);
    let quoted = |story: &Story, entry: &Entry| {
        let quoted = story.session.timeline().quoted(entry);
        quoted.map(|entry| entry.text().to_owned())
    };
    let old = story.entry(2);
    assert_eq!(quoted(&story, &old).as_deref(), Some(TEXT));
    assert_eq!(quoted(&story, &story.entry(3)), None);
    assert_eq!(quoted(&story, &story.entry(1)), None);
    story.closed();
    story.fire_timer();
    story.connect("alice-2", "f", 0);
    story.receive(&Event::Message(message(1)));
    assert_eq!(quoted(&story, &old).as_deref(), Some(TEXT));
}

#[test]
fn ten_thousand_people_can_react_to_one_message() {
    let mut story = Story::with([by_ana(1)]);
    for seq in 2..10_002 {
        story.receive(&reaction(1, seq, &format!("p{seq}"), "👍", true).into());
    }
    assert_eq!(story.entry(1).reactions()[0].people.len(), 10_000);
}
