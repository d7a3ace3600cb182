//! What can arrive in a terminal.

use std::fmt;

/// What arrived, in the order in which it did.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Arrival {
    /// A text frame.
    Text(String),
    /// A binary frame.
    Binary(Vec<u8>),
    /// A ping, in a terminal that shows them.
    Ping(String),
    /// A pong, in a terminal that shows them.
    Pong(String),
    /// The end of the connection: nothing follows.
    Closed {
        /// The close code as `wscat` prints it: 1005 if the other side gave none, 1006 if it vanished.
        code: u16,
        /// The reason, mostly empty.
        reason: String,
    },
}

/// As a transcript would write it.
impl fmt::Display for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "< {text}"),
            Self::Binary(bytes) => {
                f.write_str("< <bytes")?;
                for byte in bytes {
                    write!(f, " {byte:02x}")?;
                }
                f.write_str(">")
            }
            Self::Ping(data) => write!(f, "< Received ping (data: \"{data}\")"),
            Self::Pong(data) => write!(f, "< Received pong (data: \"{data}\")"),
            Self::Closed { code, reason } => {
                write!(f, "Disconnected (code: {code}, reason: \"{reason}\")")
            }
        }
    }
}
