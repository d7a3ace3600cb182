//! What can be left out, one at a time. A check that notices nothing then would prove nothing.

use std::fmt;
use std::str::FromStr;

use papo_protocol::session;

/// Something that the session, the app or the back end does so that nothing is lost, doubled or out of order.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Safeguard {
    /// One that is in the session itself.
    Session(session::Safeguard),
    /// A message whose connection is lost, or that nobody answers, is sent again.
    Resend,
    /// A client asks for what it missed.
    CatchUp,
    /// The outbox is kept where it outlives the page.
    SavedOutbox,
    /// The log takes each name once.
    UniqueNames,
    /// A message is written before anybody hears of it.
    WrittenFirst,
    /// A message is written only if its place in the log is free.
    FreePlace,
}

impl Safeguard {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Session(session::Safeguard::HoldBack),
        Self::Session(session::Safeguard::Epoch),
        Self::Session(session::Safeguard::Acknowledgement),
        Self::Session(session::Safeguard::OneAtATime),
        Self::Session(session::Safeguard::BackOff),
        Self::Session(session::Safeguard::SignsOfLife),
        Self::Resend,
        Self::CatchUp,
        Self::SavedOutbox,
        Self::UniqueNames,
        Self::WrittenFirst,
        Self::FreePlace,
    ];

    /// Its name on the command line.
    pub fn name(self) -> &'static str {
        match self {
            Self::Session(session::Safeguard::HoldBack) => "hold-back",
            Self::Session(session::Safeguard::Epoch) => "epoch",
            Self::Session(session::Safeguard::Acknowledgement) => "acknowledgement",
            Self::Session(session::Safeguard::OneAtATime) => "one-at-a-time",
            Self::Session(session::Safeguard::BackOff) => "back-off",
            Self::Session(session::Safeguard::SignsOfLife) => "signs-of-life",
            Self::Resend => "resend",
            Self::CatchUp => "catch-up",
            Self::SavedOutbox => "saved-outbox",
            Self::UniqueNames => "unique-names",
            Self::WrittenFirst => "written-first",
            Self::FreePlace => "free-place",
        }
    }

    /// What happens without it.
    pub fn without_it(self) -> &'static str {
        match self {
            Self::Session(session::Safeguard::HoldBack) => {
                "what comes too early is shown at once, and what was missing never"
            }
            Self::Session(session::Safeguard::Epoch) => {
                "the numbers of a log that began anew are taken for those of the old one"
            }
            Self::Session(session::Safeguard::Acknowledgement) => {
                "a message leaves the outbox when it is sent"
            }
            Self::Session(session::Safeguard::OneAtATime) => {
                "all messages that wait are sent at once"
            }
            Self::Session(session::Safeguard::BackOff) => {
                "the back-off begins anew with each connection that opens"
            }
            Self::Session(session::Safeguard::SignsOfLife) => {
                "a connection that says nothing is trusted for ever"
            }
            Self::Resend => "each message is sent once",
            Self::CatchUp => "nobody asks for what was missed",
            Self::SavedOutbox => "the outbox goes with the page",
            Self::UniqueNames => "a message that is sent again is another message",
            Self::WrittenFirst => {
                "a message is written after everybody was told, if the function lives so long"
            }
            Self::FreePlace => "whoever writes second believes that it has written",
        }
    }

    /// The one that is in the session, if it is.
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

/// Why a word names no [`Safeguard`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownSafeguard(String);

impl fmt::Display for UnknownSafeguard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let names = Safeguard::ALL.map(Safeguard::name).join(", ");
        write!(f, "there is no safeguard {:?}; there are {names}", self.0)
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
    fn every_safeguard_is_found_by_its_name_and_no_other_word_is_one() {
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
