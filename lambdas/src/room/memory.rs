//! A log in memory: the twin of [`super::dynamodb`] for tests and simulations.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use papo_protocol::{ClientMessageId, Epoch, Message, Position, Range, Seq};

use super::{
    BeginLog, Commit, Committed, DAY_SECONDS, Entry, Freshness, NAME_MARGIN_DAYS, Page,
    ReadEntries, ReadHead, RoomId,
};
use crate::store::StoreError;

/// Logs in memory, which can be told to fail before, after and instead of any operation.
#[derive(Debug, Default)]
pub struct MemoryLog {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    rooms: BTreeMap<RoomId, Contents>,
    faults: Vec<(Operation, Fault)>,
    lag: Duration,
    reads_behind: bool,
    done: Vec<Operation>,
}

#[derive(Debug)]
struct Contents {
    head: Position,
    /// The head before the last commit, for readers who are content with it.
    recent: Option<Position>,
    entries: BTreeMap<Seq, Entry>,
    names: HashMap<ClientMessageId, Name>,
}

#[derive(Clone, Copy, Debug)]
struct Name {
    seq: Seq,
    expires_at: i64,
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

/// A fault that one operation can be given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// It is not carried out.
    Refused,
    /// It is carried out, and nobody hears of it.
    AnswerLost,
    /// It is not carried out, and never answers.
    Hangs,
    /// It is carried out, and never answers.
    HangsAfterwards,
    /// A commit meets another transaction. Any other operation: as [`Fault::Refused`].
    Conflict,
}

impl MemoryLog {
    /// No logs.
    pub fn new() -> Self {
        Self::default()
    }

    /// Makes the next `operation` that has no fault yet fail.
    pub fn fail(&self, operation: Operation, fault: Fault) {
        self.lock().faults.push((operation, fault));
    }

    /// Makes every operation take `lag` from now on.
    pub fn slow_down(&self, lag: Duration) {
        self.lock().lag = lag;
    }

    /// From now on, heads that need not be the latest are those before the last commit.
    pub fn read_behind(&self) {
        self.lock().reads_behind = true;
    }

    /// Removes what has expired at `now_ms` (milliseconds since 1970), as DynamoDB does sooner or later.
    pub fn sweep(&self, now_ms: i64) {
        for room in self.lock().rooms.values_mut() {
            room.entries.retain(|_, entry| !entry.has_expired(now_ms));
            room.names
                .retain(|_, name| name.expires_at > now_ms.div_euclid(1_000));
        }
    }

    /// Everything in the log of `room`, oldest first.
    pub fn messages(&self, room: &RoomId) -> Vec<Message> {
        let state = self.lock();
        let entries = state
            .rooms
            .get(room)
            .into_iter()
            .flat_map(|room| room.entries.values());
        entries.map(|entry| entry.message().clone()).collect()
    }

    /// The operations that were carried out, in order.
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
            Some(Fault::AnswerLost | Fault::HangsAfterwards) | None => {}
        }
        let answer = {
            let mut state = self.lock();
            state.done.push(operation);
            work(&mut state)
        };
        match fault {
            Some(Fault::AnswerLost) => Err(unavailable(operation)),
            Some(Fault::HangsAfterwards) => std::future::pending().await,
            _ => Ok(answer),
        }
    }

    /// A panic elsewhere leaves whole logs behind, so the state is still good.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn fault(&mut self, operation: Operation) -> Option<Fault> {
        let index = self.faults.iter().position(|(of, _)| *of == operation)?;
        Some(self.faults.remove(index).1)
    }

    fn takes_conflict(&mut self) -> bool {
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

impl ReadHead for MemoryLog {
    async fn head(
        &self,
        room: &RoomId,
        freshness: Freshness,
    ) -> Result<Option<Position>, StoreError> {
        self.operate(Operation::Head, |state| {
            let contents = state.rooms.get(room)?;
            if freshness == Freshness::Recent && state.reads_behind {
                contents.recent.clone()
            } else {
                Some(contents.head.clone())
            }
        })
        .await
    }
}

impl BeginLog for MemoryLog {
    async fn begin(&self, room: &RoomId, epoch: &Epoch) -> Result<Position, StoreError> {
        self.operate(Operation::Begin, |state| {
            let begun = || Contents {
                head: Position {
                    epoch: epoch.clone(),
                    seq: 0,
                },
                recent: None,
                entries: BTreeMap::new(),
                names: HashMap::new(),
            };
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

impl Commit for MemoryLog {
    async fn commit(
        &self,
        room: &RoomId,
        epoch: &Epoch,
        entry: &Entry,
    ) -> Result<Committed, StoreError> {
        if self.lock().takes_conflict() {
            return Ok(Committed::Conflict);
        }
        self.operate(Operation::Commit, |state| {
            let Some(contents) = state.rooms.get_mut(room) else {
                return Committed::Conflict;
            };
            contents.commit(epoch, entry)
        })
        .await
    }
}

impl Contents {
    fn commit(&mut self, epoch: &Epoch, entry: &Entry) -> Committed {
        let name = entry.message().client_message_id.as_ref();
        if let Some(taken) = name.and_then(|name| self.names.get(name)) {
            return Committed::NameTaken(taken.seq);
        }
        if self.head.epoch != *epoch || self.head.seq + 1 != entry.seq() {
            return Committed::Moved(self.head.clone());
        }
        if let Some(name) = name {
            let seq = entry.seq();
            let expires_at = entry.expires_at() + NAME_MARGIN_DAYS * DAY_SECONDS;
            self.names.insert(name.clone(), Name { seq, expires_at });
        }
        self.entries.insert(entry.seq(), entry.clone());
        self.recent = Some(self.head.clone());
        self.head.seq = entry.seq();
        Committed::Done
    }
}

impl ReadEntries for MemoryLog {
    async fn entries(&self, room: &RoomId, range: Range, limit: u16) -> Result<Page, StoreError> {
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
            // Like DynamoDB, which cannot know whether a full page was the last one.
            let more = entries.len() == limit;
            Page { entries, more }
        })
        .await
    }
}

fn unavailable(operation: Operation) -> StoreError {
    StoreError::new(operation.name(), "in memory", "it was told to fail")
}
