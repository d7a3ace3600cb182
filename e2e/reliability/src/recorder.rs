//! Collects the history of one client while it runs.
//!
//! Observes the session after each step, as a person observes a page: the recorder knows nothing of frames or sockets.

use std::collections::BTreeSet;
use std::sync::Arc;

use papo_protocol::session::{Entry, Pending, SendState};
use papo_protocol::{ClientMessageId, Session};

use crate::history::{ClientHistory, PageHistory, Sent, Snapshot};

const MINUTE_MS: u64 = 60_000;

/// Collects the history of one client.
#[derive(Debug, Default)]
pub struct Recorder {
    history: ClientHistory,
    page: PageHistory,
    /// The revision of the timeline at the last observation.
    revision: Option<u64>,
    /// The outbox after the last observation.
    outbox: BTreeSet<ClientMessageId>,
}

/// The changes since the last observation.
#[derive(Debug, Default)]
pub struct Observation {
    /// Messages that left the outbox.
    pub acknowledged: Vec<ClientMessageId>,
    /// Messages in the outbox that were refused.
    pub failed: Vec<ClientMessageId>,
    /// Messages that are displayed for the first time.
    pub shown: Vec<Arc<Entry>>,
}

impl Recorder {
    /// The client introduces itself.
    pub fn introduce(&mut self) {
        self.history.is_introduced = true;
    }

    /// For a client that has done nothing yet; `number` is counted from 0.
    pub fn new(number: usize) -> Self {
        Self {
            history: ClientHistory {
                number,
                ..ClientHistory::default()
            },
            ..Self::default()
        }
    }

    /// The history so far, without the current page.
    pub fn history(&self) -> &ClientHistory {
        &self.history
    }

    /// The current page.
    pub fn page(&self) -> &PageHistory {
        &self.page
    }

    /// The client is about to send a message. Called before the session sees it, so that a session that drops the message at
    /// once is noticed.
    pub fn send(&mut self, id: ClientMessageId, text: String) {
        self.outbox.insert(id.clone());
        self.history.sent.push(Sent { id, text });
    }

    /// The client is about to send an edit, a deletion or a reaction; `in_outbox` if the session sends it again until it is in the log.
    pub fn change(&mut self, id: ClientMessageId, in_outbox: bool) {
        if in_outbox {
            self.outbox.insert(id.clone());
        }
        self.history.changes.insert(id);
    }

    /// The client tries to connect at `now`, in milliseconds.
    pub fn connect(&mut self, now: u64) {
        let attempts = &mut self.history.attempts;
        attempts.retain(|at| at + MINUTE_MS > now);
        attempts.push_back(now);
        self.history.most_attempts = self.history.most_attempts.max(attempts.len());
    }

    /// Records what the session believes and, with a log, what it displays: without one, there is no order to compare with.
    pub fn observe(&mut self, session: &Session, has_log: bool) -> Observation {
        let outbox = ids(session);
        let history = &self.history;
        // A change that was refused is discarded.
        let was_refused =
            |id: &ClientMessageId| history.changes.contains(id) && history.failed.contains(id);
        let gone = self.outbox.difference(&outbox);
        let acknowledged: Vec<_> = gone.filter(|id| !was_refused(id)).cloned().collect();
        self.outbox = outbox;
        self.history
            .acknowledged
            .extend(acknowledged.iter().cloned());
        let entries = session.outbox().entries().iter();
        let failed = entries.filter(|it| matches!(it.state, SendState::Failed(_)));
        let failed: Vec<_> = failed.map(|it| it.id.clone()).collect();
        self.history.failed.extend(failed.iter().cloned());
        let timeline = session.timeline();
        if let Some(epoch) = timeline.end().map(|end| end.epoch.as_str())
            && !self.history.epochs.contains(epoch)
        {
            self.history.epochs.insert(epoch.to_owned());
        }
        let mut shown = Vec::new();
        self.page.saw_unnumbered |= !has_log;
        if has_log && self.revision != Some(timeline.revision()) {
            self.revision = Some(timeline.revision());
            shown = self.page.observe(&timeline.into());
        }
        Observation {
            acknowledged,
            failed,
            shown,
        }
    }

    /// The page was left, and `session` belongs to the next one. A message that was not saved is not acknowledged by its
    /// absence.
    pub fn reload(&mut self, session: &Session) {
        self.history.pages.push(std::mem::take(&mut self.page));
        self.revision = None;
        self.outbox = ids(session);
    }

    /// Closes the history with what `session` displays in the end.
    pub fn finish(mut self, session: &Session) -> ClientHistory {
        self.page.closing = Some(Snapshot::from(session.timeline()));
        self.history.pages.push(self.page);
        self.history.outbox = session.outbox().entries().to_vec();
        self.history
    }
}

fn ids(session: &Session) -> BTreeSet<ClientMessageId> {
    let entries = session.outbox().entries().iter();
    entries.map(|Pending { id, .. }| id.clone()).collect()
}
