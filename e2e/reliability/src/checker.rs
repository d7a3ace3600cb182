//! Finds the violations in the history of a run. Pure.
//!
//! Compares three sources: the messages that clients sent and considered acknowledged, the final message log, and the
//! timelines of all pages. The same rules apply to the simulation and to an attack on the local stack. Losses that a run
//! injects on purpose excuse missing messages and nothing else.
//!
//! The simulation also applies [`acknowledged`], [`shown`], [`gaps`] and [`attempts`] after every step, so that it stops at the
//! first violation.
//!
//! # Layout
//!
//! - `pages`: compares what a page displayed with the log
//! - `fold`: computes the state of one message from the log

mod fold;

mod pages;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use papo_protocol::session::{Entry, SendState};
use papo_protocol::{ClientMessageId, LogEntry};

use crate::history::{ClientHistory, History, Snapshot, WrittenLog, is_as_written, key};
use crate::verdict::{HistoryVerdict, Violation, ViolationKind};
use ViolationKind::{Duplicated, Forged, Lost, ReconnectStorm, Reordered, Unresolved};

/// How many times a client may try to connect within a minute. With bad luck, back-off alone allows about ten attempts;
/// returning to the page and reloading it add a few.
const ATTEMPTS_PER_MINUTE: usize = 20;

/// Checks the history of a whole run.
pub(crate) fn check(history: &History) -> HistoryVerdict {
    let clients = &history.clients;
    let mut check = Check {
        history,
        violations: Vec::new(),
    };
    check.log();
    for client in clients {
        check.sender(client);
        check.order_of_sender(client);
        check.outbox(client);
        check.extend(attempts(client));
        for (index, page) in client.pages.iter().enumerate() {
            check.page(client, index, page);
        }
    }
    HistoryVerdict {
        sent: clients.iter().map(|it| sent_messages(history, it)).sum(),
        acknowledged: clients
            .iter()
            .map(|it| acknowledged_messages(history, it))
            .sum(),
        violations: check.violations,
    }
}

fn sent_messages(history: &History, client: &ClientHistory) -> usize {
    let kept = client.sent.iter();
    kept.filter(|it| !history.unkept.contains(&it.id)).count()
}

fn acknowledged_messages(history: &History, client: &ClientHistory) -> usize {
    let messages = client.acknowledged.difference(&client.changes);
    messages.filter(|id| !history.unkept.contains(*id)).count()
}

/// Checks that a message or a change was written before its sender considered it acknowledged.
///
/// # Errors
///
/// The violation.
pub(crate) fn acknowledged(
    client: usize,
    id: &ClientMessageId,
    written: &WrittenLog,
) -> Result<(), Violation> {
    if written.contains(id.as_str()) {
        return Ok(());
    }
    let what = format!("considers {id} acknowledged, but the log does not have it");
    Err(Violation::new(Lost, what).of(Subject::client(client)))
}

/// Checks that a displayed message is the one that was written to its place in the log `epoch`.
///
/// # Errors
///
/// The violation.
pub(crate) fn shown(epoch: &str, entry: &Entry, written: &WrittenLog) -> Result<(), Violation> {
    let message = &entry.message;
    let Some(seq) = message.seq else {
        return Ok(());
    };
    let shows = format!("shows {} as seq {seq}", message.message);
    match written.get(epoch, seq) {
        Some(LogEntry::Message(there)) if is_as_written(message, there) => Ok(()),
        Some(LogEntry::Message(there)) => {
            let detail = format!("{shows}, but the log has {} there", there.message);
            Err(Violation::new(Reordered, detail))
        }
        Some(other) => {
            let detail = format!("{shows}, but the log has {other:?} there");
            Err(Violation::new(Reordered, detail))
        }
        None => {
            let detail = format!("{shows}, but the log has nothing there");
            Err(Violation::new(Lost, detail))
        }
    }
}

/// Checks that a page displays all of the log `epoch` except edits, deletions and reactions.
pub(crate) fn gaps(epoch: &str, snapshot: &Snapshot, written: &WrittenLog) -> Vec<Violation> {
    let mut violations = Vec::new();
    for segment in snapshot.newest_segments() {
        for pair in segment.entries.windows(2) {
            let (Some(before), Some(after)) = (pair[0].message.seq, pair[1].message.seq) else {
                continue;
            };
            let is_change =
                |seq| matches!(written.get(epoch, seq), Some(entry) if entry.of().is_some());
            if let Some(missing) = (before + 1..after).find(|seq| !is_change(*seq)) {
                let text = &pair[1].message.message;
                let detail = format!("shows {text}, seq {after}, without seq {missing} above it");
                violations.push(Violation::new(Lost, detail));
            }
        }
    }
    violations
}

/// Checks how often a client tried to connect.
///
/// # Errors
///
/// The violation.
pub(crate) fn attempts(client: &ClientHistory) -> Result<(), Violation> {
    let times = client.most_attempts;
    if times <= ATTEMPTS_PER_MINUTE {
        return Ok(());
    }
    let what = format!("tried to connect {times} times within a minute");
    Err(Violation::new(ReconnectStorm, what).of(Subject::client(client.number)))
}

/// The client or page that a violation is attributed to.
pub(crate) struct Subject;

impl Subject {
    /// `client 1` for the first one.
    pub(crate) fn client(number: usize) -> String {
        format!("client {}", number + 1)
    }

    /// `client 1, page 1` for the first page of the first client.
    pub(crate) fn page(client: usize, page: usize) -> String {
        format!("client {}, page {}", client + 1, page + 1)
    }
}

struct Check<'a> {
    history: &'a History,
    violations: Vec<Violation>,
}

impl Check<'_> {
    fn report(&mut self, kind: ViolationKind, detail: impl Into<String>) {
        self.violations.push(Violation::new(kind, detail));
    }

    fn extend(&mut self, result: Result<(), Violation>) {
        self.violations.extend(result.err());
    }

    /// The log by itself: numbers without a gap, each entry once, nothing that was not sent, and changes by the author only.
    fn log(&mut self) {
        let history = self.history;
        let sent = history.clients.iter().flat_map(|client| &client.sent);
        let sent: BTreeMap<_, _> = sent.map(|it| (it.id.as_str(), &it.text)).collect();
        let changes = history.clients.iter().flat_map(|client| &client.changes);
        let changes: BTreeSet<_> = changes.map(ClientMessageId::as_str).collect();
        let mut ids = BTreeSet::new();
        let first = history.log.first().and_then(LogEntry::seq);
        let mut due = first.filter(|_| !history.losses.is_none()).unwrap_or(1);
        for entry in &history.log {
            let id = key(entry);
            match entry.seq() {
                Some(seq) if seq >= due => {
                    for missing in due..seq {
                        let detail = format!("the log has no seq {missing}; {id} has {seq}");
                        self.report(Lost, detail);
                    }
                    due = seq + 1;
                }
                other => {
                    let detail = format!("the log has {id} with seq {other:?} in place {due}");
                    self.report(Reordered, detail);
                }
            }
            if !ids.insert(id) {
                self.report(Duplicated, format!("the log has {id} more than once"));
            }
            let LogEntry::Message(message) = entry else {
                let is_known = changes.contains(id) || history.forged.contains(id);
                if !is_known {
                    let detail = format!("the log has {id}, which was never sent");
                    self.report(Duplicated, detail);
                }
                if !history.forged.contains(id) && fold::is_forged(entry, &history.log) {
                    let detail = format!("the log has {id}, which is not by the author");
                    self.report(Forged, detail);
                }
                continue;
            };
            match sent.get(id) {
                None if history.hostile.contains(id) => {}
                None => self.report(
                    Duplicated,
                    format!("the log has {id}, which was never sent"),
                ),
                Some(text) if **text != message.message && !message.deleted => {
                    self.report(Lost, format!("the log has another text for {id}"));
                }
                Some(_) => {}
            }
        }
    }

    /// Every message that was sent is in the log or in the outbox.
    fn sender(&mut self, client: &ClientHistory) {
        let history = self.history;
        let ids: BTreeSet<_> = history.log.iter().map(key).collect();
        let subject = Subject::client(client.number);
        for sent in &client.sent {
            let id = sent.id.as_str();
            let expired = !history.losses.is_none() && history.written.contains(id);
            if ids.contains(id) || expired || history.unkept.contains(&sent.id) {
                continue;
            }
            if client.acknowledged.contains(&sent.id) {
                let detail =
                    format!("{subject} has {id} acknowledged, but the log does not have it");
                self.report(Lost, detail);
            } else if !client.outbox.iter().any(|pending| pending.id == sent.id) {
                let detail =
                    format!("{subject} sent {id}, which is neither in the log nor in the outbox");
                self.report(Lost, detail);
            }
        }
    }

    /// The log has the messages of one sender in the order in which they were sent.
    ///
    /// A message that failed lets later ones pass. One that expires between two attempts is written again after those.
    fn order_of_sender(&mut self, client: &ClientHistory) {
        if self.history.losses.expiry {
            return;
        }
        let log = self.history.log.iter();
        let seqs: BTreeMap<_, _> = log.filter_map(|it| Some((key(it), it.seq()?))).collect();
        let in_order = client
            .sent
            .iter()
            .filter(|it| !client.failed.contains(&it.id));
        let mut highest = 0;
        for sent in in_order {
            match seqs.get(sent.id.as_str()) {
                Some(seq) if *seq < highest => {
                    let subject = Subject::client(client.number);
                    let detail = format!(
                        "{subject} sent {} after a message whose seq is higher than {seq}",
                        sent.id
                    );
                    self.report(Reordered, detail);
                }
                Some(seq) => highest = *seq,
                None => {}
            }
        }
    }

    fn outbox(&mut self, client: &ClientHistory) {
        for pending in &client.outbox {
            let is_failed = matches!(pending.state, SendState::Failed(_));
            if is_failed && self.history.unkept.contains(&pending.id) {
                continue;
            }
            let state = match &pending.state {
                SendState::Waiting { .. } => "waiting".to_owned(),
                SendState::Sending { .. } => "on its way".to_owned(),
                SendState::Failed(failure) => format!("failed: {failure:?}"),
            };
            let there = self
                .history
                .log
                .iter()
                .find(|it| key(it) == pending.id.as_str());
            let place = there.and_then(LogEntry::seq);
            let place = place.map_or("not in the log".to_owned(), |seq| {
                format!("seq {seq} of the log")
            });
            let subject = Subject::client(client.number);
            let detail = format!(
                "{subject} has {} in the outbox, {state}; it is {place}",
                pending.id
            );
            self.report(Unresolved, detail);
        }
    }
}
