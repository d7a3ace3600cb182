//! A WebSocket as a browser has it: frames are taken at once, and what happens is told.

use std::net::SocketAddr;
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use papo_protocol::session::{Input, SocketId};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::AbortHandle;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

/// How long a socket that was closed may wait for the other end to say so, too.
const CLOSING: Duration = Duration::from_secs(5);

/// A socket that is open, or will be.
#[derive(Debug)]
pub(super) struct Socket {
    frames: mpsc::UnboundedSender<String>,
    task: AbortHandle,
}

impl Socket {
    /// Opens a socket under this name.
    pub(super) fn open(
        name: SocketId,
        address: SocketAddr,
        path: &str,
        happenings: mpsc::UnboundedSender<Input>,
    ) -> Self {
        let (frames, to_send) = mpsc::unbounded_channel();
        let url = format!("ws://{address}{path}");
        let task = tokio::spawn(async move {
            let tell = |input| {
                // Nobody listens any more once the tab is gone.
                let _ = happenings.send(input);
            };
            if let Ok(socket) = connect(address, &url).await {
                tell(Input::Opened(name));
                // However it ended, it is closed.
                let _ = talk(socket, to_send, |frame| tell(Input::Received(name, frame))).await;
            }
            tell(Input::Closed(name));
        });
        Self {
            frames,
            task: task.abort_handle(),
        }
    }

    /// Sends a frame as soon as it can be, if at all.
    pub(super) fn send(&self, frame: String) {
        // A socket that has ended takes frames like one that is about to.
        let _ = self.frames.send(frame);
    }

    /// Says goodbye, and ends.
    pub(super) fn close(self) {
        drop(self.frames);
    }

    /// Ends without a word, as the socket of a browser that has crashed.
    pub(super) fn vanish(self) {
        self.task.abort();
    }
}

async fn connect(address: SocketAddr, url: &str) -> Result<WebSocketStream<TcpStream>, Error> {
    let stream = TcpStream::connect(address).await?;
    stream.set_nodelay(true)?;
    let (socket, _) = client_async(url, stream).await?;
    Ok(socket)
}

/// Until either end closes.
async fn talk(
    mut socket: WebSocketStream<TcpStream>,
    mut to_send: mpsc::UnboundedReceiver<String>,
    hear: impl Fn(String),
) -> Result<(), Error> {
    loop {
        tokio::select! {
            frame = to_send.recv() => match frame {
                Some(frame) => socket.send(Message::text(frame)).await?,
                None => break,
            },
            message = socket.next() => match message {
                Some(Ok(Message::Text(text))) => hear(text.to_string()),
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error),
                None => return Ok(()),
            },
        }
    }
    let goodbye = async {
        socket.close(None).await?;
        while socket.next().await.transpose()?.is_some() {}
        Ok(())
    };
    tokio::time::timeout(CLOSING, goodbye)
        .await
        .unwrap_or(Ok(()))
}
