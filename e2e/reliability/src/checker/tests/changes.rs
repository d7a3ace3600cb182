use papo_protocol::{ChangeEntry, ChangeKind, Emoji};

use super::*;

/// An edit of message 1, number 5 of the log.
fn edit(person: &str, text: &str) -> LogEntry {
    let kind = ChangeKind::Edit {
        message: text.to_owned(),
        deleted: false,
    };
    let edit = ChangeEntry {
        client_message_id: ClientMessageId::parse("c1").ok(),
        ..change(person, kind)
    };
    edit.into()
}

/// A change of message 1, number 5 of the log.
fn change(person: &str, kind: ChangeKind) -> ChangeEntry {
    ChangeEntry {
        seq: 5,
        ..ChangeEntry::new(kind, 1, 0, PersonId::new(person))
    }
}

fn kinds(run: &Run) -> Vec<ViolationKind> {
    let violations = check(&run.0).violations;
    violations.iter().map(|it| it.kind).collect()
}

#[test]
fn an_edit_by_another_person_is_forged() {
    let run = run("a1 b1 a2 b2").changed(edit("bruno", "forged"));
    assert!(kinds(&run).contains(&Forged), "{:?}", check(&run.0));
    let mut excused = run;
    excused.0.forged.insert("c1".to_owned());
    assert!(!kinds(&excused).contains(&Forged));
}

#[test]
fn a_change_that_was_never_sent_is_duplicated() {
    let mut run = run("a1 b1 a2 b2").changed(edit("ana", "new"));
    run.0.clients[0].changes.clear();
    assert!(kinds(&run).contains(&Duplicated));
}

#[test]
fn a_message_is_compared_with_its_last_edit_by_the_author() {
    let log: Vec<LogEntry> = [LogEntry::from(by_ana()), edit("ana", "new")].into();
    let shown = |message| fold::check(&Entry::new(message, false), &log).map(|it| it.kind);
    assert_eq!(shown(by_ana()), Some(ViolationKind::Misfolded));
    assert_eq!(
        shown(Message {
            message: "new".to_owned(),
            ..by_ana()
        }),
        None
    );
    let forged: Vec<LogEntry> = [LogEntry::from(by_ana()), edit("bruno", "new")].into();
    let shown = |message| fold::check(&Entry::new(message, false), &forged).map(|it| it.kind);
    assert_eq!(shown(by_ana()), None);
    assert_eq!(
        shown(Message {
            message: "new".to_owned(),
            ..by_ana()
        }),
        Some(Forged)
    );
}

#[test]
fn a_message_without_its_author_is_misfolded() {
    let without_author = Entry::new(by_ana().for_original_client(), false);
    let found = |log: LogEntry| fold::check(&without_author, &[log]).map(|it| it.kind);
    assert_eq!(found(by_ana().into()), Some(ViolationKind::Misfolded));
    assert_eq!(found(by_ana().for_original_client().into()), None);
}

#[test]
fn deletions_and_reactions_are_compared_too() {
    let reaction = ChangeKind::Reaction {
        emoji: Emoji::parse("👍").unwrap(),
        on: true,
    };
    for kind in [ChangeKind::Delete, reaction] {
        let log = [by_ana().into(), change("ana", kind).into()];
        let found = fold::check(&Entry::new(by_ana(), false), &log);
        assert_eq!(found.map(|it| it.kind), Some(ViolationKind::Misfolded));
    }
}

fn by_ana() -> Message {
    Message {
        person_id: Some(PersonId::new("ana")),
        ..message("a1", 1)
    }
}
