//! A WebSocket with the interface of a browser: `send` never blocks, and events are reported.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use papo_protocol::session::{Input, SocketId};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::chaos::source;

/// How long the closing handshake may take.
const CLOSING: Duration = Duration::from_secs(5);

/// A socket that is open or connecting.
#[derive(Debug)]
pub(super) struct Socket {
    frames: mpsc::UnboundedSender<String>,
    task: AbortHandle,
}

impl Socket {
    /// Opens a socket with this id.
    pub(super) fn open(
        id: SocketId,
        from: Ipv4Addr,
        address: SocketAddr,
        path: &str,
        inputs: mpsc::UnboundedSender<Input>,
    ) -> Self {
        let (frames, to_send) = mpsc::unbounded_channel();
        let path = path.to_owned();
        let task = tokio::spawn(async move {
            let report = |input| {
                // The receiver is dropped with the tab.
                let _ = inputs.send(input);
            };
            if let Ok(socket) = source::open(from, address, &path).await {
                report(Input::Opened(id));
                // An error closes the socket, too.
                let _ = run(socket, to_send, |frame| report(Input::Received(id, frame))).await;
            }
            report(Input::Closed(id));
        });
        Self {
            frames,
            task: task.abort_handle(),
        }
    }

    /// Queues a frame. It is dropped if the socket is closed before it is sent.
    pub(super) fn send(&self, frame: String) {
        // The receiver is dropped with the connection.
        let _ = self.frames.send(frame);
    }

    /// Closes the connection with a closing handshake.
    pub(super) fn close(self) {
        drop(self.frames);
    }

    /// Drops the connection without a closing handshake, as in a crash of the browser.
    pub(super) fn vanish(self) {
        self.task.abort();
    }
}

/// Sends and receives until either end closes the connection.
async fn run(
    mut socket: WebSocketStream<TcpStream>,
    mut to_send: mpsc::UnboundedReceiver<String>,
    receive: impl Fn(String),
) -> Result<(), Error> {
    loop {
        tokio::select! {
            frame = to_send.recv() => match frame {
                Some(frame) => socket.send(Message::text(frame)).await?,
                None => break,
            },
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => receive(text.to_string()),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error),
                None => return Ok(()),
            },
        }
    }
    let close = async {
        socket.close(None).await?;
        while socket.next().await.transpose()?.is_some() {}
        Ok(())
    };
    tokio::time::timeout(CLOSING, close).await.unwrap_or(Ok(()))
}
