//! What became of every message, and what the weather did.

use std::fmt;

/// The things that must not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fault {
    /// A message is not where it has to be: in the log, or on a page.
    Lost,
    /// A message is somewhere more than once.
    Doubled,
    /// A page shows another order than the log, or the log has another one than whoever said it.
    OutOfOrder,
    /// A message is still in an outbox.
    Unresolved,
    /// A client tries to connect too often.
    Restless,
}

impl Fault {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Lost,
        Self::Doubled,
        Self::OutOfOrder,
        Self::Unresolved,
        Self::Restless,
    ];
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Lost => "lost",
            Self::Doubled => "doubled",
            Self::OutOfOrder => "out of order",
            Self::Unresolved => "unresolved",
            Self::Restless => "restless",
        })
    }
}

/// One thing that is not as it has to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Of what kind.
    pub fault: Fault,
    /// Which message, by whose account, and what is wrong.
    pub what: String,
}

impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.fault, self.what)
    }
}

/// What was done to everybody, in times.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Deeds {
    /// Frames that did not arrive.
    pub frames_lost: u64,
    /// Frames that arrived twice.
    pub frames_doubled: u64,
    /// Frames that arrived seconds late.
    pub frames_late: u64,
    /// Handlers that died on their way.
    pub handlers_died: u64,
    /// Writes into the log that failed, or whose answer was lost.
    pub writes_failed: u64,
    /// Handshakes that failed.
    pub refused: u64,
    /// Connections that broke, at both ends or at one.
    pub broken: u64,
    /// Connections that API Gateway ended.
    pub ended: u64,
    /// Pages that were loaded again.
    pub reloads: u64,
    /// Machines that slept.
    pub sleeps: u64,
    /// Tables that were lost.
    pub tables_lost: u64,
    /// Times at which messages expired.
    pub expiries: u64,
}

impl Deeds {
    /// Each kind with its name.
    pub fn rows(&self) -> [(&'static str, u64); 12] {
        [
            ("frames lost", self.frames_lost),
            ("frames doubled", self.frames_doubled),
            ("frames late", self.frames_late),
            ("handlers died", self.handlers_died),
            ("writes failed", self.writes_failed),
            ("handshakes refused", self.refused),
            ("connections broken", self.broken),
            ("connections ended", self.ended),
            ("pages reloaded", self.reloads),
            ("machines slept", self.sleeps),
            ("tables lost", self.tables_lost),
            ("expiries", self.expiries),
        ]
    }

    fn add(&mut self, other: &Self) {
        self.frames_lost += other.frames_lost;
        self.frames_doubled += other.frames_doubled;
        self.frames_late += other.frames_late;
        self.handlers_died += other.handlers_died;
        self.writes_failed += other.writes_failed;
        self.refused += other.refused;
        self.broken += other.broken;
        self.ended += other.ended;
        self.reloads += other.reloads;
        self.sleeps += other.sleeps;
        self.tables_lost += other.tables_lost;
        self.expiries += other.expiries;
    }
}

/// The account of one world, or of many.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ledger {
    /// How many messages people said.
    pub said: u64,
    /// How many left an outbox because they were in the log.
    pub acknowledged: u64,
    /// What is not as it has to be.
    pub findings: Vec<Finding>,
    /// What was done to everybody.
    pub deeds: Deeds,
}

impl Ledger {
    /// Adds the account of another world.
    pub fn add(&mut self, other: &Self) {
        self.said += other.said;
        self.acknowledged += other.acknowledged;
        self.findings.extend_from_slice(&other.findings);
        self.deeds.add(&other.deeds);
    }

    /// Whether nothing is wrong.
    pub fn is_clean(&self) -> bool {
        self.findings.is_empty()
    }

    /// How many findings are of this kind.
    pub fn count(&self, fault: Fault) -> usize {
        let of_it = |finding: &&Finding| finding.fault == fault;
        self.findings.iter().filter(of_it).count()
    }

    pub(crate) fn find(&mut self, fault: Fault, what: String) {
        self.findings.push(Finding { fault, what });
    }
}
