//! Events that can arrive in a terminal.

use std::fmt;

use super::receiver::ABNORMAL;
use crate::transcript::written;

/// Something that arrived.
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
        /// The close code as `wscat` prints it: 1005 if the server gave none, 1006 if there was no close frame.
        code: u16,
        /// The reason, usually empty.
        reason: String,
    },
    /// The server violated the WebSocket protocol, which ended the connection.
    ProtocolError(String),
}

impl Arrival {
    /// Whether it ends the connection.
    pub fn is_end(&self) -> bool {
        matches!(self, Self::Closed { .. } | Self::ProtocolError(_))
    }

    /// Whether it ends the connection, and not with a close frame.
    pub(super) fn is_abrupt(&self) -> bool {
        match self {
            Self::Closed { code, .. } => *code == ABNORMAL,
            other => other.is_end(),
        }
    }
}

/// As a transcript would write it.
impl fmt::Display for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => write!(f, "< {text}"),
            Self::Binary(bytes) => write!(f, "< {}", written(bytes)),
            Self::Ping(data) => write!(f, "< Received ping (data: \"{data}\")"),
            Self::Pong(data) => write!(f, "< Received pong (data: \"{data}\")"),
            Self::Closed { code, reason } => {
                write!(f, "Disconnected (code: {code}, reason: \"{reason}\")")
            }
            Self::ProtocolError(error) => write!(f, "Disconnected (protocol error: {error})"),
        }
    }
}
