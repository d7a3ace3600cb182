//! Safeguards that can be disabled one at a time. A checker that misses a disabled safeguard would prove nothing.

use std::fmt;

use clap::ValueEnum;
use papo_protocol::session;

/// A mechanism of the session, the app or the back end that prevents losses, duplicates or reordering. The first eight are the
/// session's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Safeguard {
    /// Messages that arrive early are held back until the missing ones have arrived.
    HoldBack,
    /// Sequence numbers are only compared within one epoch.
    Epoch,
    /// A message leaves the outbox only when it comes back with its `seq`.
    Acknowledgement,
    /// The next message is sent when the previous one is acknowledged.
    OneAtATime,
    /// Only a stable connection resets the back-off.
    BackOff,
    /// A silent connection is probed with a ping.
    #[value(name = "signs-of-life")]
    Heartbeat,
    /// An edit or a deletion counts only if it is by the author of the message.
    Author,
    /// Edits and reactions are folded in the order of the log.
    FoldOrder,
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
    /// The behaviour without it.
    pub fn without_it(self) -> &'static str {
        match self {
            Self::HoldBack => "early messages are shown at once, and the gap is never filled",
            Self::Epoch => "the numbers of a new log are taken for those of the old one",
            Self::Acknowledgement => "a message leaves the outbox as soon as it is sent",
            Self::OneAtATime => "all waiting messages are sent at the same time",
            Self::BackOff => "every connection that opens resets the back-off",
            Self::Author => "a page applies edits and deletions by anyone",
            Self::FoldOrder => "edits are applied in the order in which they arrive",
            Self::Heartbeat => "a silent connection is trusted forever",
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
        Some(match self {
            Self::HoldBack => session::Safeguard::HoldBack,
            Self::Epoch => session::Safeguard::Epoch,
            Self::Acknowledgement => session::Safeguard::Acknowledgement,
            Self::OneAtATime => session::Safeguard::OneAtATime,
            Self::BackOff => session::Safeguard::BackOff,
            Self::Heartbeat => session::Safeguard::Heartbeat,
            Self::Author => session::Safeguard::Author,
            Self::FoldOrder => session::Safeguard::FoldOrder,
            _ => return None,
        })
    }
}

/// The name on the command line.
impl fmt::Display for Safeguard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let value = self.to_possible_value();
        f.write_str(value.as_ref().map_or("", |value| value.get_name()))
    }
}
