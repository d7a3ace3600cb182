//! One terminal's connection while recording: a sink, and a task that forwards what arrives.

use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt as _, StreamExt as _};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::player::Arrival;
use crate::player::handshake::Socket;

/// The close codes of an end without a code, and of one without a close frame (RFC 6455 §7.1.5).
const NO_STATUS: u16 = 1005;
const ABNORMAL: u16 = 1006;

/// What arrived, and in which terminal.
pub(super) type Arrivals = mpsc::UnboundedSender<(usize, Arrival)>;

/// An open connection. It ends when it is dropped.
pub(super) struct Connection {
    sink: SplitSink<Socket, Message>,
    reader: JoinHandle<()>,
    leaving: bool,
}

impl Connection {
    /// Forwards what arrives to `arrivals`, as of terminal number `terminal`; the end of the connection comes last.
    /// Pings and pongs are forwarded only if `shows_pings` is set.
    pub(super) fn open(
        socket: Socket,
        terminal: usize,
        shows_pings: bool,
        arrivals: Arrivals,
    ) -> Self {
        let (sink, stream) = socket.split();
        let reader = tokio::spawn(read(stream, terminal, shows_pings, arrivals));
        Self {
            sink,
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
        self.sink.send(message).await
    }
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.reader.abort();
    }
}

async fn read(
    mut stream: SplitStream<Socket>,
    terminal: usize,
    shows_pings: bool,
    arrivals: Arrivals,
) {
    let text = |data: &[u8]| String::from_utf8_lossy(data).into_owned();
    let mut end = (ABNORMAL, String::new());
    while let Some(Ok(message)) = stream.next().await {
        let arrival = match message {
            Message::Text(text) => Arrival::Text(text.as_str().to_owned()),
            Message::Binary(bytes) => Arrival::Binary(bytes.to_vec()),
            Message::Close(frame) => {
                end = frame.map_or((NO_STATUS, String::new()), |frame| {
                    (frame.code.into(), frame.reason.as_str().to_owned())
                });
                break;
            }
            Message::Ping(data) if shows_pings => Arrival::Ping(text(&data)),
            Message::Pong(data) if shows_pings => Arrival::Pong(text(&data)),
            Message::Ping(_) | Message::Pong(_) | Message::Frame(_) => continue,
        };
        if arrivals.send((terminal, arrival)).is_err() {
            return;
        }
    }
    let (code, reason) = end;
    // It fails if the recording is over.
    let _ = arrivals.send((terminal, Arrival::Closed { code, reason }));
    // The library answers the close frame while it is read on.
    while let Some(Ok(_)) = stream.next().await {}
}
