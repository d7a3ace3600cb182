//! One client: a thread that notes when each message arrives.

use std::net::TcpStream;
use std::sync::mpsc::Sender;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use tungstenite::{Message, WebSocket};

/// How long a client waits for the next message before it gives up.
const LIMIT: Duration = Duration::from_secs(30);

/// Every message of the load starts with this, followed by its number.
const PREFIX: &str = "bench ";

/// A message that reached a client.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Delivery {
    pub(crate) client: usize,
    /// The number of the message, in the order of sending.
    pub(crate) message: usize,
    pub(crate) at: Instant,
}

/// A connection to the chat.
pub(crate) type Socket = WebSocket<TcpStream>;

/// Connects to `ws://HOST:PORT/STAGE`.
///
/// # Errors
/// When the gateway refuses.
pub(crate) fn connect(endpoint: &str) -> Result<Socket> {
    let rest = endpoint
        .strip_prefix("ws://")
        .with_context(|| format!("{endpoint} does not start with ws://"))?;
    let host = rest.split('/').next().unwrap_or(rest);
    let stream = TcpStream::connect(host).with_context(|| format!("cannot connect to {host}"))?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(LIMIT))?;
    let (socket, _) = tungstenite::client(endpoint, stream)
        .with_context(|| format!("no WebSocket at {endpoint}"))?;
    Ok(socket)
}

/// A second handle on the same connection, for writing only.
///
/// # Errors
/// When the operating system gives none.
pub(crate) fn writing_half(socket: &Socket) -> Result<Socket> {
    let stream = socket
        .get_ref()
        .try_clone()
        .context("cannot write and read at the same time")?;
    Ok(WebSocket::from_raw_socket(
        stream,
        tungstenite::protocol::Role::Client,
        None,
    ))
}

/// Reads until the connection is closed or the receiver of deliveries is dropped.
pub(crate) fn listen(client: usize, mut socket: Socket, deliveries: &Sender<Delivery>) {
    while let Ok(message) = socket.read() {
        let at = Instant::now();
        let Message::Text(text) = message else {
            continue;
        };
        let Some(message) = number(&text) else {
            continue;
        };
        if deliveries
            .send(Delivery {
                client,
                message,
                at,
            })
            .is_err()
        {
            return;
        }
    }
}

/// The frame that sends message `number`.
pub(crate) fn frame(number: usize) -> Message {
    Message::text(format!(
        r#"{{"action":"sendMessage","message":"{PREFIX}{number}"}}"#
    ))
}

/// Which message of the load this event is, if any.
fn number(event: &str) -> Option<usize> {
    let event: serde_json::Value = serde_json::from_str(event).ok()?;
    event["message"]
        .as_str()?
        .strip_prefix(PREFIX)?
        .parse()
        .ok()
}

#[cfg(test)]
mod tests {
    use super::{frame, number};

    #[test]
    fn messages_of_the_load_are_recognised_by_their_number() {
        assert_eq!(
            number(r#"{"connectionId":"a","message":"bench 17","messageId":"b","type":"message"}"#),
            Some(17)
        );
        assert_eq!(
            number(r#"{"type":"error","code":"x","message":"it went wrong"}"#),
            None
        );
        assert_eq!(number("no JSON"), None);
    }

    #[test]
    fn a_frame_is_the_action_of_the_original_protocol() {
        assert_eq!(
            frame(3).to_text().unwrap(),
            r#"{"action":"sendMessage","message":"bench 3"}"#
        );
    }
}
