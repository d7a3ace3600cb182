//! The room's log, as far as clients name it.
//!
//! The back end writes every message into a log before it tells anybody, so the log is the truth and a broadcast is a hint.
//! A message's number in the log says where it stands, the same for everybody. The epoch names the log: under another
//! epoch, numbers mean other messages.

/// A number in a log. The first message has 1, the next one 2; 0 stands before all of them.
pub type Seq = u64;

/// Names a log. Made by the back end when the log begins; clients only compare it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Epoch(String);

impl Epoch {
    /// Takes a name as the back end gave it.
    pub fn new(name: impl Into<String>) -> Self {
        Self(name.into())
    }

    /// The name as it stands on the wire.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A place in a log: behind the message `seq` of the log `epoch`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Position {
    /// Which log.
    pub epoch: Epoch,
    /// The last message before the place.
    pub seq: Seq,
}

/// Which part of the log a client asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Range {
    /// The oldest messages after this one: what was missed.
    After(Seq),
    /// The newest messages before this one: what was said earlier.
    Before(Seq),
}
