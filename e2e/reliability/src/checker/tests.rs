//! The checker on small histories written as text.
//!
//! - [`log`]: the log, and what senders believe of it
//! - [`pages`]: what pages display
//! - [`changes`]: edits, deletions and reactions

mod changes;

mod log;

mod pages;

use std::sync::Arc;

use papo_protocol::session::{Entry, Gap, Pending, Segment};
use papo_protocol::{
    ConnectionId, Epoch, Message, MessageId, MessageText, PersonId, Position, Seq,
};

use super::*;
use crate::history::{Losses, PageHistory, Sent};

/// A run of two clients. `a1` is the first message of the first client.
struct Run(History);

/// Both clients sent two messages, the log contains `log`, and both pages show it.
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

/// The timeline of a page; `|` is a divider.
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

    /// The pages of `client` show these snapshots in turn.
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

    /// Client 1 edits a1 (as Ana), which Ana wrote, or another person does (as Bruno); the pages show what they showed before.
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
