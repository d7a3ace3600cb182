//! A message log whose operations take one step each, and which remembers everything that was ever written to it.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;

use papo_lambdas::error::StoreError;
use papo_lambdas::message_log::memory::MemoryMessageLog;
use papo_lambdas::message_log::{
    BeginLog, Commit, CommitOutcome, Entry, FindEntry, Freshness, Page, ReadEntries, ReadHead,
};
use papo_lambdas::rate_limit::CountCharges;
use papo_protocol::{ClientMessageId, Epoch, LogEntry, Position, Range, RoomName, Seq};

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
    written: WrittenLog,
    /// The invocation that takes a step now.
    invocation: usize,
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

    /// Passes everything that was ever written, to any log, to `read`.
    pub(crate) fn with_written<T>(&self, read: impl FnOnce(&WrittenLog) -> T) -> T {
        read(&self.lock().written)
    }

    /// From now on, this invocation takes steps.
    pub(crate) fn enter(&self, invocation: usize) {
        self.lock().invocation = invocation;
    }

    /// The invocation has ended. If it `completed`, its deferred appends are carried out.
    pub(crate) fn leave(&self, invocation: usize, completed: bool) {
        let deferred = self.lock().deferred.remove(&invocation);
        for (room, epoch, entry) in deferred.into_iter().flatten().filter(|_| completed) {
            let log = self.current();
            let mut write = std::pin::pin!(log.commit(&room, &epoch, &entry, None));
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            if let Poll::Ready(Ok(CommitOutcome::Committed)) = write.as_mut().poll(&mut context) {
                self.remember(&epoch, &entry);
            }
        }
    }

    fn remember(&self, epoch: &Epoch, entry: &Entry) {
        if let LogEntry::Message(message) = entry.content() {
            self.lock().written.insert(epoch, message.clone());
        }
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
            Ok(CommitOutcome::Committed) => self.remember(epoch, entry),
            // The response says nothing about whether it was written; the log does.
            Err(_) => {
                let mut written = log.messages(room).into_iter().map(LogEntry::from);
                if written.next_back().as_ref() == Some(entry.content()) {
                    self.remember(epoch, entry);
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
            _ => self.write(room, epoch, entry, target).await,
        };
        step().await;
        answer
    }
}

impl ReadEntries for StepLog {
    async fn entries(&self, room: &RoomName, range: Range, limit: u16) -> Result<Page, StoreError> {
        let page = self.current().entries(room, range, limit).await;
        step().await;
        page
    }
}

impl CountCharges for StepLog {
    async fn charge(&self, subject: &str, minute: i64, charge: u32) -> Result<u64, StoreError> {
        let charged = self.current().charge(subject, minute, charge).await;
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
