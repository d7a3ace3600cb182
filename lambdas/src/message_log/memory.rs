//! The message log in memory, for tests and simulations.

mod contents;

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use papo_protocol::{ClientMessageId, Epoch, LogEntry, Message, Position, Range, RoomName, Seq};

use super::{
    BeginLog, Commit, CommitOutcome, Entry, FindEntry, Freshness, Page, ReadEntries, ReadHead,
};
use crate::error::StoreError;
use crate::rate_limit::{ChargeTime, Charged, CountCharges};
use contents::Contents;

/// Logs in memory. Faults can be injected before, after and instead of any operation.
#[derive(Debug, Default)]
pub struct MemoryMessageLog {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    rooms: BTreeMap<RoomName, Contents>,
    /// By subject and minute, then by window.
    charges: HashMap<(String, i64), BTreeMap<i64, u64>>,
    faults: Vec<(Operation, Fault)>,
    lag: Duration,
    lags_behind: bool,
    done: Vec<Operation>,
}

/// An operation of a log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// [`ReadHead::head`].
    Head,
    /// [`BeginLog::begin`].
    Begin,
    /// [`Commit::commit`].
    Commit,
    /// [`ReadEntries::entries`].
    Entries,
}

impl Operation {
    fn name(self) -> &'static str {
        match self {
            Self::Head => "GetItem",
            Self::Begin => "PutItem",
            Self::Commit => "TransactWriteItems",
            Self::Entries => "Query",
        }
    }
}

/// A fault to inject into one operation.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// Not carried out; returns an error.
    Refused,
    /// Carried out; returns an error.
    ResponseLost,
    /// Not carried out; never returns.
    Hangs,
    /// Carried out; never returns.
    HangsAfterwards,
    /// A commit returns [`CommitOutcome::Conflict`]; any other operation fails as with [`Fault::Refused`].
    Conflict,
}

impl MemoryMessageLog {
    /// No logs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Injects a fault into the next `operation` that has none yet.
    pub fn fail(&self, operation: Operation, fault: Fault) {
        self.lock().faults.push((operation, fault));
    }

    /// Makes every operation take `lag` from now on.
    pub fn slow_down(&self, lag: Duration) {
        self.lock().lag = lag;
    }

    /// From now on, [`Freshness::Recent`] heads lag one commit behind.
    pub fn lag_behind(&self) {
        self.lock().lags_behind = true;
    }

    /// Deletes items that have expired at `now_ms` (milliseconds since 1970), as DynamoDB does eventually.
    pub fn sweep(&self, now_ms: i64) {
        for room in self.lock().rooms.values_mut() {
            room.sweep(now_ms);
        }
    }

    /// The messages in the log of `room`, oldest first.
    pub fn messages(&self, room: &RoomName) -> Vec<Message> {
        let entries = self.contents(room).into_iter();
        entries.filter_map(LogEntry::into_message).collect()
    }

    /// The log of `room`, oldest entry first.
    pub fn contents(&self, room: &RoomName) -> Vec<LogEntry> {
        let state = self.lock();
        let entries = state
            .rooms
            .get(room)
            .into_iter()
            .flat_map(|room| room.entries.values());
        entries.map(|entry| entry.content().clone()).collect()
    }

    /// The operations carried out so far, in order.
    pub fn done(&self) -> Vec<Operation> {
        self.lock().done.clone()
    }

    async fn operate<T>(
        &self,
        operation: Operation,
        work: impl FnOnce(&mut State) -> T + Send,
    ) -> Result<T, StoreError> {
        let lag = self.lock().lag;
        if !lag.is_zero() {
            tokio::time::sleep(lag).await;
        }
        let fault = self.lock().fault(operation);
        match fault {
            Some(Fault::Refused | Fault::Conflict) => return Err(unavailable(operation)),
            Some(Fault::Hangs) => std::future::pending().await,
            Some(Fault::ResponseLost | Fault::HangsAfterwards) | None => {}
        }
        let output = {
            let mut state = self.lock();
            state.done.push(operation);
            work(&mut state)
        };
        match fault {
            Some(Fault::ResponseLost) => Err(unavailable(operation)),
            Some(Fault::HangsAfterwards) => std::future::pending().await,
            _ => Ok(output),
        }
    }

    /// A panic while the lock is held leaves complete logs behind, so the state is still valid.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn fault(&mut self, operation: Operation) -> Option<Fault> {
        let index = self.faults.iter().position(|(of, _)| *of == operation)?;
        Some(self.faults.remove(index).1)
    }

    fn take_conflict(&mut self) -> bool {
        let conflict = (Operation::Commit, Fault::Conflict);
        let first = self
            .faults
            .iter()
            .position(|(of, _)| *of == Operation::Commit);
        let Some(index) = first.filter(|index| self.faults[*index] == conflict) else {
            return false;
        };
        self.faults.remove(index);
        true
    }
}

impl ReadHead for MemoryMessageLog {
    async fn head(
        &self,
        room: &RoomName,
        freshness: Freshness,
    ) -> Result<Option<Position>, StoreError> {
        self.operate(Operation::Head, |state| {
            let contents = state.rooms.get(room)?;
            if freshness == Freshness::Recent && state.lags_behind {
                contents.recent.clone()
            } else {
                Some(contents.head.clone())
            }
        })
        .await
    }
}

impl BeginLog for MemoryMessageLog {
    async fn begin(&self, room: &RoomName, epoch: &Epoch) -> Result<Position, StoreError> {
        self.operate(Operation::Begin, |state| {
            let begun = || Contents::new(epoch.clone());
            state
                .rooms
                .entry(room.clone())
                .or_insert_with(begun)
                .head
                .clone()
        })
        .await
    }
}

impl Commit for MemoryMessageLog {
    async fn commit(
        &self,
        room: &RoomName,
        epoch: &Epoch,
        entry: &Entry,
        target: Option<&Entry>,
    ) -> Result<CommitOutcome, StoreError> {
        if self.lock().take_conflict() {
            return Ok(CommitOutcome::Conflict);
        }
        self.operate(Operation::Commit, |state| {
            let Some(contents) = state.rooms.get_mut(room) else {
                return CommitOutcome::Conflict;
            };
            contents.commit(epoch, entry, target)
        })
        .await
    }
}

impl FindEntry for MemoryMessageLog {
    async fn seq_of(
        &self,
        room: &RoomName,
        id: &ClientMessageId,
    ) -> Result<Option<Seq>, StoreError> {
        self.operate(Operation::Head, |state| {
            let item = state.rooms.get(room)?.ids.get(id)?;
            Some(item.seq)
        })
        .await
    }
}

impl ReadEntries for MemoryMessageLog {
    async fn entries(&self, room: &RoomName, range: Range, limit: u16) -> Result<Page, StoreError> {
        self.operate(Operation::Entries, |state| {
            let Some(contents) = state.rooms.get(room) else {
                return Page::default();
            };
            let limit = usize::from(limit);
            let entries: Vec<Entry> = match range {
                Range::After(seq) => {
                    let above = contents.entries.range(seq.saturating_add(1)..);
                    above.map(|(_, entry)| entry.clone()).take(limit).collect()
                }
                Range::Before(seq) => {
                    let below = contents.entries.range(..seq).rev();
                    below.map(|(_, entry)| entry.clone()).take(limit).collect()
                }
            };
            // Like DynamoDB, which does not know whether a full page is the last one.
            let more = entries.len() == limit;
            Page { entries, more }
        })
        .await
    }
}

impl CountCharges for MemoryMessageLog {
    async fn charge(
        &self,
        subject: &str,
        at: ChargeTime,
        charge: u32,
    ) -> Result<Charged, StoreError> {
        let mut state = self.lock();
        let key = (subject.to_owned(), at.minute);
        let windows = state.charges.entry(key).or_default();
        let window = windows.entry(at.window).or_default();
        *window += u64::from(charge);
        Ok(Charged {
            window: *window,
            minute: windows.values().sum(),
        })
    }
}

fn unavailable(operation: Operation) -> StoreError {
    StoreError::new(operation.name(), "in memory", "injected fault")
}
