//! A message log whose operations take one step each, and which remembers everything that was ever written to it.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use papo_lambdas::error::StoreError;
use papo_lambdas::message_log::memory::MemoryMessageLog;
use papo_lambdas::message_log::{
    BeginLog, Commit, CommitOutcome, Entry, FindEntry, Freshness, Page, ReadEntries, ReadHead,
};
use papo_lambdas::rate_limit::{ChargeTime, Charged, CountCharges};
use papo_protocol::{ClientMessageId, Epoch, LogEntry, PersonId, Position, Range, RoomName, Seq};

use super::safeguard::Safeguard;
use super::step_executor::step;
use crate::history::WrittenLog;

/// The log.
#[derive(Debug, Default)]
pub struct StepLog {
    state: Mutex<State>,
    without: Option<Safeguard>,
}

#[derive(Debug, Default)]
struct State {
    log: Arc<MemoryMessageLog>,
    written: BTreeMap<RoomName, WrittenLog>,
    /// Entries appended since the last call of [`StepLog::take_appended`].
    appended: Vec<(RoomName, LogEntry)>,
    /// The edits and deletions that were written by [`StepLog::forge`].
    forged: BTreeSet<String>,
    /// The invocation that takes a step now, and the person who asks.
    invocation: usize,
    person: Option<PersonId>,
    /// Appends that an invocation puts off until its end, without [`Safeguard::AppendFirst`].
    deferred: BTreeMap<usize, Vec<(RoomName, Epoch, Entry)>>,
}

impl StepLog {
    /// An empty log with one of its safeguards disabled.
    pub(crate) fn without(without: Option<Safeguard>) -> Self {
        Self {
            state: Mutex::default(),
            without,
        }
    }

    /// The current log.
    pub fn current(&self) -> Arc<MemoryMessageLog> {
        Arc::clone(&self.lock().log)
    }

    /// Loses the table.
    pub(crate) fn lose(&self) {
        self.lock().log = Arc::default();
    }

    /// Passes everything that was ever written to any log of `room` to `read`.
    pub(crate) fn with_written<T>(
        &self,
        room: &RoomName,
        read: impl FnOnce(&WrittenLog) -> T,
    ) -> T {
        let mut state = self.lock();
        read(state.written.entry(room.clone()).or_default())
    }

    /// The ids of everything that [`StepLog::forge`] wrote.
    pub(crate) fn forged(&self) -> BTreeSet<String> {
        self.lock().forged.clone()
    }

    /// From now on, this invocation takes steps, for this person.
    pub(crate) fn enter(&self, invocation: usize, person: Option<PersonId>) {
        let mut state = self.lock();
        (state.invocation, state.person) = (invocation, person);
    }

    /// Writes an edit or a deletion directly, as a handler that does not check authors would. Returns whether it is in
    /// the log.
    pub(crate) fn forge(&self, room: &RoomName, change: LogEntry, expires_at: i64) -> bool {
        let log = self.current();
        let Some(Ok(Some(head))) = poll_once(log.head(room, Freshness::Latest)) else {
            return false;
        };
        let entry = Entry::new(head.seq + 1, change, expires_at);
        // An injected fault may lose the response.
        poll_once(self.write(room, &head.epoch, &entry, None));
        let is_written = log.contents(room).last() == Some(entry.content());
        if is_written {
            let id = entry.content().client_message_id();
            let id = id.map(|id| id.as_str().to_owned());
            self.lock().forged.extend(id);
        }
        is_written
    }

    /// The invocation has ended. If it `completed`, its deferred appends are carried out.
    pub(crate) fn leave(&self, invocation: usize, completed: bool) {
        let deferred = self.lock().deferred.remove(&invocation);
        for (room, epoch, entry) in deferred.into_iter().flatten().filter(|_| completed) {
            let log = self.current();
            let written = poll_once(log.commit(&room, &epoch, &entry, None));
            if let Some(Ok(CommitOutcome::Committed)) = written {
                self.remember(&room, &epoch, &entry);
            }
        }
    }

    fn remember(&self, room: &RoomName, epoch: &Epoch, entry: &Entry) {
        let mut state = self.lock();
        let written = state.written.entry(room.clone()).or_default();
        written.insert(epoch, entry.content().clone());
        let appended = (room.clone(), entry.content().clone());
        state.appended.push(appended);
    }

    /// Takes the appended entries with their rooms, in order: the table's stream.
    pub(crate) fn take_appended(&self) -> Vec<(RoomName, LogEntry)> {
        std::mem::take(&mut self.lock().appended)
    }

    async fn write(
        &self,
        room: &RoomName,
        epoch: &Epoch,
        entry: &Entry,
        target: Option<&Entry>,
    ) -> Result<CommitOutcome, StoreError> {
        let log = self.current();
        let answer = log.commit(room, epoch, entry, target).await;
        match answer {
            Ok(CommitOutcome::Committed) => self.remember(room, epoch, entry),
            // The response says nothing about whether it was written; the log does.
            Err(_) => {
                if log.contents(room).last() == Some(entry.content()) {
                    self.remember(room, epoch, entry);
                }
            }
            Ok(_) => {}
        }
        answer
    }

    /// A panic elsewhere cannot leave an entry incomplete, so a poisoned lock is still valid.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The log in memory is always ready.
fn poll_once<T>(work: impl Future<Output = T>) -> Option<T> {
    let mut context = std::task::Context::from_waker(std::task::Waker::noop());
    match std::pin::pin!(work).poll(&mut context) {
        Poll::Ready(done) => Some(done),
        Poll::Pending => None,
    }
}

impl ReadHead for StepLog {
    async fn head(
        &self,
        room: &RoomName,
        freshness: Freshness,
    ) -> Result<Option<Position>, StoreError> {
        let head = self.current().head(room, freshness).await;
        step().await;
        head
    }
}

impl BeginLog for StepLog {
    async fn begin(&self, room: &RoomName, epoch: &Epoch) -> Result<Position, StoreError> {
        let begun = self.current().begin(room, epoch).await;
        step().await;
        begun
    }
}

impl Commit for StepLog {
    async fn commit(
        &self,
        room: &RoomName,
        epoch: &Epoch,
        entry: &Entry,
        target: Option<&Entry>,
    ) -> Result<CommitOutcome, StoreError> {
        let answer = match self.without {
            Some(Safeguard::AppendFirst) => {
                let mut state = self.lock();
                let append = (room.clone(), epoch.clone(), entry.clone());
                let invocation = state.invocation;
                state.deferred.entry(invocation).or_default().push(append);
                Ok(CommitOutcome::Committed)
            }
            Some(Safeguard::ConditionalAppend) => {
                match self.write(room, epoch, entry, target).await {
                    Ok(CommitOutcome::Moved(_) | CommitOutcome::Conflict) => {
                        Ok(CommitOutcome::Committed)
                    }
                    other => other,
                }
            }
            Some(Safeguard::UniqueIds) => match self.write(room, epoch, entry, target).await {
                Ok(CommitOutcome::DuplicateClientMessageId(_)) => {
                    let mut without_id = entry.content().clone();
                    if let LogEntry::Message(message) = &mut without_id {
                        message.client_message_id = None;
                    }
                    let entry = Entry::new(entry.seq(), without_id, entry.expires_at());
                    self.write(room, epoch, &entry, target).await
                }
                other => other,
            },
            // The target as it was read has another author than the stored one.
            Some(Safeguard::AuthorsOnly) => self.write(room, epoch, entry, None).await,
            _ => self.write(room, epoch, entry, target).await,
        };
        step().await;
        answer
    }
}

impl ReadEntries for StepLog {
    async fn entries(&self, room: &RoomName, range: Range, limit: u16) -> Result<Page, StoreError> {
        let mut page = self.current().entries(room, range, limit).await;
        // The append reads one entry, the message that a change is about.
        if self.without == Some(Safeguard::AuthorsOnly)
            && limit == 1
            && let Ok(page) = &mut page
        {
            let person = self.lock().person.clone();
            for entry in &mut page.entries {
                if let LogEntry::Message(mut message) = entry.content().clone() {
                    message.person_id.clone_from(&person);
                    *entry = Entry::new(entry.seq(), message, entry.expires_at());
                }
            }
        }
        step().await;
        page
    }
}

impl CountCharges for StepLog {
    async fn charge(
        &self,
        subject: &str,
        at: ChargeTime,
        charge: u32,
    ) -> Result<Charged, StoreError> {
        let charged = self.current().charge(subject, at, charge).await;
        step().await;
        charged
    }
}

impl FindEntry for StepLog {
    async fn seq_of(
        &self,
        room: &RoomName,
        id: &ClientMessageId,
    ) -> Result<Option<Seq>, StoreError> {
        let seq = self.current().seq_of(room, id).await;
        step().await;
        seq
    }
}
