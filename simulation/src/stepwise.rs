//! A log whose operations answer one step after they were carried out, and which remembers all that was ever in it.
//!
//! Whoever is dropped between an operation and its answer never hears of it: that is how a handler dies.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::Poll;
use std::time::Duration;

use papo_lambdas::clock::Clock;
use papo_lambdas::error::StoreError;
use papo_lambdas::message_log::memory::MemoryMessageLog;
use papo_lambdas::message_log::{
    BeginLog, Commit, CommitOutcome, Entry, Freshness, Page, ReadEntries, ReadHead, RoomId,
};
use papo_lambdas::rate_limit::CountCharges;
use papo_protocol::{Epoch, Message, Position, Range, Seq};

use crate::safeguard::Safeguard;

/// Ends when it is polled the second time.
pub async fn step() {
    let mut waited = false;
    std::future::poll_fn(|context| {
        if std::mem::replace(&mut waited, true) {
            Poll::Ready(())
        } else {
            // Sets of futures poll only those that have said so.
            context.waker().wake_by_ref();
            Poll::Pending
        }
    })
    .await;
}

/// A pace in steps: time limits never come, and a wait between two tries is a step.
#[derive(Clone, Copy, Debug, Default)]
pub struct Steps;

/// The longest wait between two tries of anything in the back end.
const LONGEST_WAIT: Duration = Duration::from_millis(2_400);

impl Clock for Steps {
    async fn sleep(&self, duration: Duration) {
        if duration > LONGEST_WAIT {
            std::future::pending::<()>().await;
        }
        step().await;
    }

    fn jitter(&self) -> f64 {
        0.5
    }
}

/// A place in any log that there was.
pub(crate) type Place = (String, Seq);

/// The log.
#[derive(Debug, Default)]
pub struct StepwiseLog {
    state: Mutex<State>,
    without: Option<Safeguard>,
}

#[derive(Debug, Default)]
struct State {
    log: Arc<MemoryMessageLog>,
    ever: BTreeMap<Place, Message>,
    /// The invocation that takes a step now, and what it will write only when it ends.
    invocation: usize,
    behind: BTreeMap<usize, Vec<(RoomId, Epoch, Entry)>>,
}

impl StepwiseLog {
    /// An empty log, without one of its safeguards.
    pub(crate) fn without(without: Option<Safeguard>) -> Self {
        Self {
            state: Mutex::default(),
            without,
        }
    }

    /// The log as it is now.
    pub fn now(&self) -> Arc<MemoryMessageLog> {
        Arc::clone(&self.lock().log)
    }

    /// The table is lost: there is no log.
    pub(crate) fn lose(&self) {
        self.lock().log = Arc::default();
    }

    /// The message that was ever written into this place.
    pub(crate) fn ever_at(&self, place: &Place) -> Option<Message> {
        self.lock().ever.get(place).cloned()
    }

    /// Whether a message with this text was ever written, under any number of any log.
    pub(crate) fn ever_had(&self, text: &str) -> bool {
        self.lock().ever.values().any(|it| it.message == text)
    }

    /// From now on, this invocation takes steps.
    pub(crate) fn serve(&self, invocation: usize) {
        self.lock().invocation = invocation;
    }

    /// The invocation is over. If it `ended` by itself, it writes what it has put off.
    pub(crate) fn is_over(&self, invocation: usize, ended: bool) {
        let put_off = self.lock().behind.remove(&invocation).unwrap_or_default();
        for (room, epoch, entry) in put_off.into_iter().filter(|_| ended) {
            let log = self.now();
            let mut write = std::pin::pin!(log.commit(&room, &epoch, &entry));
            let mut context = std::task::Context::from_waker(std::task::Waker::noop());
            if let Poll::Ready(Ok(CommitOutcome::Committed)) = write.as_mut().poll(&mut context) {
                self.remember(&epoch, &entry);
            }
        }
    }

    fn remember(&self, epoch: &Epoch, entry: &Entry) {
        let place = (epoch.as_str().to_owned(), entry.seq());
        self.lock().ever.insert(place, entry.message().clone());
    }

    async fn write(
        &self,
        room: &RoomId,
        epoch: &Epoch,
        entry: &Entry,
    ) -> Result<CommitOutcome, StoreError> {
        let log = self.now();
        let answer = log.commit(room, epoch, entry).await;
        match answer {
            Ok(CommitOutcome::Committed) => self.remember(epoch, entry),
            // Written or not, nobody heard of it: the log says which.
            Err(_) => {
                let written = log.messages(room).into_iter();
                if written.last().as_ref() == Some(entry.message()) {
                    self.remember(epoch, entry);
                }
            }
            Ok(_) => {}
        }
        answer
    }

    /// A panic elsewhere leaves whole entries behind, so the state is still good.
    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ReadHead for StepwiseLog {
    async fn head(
        &self,
        room: &RoomId,
        freshness: Freshness,
    ) -> Result<Option<Position>, StoreError> {
        let head = self.now().head(room, freshness).await;
        step().await;
        head
    }
}

impl BeginLog for StepwiseLog {
    async fn begin(&self, room: &RoomId, epoch: &Epoch) -> Result<Position, StoreError> {
        let begun = self.now().begin(room, epoch).await;
        step().await;
        begun
    }
}

impl Commit for StepwiseLog {
    async fn commit(
        &self,
        room: &RoomId,
        epoch: &Epoch,
        entry: &Entry,
    ) -> Result<CommitOutcome, StoreError> {
        let answer = match self.without {
            Some(Safeguard::WrittenFirst) => {
                let mut state = self.lock();
                let (invocation, put_off) = (state.invocation, entry.clone());
                let put_off = (room.clone(), epoch.clone(), put_off);
                state.behind.entry(invocation).or_default().push(put_off);
                Ok(CommitOutcome::Committed)
            }
            Some(Safeguard::FreePlace) => match self.write(room, epoch, entry).await {
                Ok(CommitOutcome::Moved(_) | CommitOutcome::Conflict) => {
                    Ok(CommitOutcome::Committed)
                }
                other => other,
            },
            Some(Safeguard::UniqueNames) => match self.write(room, epoch, entry).await {
                Ok(CommitOutcome::DuplicateClientMessageId(_)) => {
                    let nameless = Message {
                        client_message_id: None,
                        ..entry.message().clone()
                    };
                    let entry = Entry::new(entry.seq(), nameless, entry.expires_at());
                    self.write(room, epoch, &entry).await
                }
                other => other,
            },
            _ => self.write(room, epoch, entry).await,
        };
        step().await;
        answer
    }
}

impl ReadEntries for StepwiseLog {
    async fn entries(&self, room: &RoomId, range: Range, limit: u16) -> Result<Page, StoreError> {
        let page = self.now().entries(room, range, limit).await;
        step().await;
        page
    }
}

impl CountCharges for StepwiseLog {
    async fn charge(&self, subject: &str, minute: i64, charge: u32) -> Result<u64, StoreError> {
        let charged = self.now().charge(subject, minute, charge).await;
        step().await;
        charged
    }
}
