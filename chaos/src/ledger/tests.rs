use std::sync::Arc;

use papo_protocol::session::{Entry, Pending, Timeline};
use papo_protocol::{ClientMessageId, ConnectionId, MessageId, MessageText};

use super::*;
use crate::record::Said;

/// A run of two clients, told as what everybody did and saw: `a1` is the first message of the first client.
struct Run {
    records: [Record; 2],
    log: Vec<Message>,
}

/// Both said two messages, the log holds `log`, and both pages show it.
fn run(log: &str) -> Run {
    let mut records = [0, 1].map(Record::new);
    for record in &mut records {
        let said: Vec<_> = (0..2)
            .map(|number| Said::new(record.client, number, 0))
            .collect();
        let names = said
            .iter()
            .map(|said| ClientMessageId::parse(said.name.as_str()).unwrap());
        record.acknowledged = names.collect();
        record.said = said;
    }
    let run = Run {
        records,
        log: messages(log),
    };
    run.page(0, log).page(1, log)
}

/// `a1 a2 3:b1`: messages by their names, numbered from 1 on, or from the number before a colon on. `?` has no name, `-` is
/// no message and only counts.
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
    let said = said(name);
    Message {
        connection_id: ConnectionId::new(&name[..1]),
        message: said.text.clone(),
        message_id: MessageId::new(name),
        request_time_epoch: 0,
        seq: Some(seq),
        client_message_id: ClientMessageId::parse(said.name).ok(),
    }
}

fn said(name: &str) -> Said {
    let (client, number) = name.split_at(1);
    let client = usize::from(client.as_bytes()[0] - b'a');
    Said::new(client, number.parse::<usize>().unwrap() - 1, 0)
}

impl Run {
    /// What the last page of `client` shows instead, `|` being a line about missing messages.
    fn page(mut self, client: usize, line: &str) -> Self {
        self.records[client].lives.pop();
        self.pages(client, &[line])
    }

    /// What all pages of `client` showed, one after the other.
    fn pages(mut self, client: usize, lines: &[&str]) -> Self {
        for line in lines {
            self.records[client].lives.push(Life::of(shown(line)));
        }
        self
    }

    /// What `client` has no acknowledgement for, and has in its outbox, if it is kept there.
    fn not_acknowledged(mut self, name: &str, is_kept: bool) -> Self {
        let said = said(name);
        let client = usize::from(name.as_bytes()[0] - b'a');
        let record = &mut self.records[client];
        record.acknowledged.retain(|it| it.as_str() != said.name);
        if is_kept {
            let id = ClientMessageId::parse(said.name).unwrap();
            let text = MessageText::parse(said.text).unwrap();
            record.left.push(Pending::new(id, text, 0));
        }
        self
    }

    #[track_caller]
    fn is_found(&self, expected: &[(Fault, &str)]) {
        let ledger = Ledger::close(&self.records, &self.log);
        let found: Vec<_> = ledger
            .findings
            .iter()
            .map(|finding| (finding.fault, finding.what.as_str()))
            .collect();
        assert_eq!(found, expected);
        assert_eq!(ledger.is_clean(), expected.is_empty());
    }
}

fn shown(line: &str) -> Vec<Shown> {
    let mut parts = line.split('|');
    let entries = |line: &str| {
        messages(line).into_iter().map(|message| {
            Shown::Message(Arc::new(Entry {
                message,
                own: false,
            }))
        })
    };
    let mut all: Vec<_> = entries(parts.next().unwrap_or_default()).collect();
    for part in parts {
        all.push(Shown::Cut(Cut::Expired));
        all.extend(entries(part));
    }
    all
}

#[test]
fn a_run_in_which_everybody_shows_the_log_is_clean() {
    run("a1 b1 a2 b2").is_found(&[]);
    let ledger = Ledger::close(&run("a1 b1 a2 b2").records, &messages("a1 b1 a2 b2"));
    assert_eq!((ledger.sent, ledger.acknowledged), (4, 4));
    Run {
        records: [0, 1].map(Record::new),
        log: Vec::new(),
    }
    .is_found(&[]);
}

#[test]
fn a_page_may_begin_later_and_one_that_is_gone_may_have_ended_earlier() {
    run("a1 b1 a2 b2").page(0, "3:a2 b2").is_found(&[]);
    let mut reloaded = run("a1 b1 a2 b2");
    reloaded.records[1].lives.clear();
    reloaded
        .pages(1, &["a1 b1", "", "2:b1 a2 b2"])
        .is_found(&[]);
}

#[test]
fn what_was_acknowledged_and_is_not_in_the_log_is_lost() {
    run("a1 b1 a2").is_found(&[(
        Fault::Lost,
        "client 2 has chaos-2-2 acknowledged, and the log has it not",
    )]);
}

#[test]
fn what_was_said_and_is_nowhere_is_lost() {
    run("a1 b1 a2").not_acknowledged("b2", false).is_found(&[(
        Fault::Lost,
        "client 2 said chaos-2-2, and it is neither in the log nor in the outbox",
    )]);
}

#[test]
fn what_a_page_does_not_show_is_lost_in_the_middle_and_at_the_end() {
    run("a1 b1 a2 b2").page(0, "a1 - a2").is_found(&[
        (
            Fault::Lost,
            "client 1, page 1 of 1 does not show chaos-2-1, number 2",
        ),
        (
            Fault::Lost,
            "client 1, page 1 of 1 does not show chaos-2-2, number 4",
        ),
    ]);
    run("a1 b1 a2 b2").page(0, "").is_found(&[(
        Fault::Lost,
        "client 1, page 1 of 1 shows nothing, and the log has 4 messages",
    )]);
    let mut reloaded = run("a1 b1 a2 b2");
    reloaded.records[1].lives.clear();
    reloaded.pages(1, &["a1 - a2", "a1 b1 a2 b2"]).is_found(&[(
        Fault::Lost,
        "client 2, page 1 of 2 does not show chaos-2-1, number 2",
    )]);
}

#[test]
fn a_line_that_says_that_messages_are_missing_excuses_nothing_that_is_in_the_log() {
    run("a1 b1 a2 b2").page(0, "a1 | 3:a2 b2").is_found(&[
        (
            Fault::Lost,
            "client 1, page 1 of 1 says that messages are not kept any more after number Some(1), and they are in the log",
        ),
        (Fault::Lost, "client 1, page 1 of 1 does not show chaos-2-1, number 2"),
    ]);
}

#[test]
fn a_number_that_the_log_leaves_out_is_lost() {
    run("a1 - b1 a2 b2")
        .page(0, "3:b1 a2 b2")
        .page(1, "3:b1 a2 b2")
        .is_found(&[(Fault::Lost, "the log has no number 2; chaos-2-1 has 3")]);
}

#[test]
fn what_is_on_a_page_and_not_in_the_log_is_lost() {
    run("a1 b1 a2")
        .not_acknowledged("b2", true)
        .page(0, "a1 b1 a2 b2")
        .is_found(&[
            (
                Fault::Lost,
                "client 1, page 1 of 1 shows chaos-2-2 as number 4, and the log has it not",
            ),
            (
                Fault::Unresolved,
                "client 2 has chaos-2-2 in the outbox, waiting; it is not in the log",
            ),
        ]);
}

#[test]
fn a_message_that_stands_in_the_log_twice_is_doubled() {
    run("a1 b1 a2 b2 b2").is_found(&[(Fault::Doubled, "the log has chaos-2-2 more than once")]);
}

#[test]
fn a_message_that_nobody_said_is_doubled() {
    run("a1 b1 a2 b2 b3")
        .is_found(&[(Fault::Doubled, "nobody said chaos-2-3, and the log has it")]);
}

#[test]
fn a_message_that_a_page_shows_twice_is_doubled() {
    run("a1 b1 a2 b2").page(1, "a1 b1 2:b1 a2 b2").is_found(&[(
        Fault::Doubled,
        "client 2, page 1 of 1 shows chaos-2-1, number 2, more than once",
    )]);
}

#[test]
fn a_page_in_another_order_is_out_of_order() {
    run("a1 b1 a2 b2").page(0, "a1 3:a2 2:b1 4:b2").is_found(&[
        (
            Fault::Lost,
            "client 1, page 1 of 1 does not show chaos-2-1, number 2",
        ),
        (
            Fault::OutOfOrder,
            "client 1, page 1 of 1 shows chaos-2-1, number 2, below number 3",
        ),
    ]);
}

#[test]
fn a_page_with_other_numbers_than_the_log_is_out_of_order() {
    run("a1 b1 a2 b2").page(0, "a1 a2 b1 b2").is_found(&[
        (
            Fault::OutOfOrder,
            "client 1, page 1 of 1 shows chaos-1-2 as number 2, which is chaos-2-1 in the log",
        ),
        (
            Fault::OutOfOrder,
            "client 1, page 1 of 1 shows chaos-2-1 as number 3, which is chaos-1-2 in the log",
        ),
    ]);
}

#[test]
fn a_log_in_another_order_than_it_was_said_in_is_out_of_order() {
    run("a2 b1 a1 b2").is_found(&[(
        Fault::OutOfOrder,
        "client 1 said chaos-1-2 after another one that has a higher number than 1",
    )]);
}

#[test]
fn what_is_still_in_an_outbox_is_unresolved_even_if_it_is_in_the_log() {
    run("a1 b1 a2 b2").not_acknowledged("a2", true).is_found(&[(
        Fault::Unresolved,
        "client 1 has chaos-1-2 in the outbox, waiting; it is number 3 of the log",
    )]);
}

#[test]
fn a_page_that_changes_in_the_middle_is_out_of_order() {
    let mut changed = run("a1 b1 a2 b2");
    changed.records[0].lives[0].rewritten = 2;
    changed.is_found(&[(
        Fault::OutOfOrder,
        "client 1, page 1 of 1: 2 places came to hold something else",
    )]);
}

#[test]
fn another_text_under_the_same_name_is_lost() {
    let mut other = run("a1 b1 a2 b2");
    other.log[0].message = "something else".to_owned();
    let found = Ledger::close(&other.records, &other.log);
    assert_eq!(
        found.findings[0].what,
        "the log has another text for chaos-1-1"
    );
    assert_eq!(
        (found.count(Fault::Lost), found.count(Fault::OutOfOrder)),
        (1, 2)
    );
}

#[test]
fn a_page_that_has_not_begun_is_empty() {
    let mut life = Life::default();
    life.look(&Timeline::default());
    assert_eq!(life.shown().count(), 0);
}
