//! How appended entries reach the other connections of a room.
//!
//! | | `direct` | `stream` |
//! |---|---|---|
//! | broadcasts | the invocation that appended the entry | one function that reads the table's stream, in order |
//! | frames in a burst | one for each message and connection | one for all messages since its last round |
//! | latency | lowest | up to 250 ms more, until Lambda polls the stream; in a burst up to 0.6 s more than that |
//! | a process that dies after the commit | clients notice the gap and catch up | Lambda invokes the broadcaster again |
//!
//! In both, the log is the truth and a broadcast is a hint.
//!
//! With `stream`, the author does not get its copy earlier than the others. That would be one frame more for each message, 60 %
//! more in a burst in a room of ten; and while earlier entries of others are still in the stream, it would be ahead of them, so
//! that the client would hold it back, and request the missing ones after [`papo_protocol::limits::HOLD_BACK_MS`].

use std::str::FromStr;

/// Which function broadcasts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Fanout {
    /// The function that appended the entry.
    #[default]
    Direct,
    /// [`crate::handlers::broadcaster`].
    Stream,
}

/// A setting is neither `direct` nor `stream`.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("FANOUT must be direct or stream, not {0:?}; set Fanout in template.yaml")]
pub struct InvalidFanout(String);

impl FromStr for Fanout {
    type Err = InvalidFanout;

    fn from_str(text: &str) -> Result<Self, InvalidFanout> {
        match text {
            "direct" => Ok(Self::Direct),
            "stream" => Ok(Self::Stream),
            other => Err(InvalidFanout(other.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejects_other_settings() {
        assert_eq!("direct".parse(), Ok(Fanout::Direct));
        assert_eq!("stream".parse(), Ok(Fanout::Stream));
        for bad in ["", "Direct", "both"] {
            assert_eq!(bad.parse::<Fanout>(), Err(InvalidFanout(bad.to_owned())));
        }
    }
}
