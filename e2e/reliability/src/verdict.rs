//! The result of checking a history.

use std::fmt;

use crate::labelled::labelled;

labelled! {
    /// A kind of violation.
    ViolationKind {
        /// A message is missing from the message log or from a page.
        Lost = "lost",
        /// A message occurs more than once, or was never sent.
        Duplicated = "duplicated",
        /// A page deviates from the order of the log, or the log from the order of a sender.
        Reordered = "reordered",
        /// A message is still in an outbox after the drain.
        Unresolved = "unresolved",
        /// An edit or a deletion by a person who did not write the message is in the log, or a page applies one.
        Forged = "forged",
        /// A page shows another author, another text or other reactions than the log says.
        Misfolded = "misfolded",
        /// A client connects so often that it would overload a service that is recovering.
        ReconnectStorm = "reconnect storms",
    }
}

/// One violation of the delivery promise.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The broken rule.
    pub kind: ViolationKind,
    /// The message, the client and page that show it, and the expected state.
    pub detail: String,
}

impl Violation {
    /// A violation with its explanation.
    pub fn new(kind: ViolationKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
        }
    }

    /// The same violation, attributed to `subject`.
    pub(crate) fn of(self, subject: impl fmt::Display) -> Self {
        Self::new(self.kind, format!("{subject} {}", self.detail))
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.kind, self.detail)
    }
}

/// The result of checking one history, or several added up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HistoryVerdict {
    /// Messages that people sent.
    pub sent: usize,
    /// Messages that left an outbox because the client saw them in the log.
    pub acknowledged: usize,
    /// All violations found.
    pub violations: Vec<Violation>,
}

impl HistoryVerdict {
    /// Adds the verdict on another history.
    pub fn add(&mut self, other: Self) {
        self.sent += other.sent;
        self.acknowledged += other.acknowledged;
        self.violations.extend(other.violations);
    }

    /// Whether there is no violation.
    pub fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }

    /// The violations of one kind.
    pub fn of_kind(&self, kind: ViolationKind) -> impl Iterator<Item = &Violation> {
        self.violations.iter().filter(move |it| it.kind == kind)
    }
}
