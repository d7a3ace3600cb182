//! One terminal's connection while recording: a sink, and a task that forwards what arrives.

use futures::stream::SplitSink;
use futures::{SinkExt as _, StreamExt as _};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::player::Arrival;
use crate::player::deflate::{self, Deflater};
use crate::player::handshake::{Opened, Socket};
use crate::player::receiver::receive;

/// What arrived, and in which terminal.
pub(super) type Arrivals = mpsc::UnboundedSender<(usize, Arrival)>;

/// An open connection. It ends when it is dropped.
pub(super) struct Connection {
    sink: SplitSink<Socket, Message>,
    deflater: Option<Deflater>,
    reader: JoinHandle<()>,
    leaving: bool,
}

impl Connection {
    /// Forwards what arrives to `arrivals`, as of terminal number `terminal`; the end of the connection comes last.
    /// Pings and pongs are forwarded only if `shows_pings` is set.
    pub(super) fn open(
        opened: Opened,
        terminal: usize,
        shows_pings: bool,
        arrivals: Arrivals,
    ) -> Self {
        let (sink, stream) = opened.socket.split();
        let reader = tokio::spawn(async move {
            // Sending fails if the recording is over.
            let forward = |arrival| arrivals.send((terminal, arrival)).is_ok();
            receive(stream, shows_pings, forward).await;
        });
        Self {
            sink,
            deflater: opened.deflater,
            reader,
            leaving: false,
        }
    }

    /// Begins to close it; the end arrives when the server has closed it too.
    pub(super) async fn leave(&mut self) {
        self.leaving = true;
        // It fails if the connection has ended, which will arrive as an event.
        let _ = self.sink.send(Message::Close(None)).await;
    }

    /// Whether it is being closed from here.
    pub(super) fn is_leaving(&self) -> bool {
        self.leaving
    }

    pub(super) async fn send(&mut self, message: Message) -> Result<(), Error> {
        for frame in deflate::frames(message, usize::MAX, self.deflater.as_mut()) {
            self.sink.send(frame).await?;
        }
        Ok(())
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.reader.abort();
    }
}
