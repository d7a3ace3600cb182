use papo_protocol::session::{Gap, Pending, Segment};
use papo_protocol::{
    ChangeEntry, ChangeKind, ConnectionId, Emoji, Epoch, Message, MessageId, MessageText, PersonId,
    Position,
};

use super::*;
use crate::history::{Losses, Sent};

/// A run of two clients. `a1` is the first message of the first client.
struct Run(History);

/// Both clients sent two messages, the log holds `log`, and both pages show it.
fn run(log: &str) -> Run {
    let clients = ["a", "b"].into_iter().enumerate();
    let clients = clients.map(|(number, name)| {
        let sent = [1, 2].map(|message| sent(&format!("{name}{message}")));
        ClientHistory {
            number,
            acknowledged: sent.iter().map(|sent| sent.id.clone()).collect(),
            sent: sent.into(),
            ..ClientHistory::default()
        }
    });
    let mut history = History {
        clients: clients.collect(),
        ..History::default()
    };
    history.log = messages(log).into_iter().map(LogEntry::from).collect();
    for entry in &history.log {
        history.written.insert(&Epoch::new("e"), entry.clone());
    }
    Run(history).page(0, log).page(1, log)
}

/// `a1 a2 3:b1`: messages by name, numbered from 1, or from the number before a colon. `-` skips a number.
fn messages(line: &str) -> Vec<Message> {
    let mut next = 1;
    let mut all = Vec::new();
    for word in line.split_whitespace() {
        let name = match word.split_once(':') {
            Some((seq, name)) => {
                next = seq.parse().unwrap();
                name
            }
            None => word,
        };
        if name != "-" {
            all.push(message(name, next));
        }
        next += 1;
    }
    all
}

fn message(name: &str, seq: Seq) -> Message {
    let Sent { id, text } = sent(name);
    Message {
        connection_id: ConnectionId::new(&name[..1]),
        message: text,
        message_id: MessageId::new(name),
        request_time_epoch: 0,
        seq: Some(seq),
        client_message_id: Some(id),
        person_id: None,
        name: None,
        reply_to: None,
        deleted: false,
    }
}

fn sent(name: &str) -> Sent {
    Sent {
        id: ClientMessageId::parse(name).unwrap(),
        text: format!("text of {name}"),
    }
}

/// What a page shows, `|` being a divider.
fn snapshot(line: &str) -> Snapshot {
    let segments = line.split('|').enumerate().map(|(index, part)| {
        let entry = |message| Arc::new(Entry::new(message, false));
        let entries: Vec<_> = messages(part).into_iter().map(entry).collect();
        let first = entries.first().and_then(|entry| entry.message.seq);
        Segment {
            gap: (index > 0).then_some(Gap::Expired),
            first: first.unwrap_or(1),
            entries,
        }
    });
    let segments: Vec<_> = segments.collect();
    let last = segments.iter().flat_map(|it| &it.entries).next_back();
    let end = Position {
        epoch: Epoch::new("e"),
        seq: last.and_then(|last| last.message.seq).unwrap_or_default(),
    };
    Snapshot {
        end: Some(end),
        segments,
    }
}

impl Run {
    /// What `client` shows in the end, on its only page.
    fn page(self, client: usize, line: &str) -> Self {
        self.pages(client, &[&[line]])
    }

    /// What the pages of `client` show, one snapshot after the other.
    fn pages(mut self, client: usize, pages: &[&[&str]]) -> Self {
        let last = pages.len() - 1;
        let pages = pages.iter().enumerate().map(|(index, lines)| {
            let mut page = PageHistory::default();
            for line in *lines {
                page.observe(&snapshot(line));
            }
            let closing = lines.last().filter(|_| index == last);
            page.closing = closing.map(|line| snapshot(line));
            page
        });
        self.0.clients[client].pages = pages.collect();
        self
    }

    /// A message that `client` does not consider acknowledged, and that its outbox may still have.
    fn not_acknowledged(mut self, name: &str, is_saved: bool) -> Self {
        let Sent { id, text } = sent(name);
        let client = usize::from(name.as_bytes()[0] - b'a');
        let client = &mut self.0.clients[client];
        client.acknowledged.retain(|it| *it != id);
        if is_saved {
            let text = MessageText::parse(text).unwrap();
            client.outbox.push(Pending::new(id, text, 0));
        }
        self
    }

    /// Client 1 edits a1 (as Ana), which Ana wrote, or somebody else does (as Bruno); the pages show what they showed before.
    fn changed(mut self, change: LogEntry) -> Self {
        let ana = Some(PersonId::new("ana"));
        if let Some(LogEntry::Message(message)) = self.0.log.first_mut() {
            message.person_id = ana;
            let written = message.clone().into();
            self.0.written.insert(&Epoch::new("e"), written);
        }
        let id = change.client_message_id().cloned();
        self.0.clients[0].changes.extend(id);
        self.0.written.insert(&Epoch::new("e"), change.clone());
        self.0.log.push(change);
        self
    }

    fn with_losses(mut self, losses: Losses) -> Self {
        self.0.losses = losses;
        self
    }

    #[track_caller]
    fn shows(&self, expected: &[(ViolationKind, &str)]) {
        let verdict = check(&self.0);
        let violations = verdict.violations.iter();
        let violations = violations.map(|it| (it.kind, it.detail.as_str()));
        assert_eq!(violations.collect::<Vec<_>>(), expected);
    }
}

const TABLE_LOST: Losses = Losses {
    table: true,
    expiry: false,
};

const EXPIRED: Losses = Losses {
    table: false,
    expiry: true,
};

#[test]
fn a_run_whose_pages_show_the_log_is_clean() {
    run("a1 b1 a2 b2").shows(&[]);
    let verdict = check(&run("a1 b1 a2 b2").0);
    assert_eq!((verdict.sent, verdict.acknowledged), (4, 4));
    assert!(check(&History::default()).is_clean());
}

#[test]
fn a_page_may_begin_late_and_an_abandoned_page_may_end_early() {
    run("a1 b1 a2 b2").page(0, "3:a2 b2").shows(&[]);
    let pages: &[&[&str]] = &[&["a1 b1"], &[""], &["2:b1 a2 b2"]];
    run("a1 b1 a2 b2").pages(1, pages).shows(&[]);
}

#[test]
fn messages_that_scroll_off_the_top_and_are_loaded_again_were_shown() {
    let page: &[&str] = &["a1 b1", "2:b1 a2 b2", "a1 b1 a2 b2"];
    run("a1 b1 a2 b2").pages(0, &[page]).shows(&[]);
}

#[test]
fn a_page_that_was_scrolled_up_must_show_the_beginning() {
    let mut run = run("a1 b1 a2 b2").page(0, "3:a2 b2");
    run.0.clients[0].scrolled_to_start = true;
    run.shows(&[
        (Lost, "client 1, page 1 does not show a1, seq 1"),
        (Lost, "client 1, page 1 does not show b1, seq 2"),
    ]);
}

#[test]
fn an_acknowledged_message_that_is_not_in_the_log_is_lost() {
    let detail = "client 2 has b2 acknowledged, but the log does not have it";
    run("a1 b1 a2").shows(&[(Lost, detail)]);
}

#[test]
fn a_message_that_is_neither_in_the_log_nor_in_the_outbox_is_lost() {
    let detail = "client 2 sent b2, which is neither in the log nor in the outbox";
    let run = run("a1 b1 a2").not_acknowledged("b2", false);
    run.shows(&[(Lost, detail)]);
}

#[test]
fn a_message_that_a_page_skips_is_lost() {
    run("a1 b1 a2 b2").page(0, "a1 - a2").shows(&[
        (Lost, "client 1, page 1 does not show b1, seq 2"),
        (Lost, "client 1, page 1 does not show b2, seq 4"),
    ]);
    let detail = "client 1, page 1 shows text of a2, seq 3, without seq 2 above it";
    run("a1 b1 a2 b2")
        .page(0, "a1 - a2 b2")
        .with_losses(EXPIRED)
        .shows(&[(Lost, detail)]);
    let nothing = "client 1, page 1 shows nothing, but the log has 4 messages";
    run("a1 b1 a2 b2").page(0, "").shows(&[(Lost, nothing)]);
}

#[test]
fn messages_skipped_between_two_snapshots_are_lost() {
    let page: &[&str] = &["a1", "3:a2 b2"];
    let skipped = "client 1, page 1 does not show b1, seq 2";
    run("a1 b1 a2 b2")
        .pages(0, &[page])
        .shows(&[(Lost, skipped)]);
}

#[test]
fn a_divider_does_not_excuse_messages_that_are_in_the_log() {
    let divider =
        "client 1, page 1 shows a divider for missing messages, but the log has all of them";
    run("a1 b1 a2 b2").page(0, "a1 | 3:a2 b2").shows(&[
        (Lost, divider),
        (Lost, "client 1, page 1 does not show b1, seq 2"),
    ]);
    let losses = run("a1 b1 a2 b2")
        .page(0, "a1 | 3:a2 b2")
        .with_losses(TABLE_LOST);
    losses.shows(&[]);
}

#[test]
fn a_divider_with_nothing_missing_is_a_violation_even_after_losses() {
    let detail = "client 1, page 1 shows text of b1, seq 2, below a divider, although seq 1 is directly above";
    let run = run("a1 b1 a2 b2").page(0, "a1 | 2:b1 a2 b2");
    run.with_losses(EXPIRED).shows(&[(Lost, detail)]);
}

#[test]
fn a_gap_in_the_log_is_a_loss() {
    let pages = run("a1 - b1 a2 b2")
        .page(0, "3:b1 a2 b2")
        .page(1, "3:b1 a2 b2");
    pages.shows(&[(Lost, "the log has no seq 2; b1 has 3")]);
}

#[test]
fn a_log_may_begin_late_after_messages_expired() {
    let mut run = run("3:a2 b2").with_losses(EXPIRED);
    for name in ["a1", "b1"] {
        let entry = message(name, 1).into();
        run.0.written.insert(&Epoch::new("e"), entry);
    }
    run.shows(&[]);
}

#[test]
fn a_displayed_message_that_is_not_in_the_log_is_lost() {
    let run = run("a1 b1 a2").not_acknowledged("b2", true);
    run.page(0, "a1 b1 a2 b2").shows(&[
        (
            Lost,
            "client 1, page 1 shows text of b2 as seq 4, but the log has nothing there",
        ),
        (
            Unresolved,
            "client 2 has b2 in the outbox, waiting; it is not in the log",
        ),
    ]);
}

#[test]
fn a_message_that_is_twice_in_the_log_is_duplicated() {
    run("a1 b1 a2 b2 b2").shows(&[(Duplicated, "the log has b2 more than once")]);
}

#[test]
fn a_message_that_was_never_sent_is_duplicated() {
    run("a1 b1 a2 b2 b3").shows(&[(Duplicated, "the log has b3, which was never sent")]);
}

#[test]
fn a_message_that_a_page_shows_twice_is_duplicated() {
    let twice = "client 2, page 1 shows text of b1, seq 2, twice";
    run("a1 b1 a2 b2")
        .page(1, "a1 b1 2:b1 a2 b2")
        .shows(&[(Duplicated, twice)]);
}

#[test]
fn a_page_in_another_order_is_reordered() {
    let order = "client 1, page 1 shows text of b1, seq 2, after seq 3";
    let page: &[&str] = &["a1 b1 3:a2 2:b1 4:b2", "a1 b1 a2 b2"];
    run("a1 b1 a2 b2")
        .pages(0, &[page])
        .shows(&[(Reordered, order)]);
}

#[test]
fn a_page_with_other_numbers_than_the_log_is_reordered() {
    run("a1 b1 a2 b2").page(0, "a1 a2 b1 b2").shows(&[
        (
            Reordered,
            "client 1, page 1 shows text of a2 as seq 2, but the log has text of b1 there",
        ),
        (
            Reordered,
            "client 1, page 1 shows text of b1 as seq 3, but the log has text of a2 there",
        ),
    ]);
}

#[test]
fn a_message_that_changes_on_a_page_is_reordered() {
    let changes = "client 1, page 1 shows text of b1 as seq 2, which was text of b2 before";
    let page: &[&str] = &["a1 b2", "a1 b1 a2 b2"];
    run("a1 b1 a2 b2")
        .pages(0, &[page])
        .shows(&[(Reordered, changes)]);
}

#[test]
fn a_message_that_disappears_from_the_end_of_a_page_is_lost() {
    let lost = "client 1, page 1 no longer shows seq 3, and ends at Some(2)";
    let page: &[&str] = &["a1 b1 a2", "a1 b1", "a1 b1 a2 b2"];
    run("a1 b1 a2 b2").pages(0, &[page]).shows(&[(Lost, lost)]);
}

#[test]
fn a_log_that_reorders_the_messages_of_a_sender_is_reordered() {
    let detail = "client 1 sent a2 after a message whose seq is higher than 1";
    run("a2 b1 a1 b2").shows(&[(Reordered, detail)]);
    let mut failed = run("a2 b1 a1 b2");
    failed.0.clients[0].failed.insert(sent("a1").id);
    failed.shows(&[]);
    run("a2 b1 a1 b2").with_losses(EXPIRED).shows(&[]);
}

#[test]
fn a_message_in_an_outbox_is_unresolved_even_if_it_is_in_the_log() {
    let detail = "client 1 has a2 in the outbox, waiting; it is seq 3 of the log";
    let run = run("a1 b1 a2 b2").not_acknowledged("a2", true);
    run.shows(&[(Unresolved, detail)]);
}

#[test]
fn another_text_under_the_same_id_is_lost() {
    let mut run = run("a1 b1 a2 b2");
    let mut other = message("a1", 1);
    other.message = "something else".to_owned();
    run.0.log[0] = other.into();
    let verdict = check(&run.0);
    assert_eq!(
        verdict.violations[0].to_string(),
        "lost: the log has another text for a1"
    );
}

#[test]
fn a_page_that_ends_before_the_log_is_a_loss_even_after_losses() {
    let detail = "client 1, page 1 ends at seq 2, but the log ends at Some(4)";
    let run = run("a1 b1 a2 b2").page(0, "a1 b1").with_losses(TABLE_LOST);
    run.shows(&[(Lost, detail)]);
}

#[test]
fn more_than_20_attempts_to_connect_within_a_minute_are_a_reconnect_storm() {
    let mut recorder = crate::recorder::Recorder::new(0);
    for attempt in 0..40 {
        recorder.connect(attempt * 3_000);
    }
    assert_eq!(attempts(recorder.history()), Ok(()));
    for attempt in 0..21 {
        recorder.connect(200_000 + attempt);
    }
    let storm = attempts(recorder.history()).unwrap_err();
    assert_eq!(
        storm.to_string(),
        "reconnect storms: client 1 tried to connect 21 times within a minute"
    );
}

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
