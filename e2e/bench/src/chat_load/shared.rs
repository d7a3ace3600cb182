//! What all clients of a run share: the ledger of their messages and the count of their failures.

use std::cell::RefCell;
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use super::faults::Faults;
use super::format::{grouped, milliseconds, rounded};
use super::ledger::Ledger;

/// State of all tasks. They share a thread, so borrows do not overlap as long as none is held across an await.
pub(super) struct Shared {
    pub(super) ledger: RefCell<Ledger>,
    pub(super) faults: RefCell<Faults>,
    pub(super) begun: Instant,
    /// Part of the tag of every message, so that messages of other programs and earlier runs are ignored.
    pub(super) run: RefCell<String>,
    /// Notified when all clients have a message.
    pub(super) settled: Notify,
}

impl Shared {
    pub(super) fn new(clients: usize) -> Self {
        Self {
            ledger: RefCell::new(Ledger::new(clients)),
            faults: RefCell::new(Faults::default()),
            begun: Instant::now(),
            run: RefCell::new(tag()),
            settled: Notify::new(),
        }
    }

    /// Forgets earlier messages: only those sent from now on are counted.
    pub(super) fn begin_run(&self) {
        self.ledger.borrow_mut().begin_run();
        self.run.replace(tag());
    }

    /// What is reported while messages are sent: `per_second` are deliveries since the last report.
    pub(super) fn progress(&self, elapsed: Duration, of: Duration, per_second: f64) -> String {
        let ledger = self.ledger.borrow();
        let figures = ledger.figures();
        format!(
            "{} of {} s | {} connected | {} sent | {} deliveries/s | p50 {} | p99 {} | {} errors",
            elapsed.as_secs(),
            of.as_secs(),
            grouped(ledger.alive() as u64),
            grouped(figures.sent),
            rounded(per_second),
            milliseconds(figures.latency.percentile(50.0)),
            milliseconds(figures.latency.percentile(99.0)),
            grouped(self.faults.borrow().total()),
        )
    }
}

fn tag() -> String {
    format!("{:08x}", fastrand::u32(..))
}
