//! Why a connection ends, and what is reported to the client and to `$disconnect`.
//!
//! Close codes: <https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-websocket-api-overview.html>.
//! Reasons are those of recorded `$disconnect` events.

use tokio_tungstenite::tungstenite::{
    self,
    protocol::{CloseFrame, frame::coding::CloseCode},
};

/// Why a connection ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The client sent a close frame, with this code and reason.
    ClosedByClient(Option<(u16, String)>),
    /// The network failed, or the client hung up without a close frame.
    Lost,
    /// `DELETE @connections`.
    Deleted,
    /// No message in either direction for the idle time.
    Idle,
    /// The connection reached its maximum duration.
    TooOld,
    /// The gateway is shutting down.
    Shutdown,
    /// A frame over 32 KB or a message over 128 KB.
    TooBig,
    /// A binary message, which WebSocket APIs do not support.
    Binary,
    /// A text message that is not UTF-8.
    NotText,
    /// Frames that violate RFC 6455.
    ProtocolError,
}

impl Ending {
    /// Code and reason of the `$disconnect` event.
    pub(crate) fn reported(&self) -> (u16, &str) {
        match self {
            Self::ClosedByClient(Some((code, reason))) => (*code, reason),
            Self::ClosedByClient(None) => (1005, "Client-side close frame status not set"),
            Self::Lost => (1006, ""),
            Self::Deleted => (1000, "Connection Closed Normally"),
            Self::Idle | Self::TooOld | Self::Shutdown => (1001, "Going away"),
            Self::ProtocolError => (1002, ""),
            Self::Binary => (1003, ""),
            Self::NotText => (1007, ""),
            Self::TooBig => (1009, ""),
        }
    }

    /// The close frame that the gateway sends; none when the client has ended the connection already.
    pub(crate) fn close_frame(&self) -> Option<CloseFrame> {
        match self {
            Self::ClosedByClient(_) | Self::Lost => None,
            // The reason of a normal end is in the event only.
            Self::Deleted => Some(CloseFrame {
                code: CloseCode::Normal,
                reason: "".into(),
            }),
            _ => {
                let (code, reason) = self.reported();
                Some(CloseFrame {
                    code: code.into(),
                    reason: reason.into(),
                })
            }
        }
    }

    /// The cause, for the log.
    pub(crate) fn cause(&self) -> &'static str {
        match self {
            Self::ClosedByClient(_) => "closed by the client",
            Self::Lost => "lost",
            Self::Deleted => "deleted through @connections",
            Self::Idle => "idle timeout",
            Self::TooOld => "maximum duration reached",
            Self::Shutdown => "the gateway is shutting down",
            Self::TooBig => "a frame over 32 KB or a message over 128 KB",
            Self::Binary => "a binary message, which WebSocket APIs do not support",
            Self::NotText => "a message that is not UTF-8",
            Self::ProtocolError => "frames that violate RFC 6455",
        }
    }

    /// The ending that a read error amounts to.
    pub(crate) fn of_error(error: &tungstenite::Error) -> Self {
        use tungstenite::{Error, error::ProtocolError};
        match error {
            Error::Capacity(_) => Self::TooBig,
            Error::Utf8(_) => Self::NotText,
            Error::Protocol(ProtocolError::ResetWithoutClosingHandshake) => Self::Lost,
            Error::Protocol(_) => Self::ProtocolError,
            _ => Self::Lost,
        }
    }
}
