//! Safeguards that can be disabled one at a time. A checker that misses a disabled safeguard would prove nothing.

use std::fmt;
use std::str::FromStr;

use papo_protocol::session;

/// A mechanism of the session, the app or the back end that prevents losses, duplicates or reordering.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safeguard {
    /// Implemented by the session.
    Session(session::Safeguard),
    /// A message is sent again when its connection is lost or no acknowledgement comes.
    Resend,
    /// A client fetches the messages it missed.
    CatchUp,
    /// The outbox is saved outside the page.
    SavedOutbox,
    /// The log accepts each `clientMessageId` once.
    UniqueIds,
    /// A message is appended before it is broadcast.
    AppendFirst,
    /// An append is conditional on its `seq` being free.
    ConditionalAppend,
    /// The back end accepts an edit or a deletion only from the author of the message.
    AuthorsOnly,
    /// With `Fanout=stream`, an entry is broadcast although the function that appended it crashed.
    StreamOfCommits,
    /// With `Fanout=stream`, a batch whose function crashed or failed is passed to it again.
    RepeatedBatches,
}

impl Safeguard {
    /// All safeguards.
    pub const ALL: [Self; 17] = [
        Self::Session(session::Safeguard::HoldBack),
        Self::Session(session::Safeguard::Epoch),
        Self::Session(session::Safeguard::Acknowledgement),
        Self::Session(session::Safeguard::OneAtATime),
        Self::Session(session::Safeguard::BackOff),
        Self::Session(session::Safeguard::Heartbeat),
        Self::Session(session::Safeguard::Author),
        Self::Session(session::Safeguard::FoldOrder),
        Self::Resend,
        Self::CatchUp,
        Self::SavedOutbox,
        Self::UniqueIds,
        Self::AppendFirst,
        Self::ConditionalAppend,
        Self::AuthorsOnly,
        Self::StreamOfCommits,
        Self::RepeatedBatches,
    ];

    /// The name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Session(session::Safeguard::HoldBack) => "hold-back",
            Self::Session(session::Safeguard::Epoch) => "epoch",
            Self::Session(session::Safeguard::Acknowledgement) => "acknowledgement",
            Self::Session(session::Safeguard::OneAtATime) => "one-at-a-time",
            Self::Session(session::Safeguard::BackOff) => "back-off",
            Self::Session(session::Safeguard::Heartbeat) => "signs-of-life",
            Self::Session(session::Safeguard::Author) => "author",
            Self::Session(session::Safeguard::FoldOrder) => "fold-order",
            Self::Resend => "resend",
            Self::CatchUp => "catch-up",
            Self::SavedOutbox => "saved-outbox",
            Self::UniqueIds => "unique-ids",
            Self::AppendFirst => "append-first",
            Self::ConditionalAppend => "conditional-append",
            Self::AuthorsOnly => "authors-only",
            Self::StreamOfCommits => "stream-of-commits",
            Self::RepeatedBatches => "repeated-batches",
        }
    }

    /// The behaviour without it.
    pub fn without_it(self) -> &'static str {
        match self {
            Self::Session(session::Safeguard::HoldBack) => {
                "early messages are shown at once, and the gap is never filled"
            }
            Self::Session(session::Safeguard::Epoch) => {
                "the numbers of a new log are taken for those of the old one"
            }
            Self::Session(session::Safeguard::Acknowledgement) => {
                "a message leaves the outbox as soon as it is sent"
            }
            Self::Session(session::Safeguard::OneAtATime) => {
                "all waiting messages are sent at the same time"
            }
            Self::Session(session::Safeguard::BackOff) => {
                "every connection that opens resets the back-off"
            }
            Self::Session(session::Safeguard::Author) => {
                "a page applies edits and deletions by anyone"
            }
            Self::Session(session::Safeguard::FoldOrder) => {
                "edits are applied in the order in which they arrive"
            }
            Self::Session(session::Safeguard::Heartbeat) => {
                "a silent connection is trusted forever"
            }
            Self::Resend => "nothing is sent again",
            Self::CatchUp => "missed messages are not fetched",
            Self::SavedOutbox => "the outbox is lost with the page",
            Self::UniqueIds => "a message that is sent again is stored again",
            Self::AppendFirst => {
                "a message is broadcast first, and appended if the function survives"
            }
            Self::ConditionalAppend => "a concurrent append reports success without writing",
            Self::AuthorsOnly => "the back end stores edits and deletions by anyone",
            Self::StreamOfCommits => {
                "an entry is broadcast only if the function that appended it survives"
            }
            Self::RepeatedBatches => "the rest of a batch is lost when the broadcaster crashes",
        }
    }

    /// The session's own safeguard, if it is one.
    pub(crate) fn of_session(self) -> Option<session::Safeguard> {
        match self {
            Self::Session(safeguard) => Some(safeguard),
            _ => None,
        }
    }
}

impl fmt::Display for Safeguard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A name that no [`Safeguard`] has.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownSafeguard(String);

impl fmt::Display for UnknownSafeguard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Safeguard::ALL.map(Safeguard::name).join(", ");
        write!(f, "unknown safeguard {:?}; expected one of {names}", self.0)
    }
}

impl std::error::Error for UnknownSafeguard {}

impl FromStr for Safeguard {
    type Err = UnknownSafeguard;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        let found = Self::ALL.into_iter().find(|it| it.name() == name);
        found.ok_or_else(|| UnknownSafeguard(name.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn safeguards_parse_by_name_and_other_words_are_rejected() {
        for safeguard in Safeguard::ALL {
            assert_eq!(safeguard.name().parse(), Ok(safeguard));
        }
        let error = "none".parse::<Safeguard>().unwrap_err().to_string();
        assert!(
            error.contains("\"none\"") && error.contains("hold-back"),
            "{error}"
        );
    }
}
