//! Receives frames and the end of a connection, for playing and for recording.

use futures::StreamExt as _;
use futures::stream::SplitStream;
use tokio::task::coop::consume_budget;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};

use super::arrival::Arrival;
use super::deflate::InvalidFrame;
use super::handshake::{MAX_MESSAGE, Socket, lower_first};

/// No close frame, or one without a code (RFC 6455 §7.1.5).
pub(super) const NO_STATUS: u16 = 1005;

/// The connection ended without a close frame (RFC 6455 §7.1.5).
pub(super) const ABNORMAL: u16 = 1006;

/// Passes what arrives to `deliver`, with the end of the connection last, until it returns `false`. Pings and pongs arrive only if
/// `shows_pings` is set. The library answers pings and the closing handshake while it is read.
pub(crate) async fn receive(
    mut stream: SplitStream<Socket>,
    shows_pings: bool,
    mut deliver: impl FnMut(Arrival) -> bool,
) {
    let text = |data: &[u8]| String::from_utf8_lossy(data).into_owned();
    let mut closed = false;
    while let Some(frame) = stream.next().await {
        // A server that never stops sending must not hold up the lines of the transcript.
        consume_budget().await;
        let arrival = match frame {
            Ok(Message::Text(text)) => Arrival::Text(text.as_str().to_owned()),
            Ok(Message::Binary(bytes)) => Arrival::Binary(bytes.to_vec()),
            Ok(Message::Close(frame)) => {
                closed = true;
                ended(frame)
            }
            Ok(Message::Ping(data)) if shows_pings => Arrival::Ping(text(&data)),
            Ok(Message::Pong(data)) if shows_pings => Arrival::Pong(text(&data)),
            Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_)) => continue,
            Err(error) => match violation(&error) {
                // What a server does after its close frame does not matter.
                Some(violation) if !closed => {
                    closed = true;
                    Arrival::ProtocolError(violation)
                }
                _ => break,
            },
        };
        let violated = matches!(arrival, Arrival::ProtocolError(_));
        if !deliver(arrival) || violated {
            return;
        }
    }
    if !closed {
        let (code, reason) = (ABNORMAL, String::new());
        deliver(Arrival::Closed { code, reason });
    }
}

/// The end that a close frame says.
fn ended(frame: Option<CloseFrame>) -> Arrival {
    let Some(frame) = frame else {
        let (code, reason) = (NO_STATUS, String::new());
        return Arrival::Closed { code, reason };
    };
    // The library replaces close frames whose code must not be sent with this (RFC 6455 §7.4).
    if u16::from(frame.code) == 1002 && frame.reason.as_str() == "Protocol violation" {
        return Arrival::ProtocolError("invalid close code".to_owned());
    }
    Arrival::Closed {
        code: frame.code.into(),
        reason: frame.reason.as_str().to_owned(),
    }
}

/// How the server violated the protocol, if that is what `error` says. Anything else is an end without a close frame.
fn violation(error: &Error) -> Option<String> {
    match error {
        Error::Protocol(
            ProtocolError::ResetWithoutClosingHandshake | ProtocolError::SendAfterClosing,
        ) => None,
        Error::Protocol(error) => Some(lower_first(&error.to_string())),
        Error::Utf8(_) => Some("invalid UTF-8".to_owned()),
        Error::Io(error) => {
            let invalid: &InvalidFrame = error.get_ref()?.downcast_ref()?;
            Some(invalid.to_string())
        }
        Error::Capacity(_) => Some(format!(
            "a message of more than {} MiB, which is more than this program reads",
            MAX_MESSAGE / 1024 / 1024
        )),
        _ => None,
    }
}
