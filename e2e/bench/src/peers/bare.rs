//! The minimal broadcast server: sends each message that it receives to every connection.
//!
//! Its sockets have the buffers of the gateway's, so that the difference is what the chat does.

use std::io::Write as _;

use anyhow::Result;
use futures::{SinkExt as _, StreamExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::broadcast;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Message, Utf8Bytes};

/// Frames that may wait for a client before it loses some. More than a run sends.
const QUEUE: usize = 100_000;

/// Bytes read at once, as in the gateway. The library's default of 128 KiB makes each read of a short message slower.
const READ_BUFFER: usize = 4 * 1024;

/// Prints its port and serves until it is killed.
pub(crate) fn serve() -> Result<()> {
    tokio::runtime::Runtime::new()?.block_on(async {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        writeln!(std::io::stdout(), "{}", listener.local_addr()?.port())?;
        let (sender, _) = broadcast::channel(QUEUE);
        loop {
            let (stream, _) = listener.accept().await?;
            stream.set_nodelay(true)?;
            // A client that breaks its connection has left.
            tokio::spawn(serve_client(stream, sender.clone(), sender.subscribe()));
        }
    })
}

async fn serve_client(
    stream: TcpStream,
    sender: broadcast::Sender<Utf8Bytes>,
    mut receiver: broadcast::Receiver<Utf8Bytes>,
) -> Result<()> {
    let config = WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0);
    let mut socket = tokio_tungstenite::accept_async_with_config(stream, Some(config)).await?;
    loop {
        tokio::select! {
            frame = socket.next() => match frame {
                Some(Ok(Message::Text(text))) => {
                    sender.send(text)?;
                }
                Some(Ok(_)) => {}
                Some(Err(_)) | None => return Ok(()),
            },
            frame = receiver.recv() => socket.send(Message::Text(frame?)).await?,
        }
    }
}
