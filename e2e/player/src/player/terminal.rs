//! One terminal: its connection, and the queue of what arrived and has not been read by a line.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures::stream::{SplitSink, SplitStream};
use futures::{SinkExt as _, StreamExt as _};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;
use tokio::time::{Instant, timeout_at};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{self, Message};

use super::arrival::Arrival;
use super::deflate::{self, Deflater, Unfinished};
use super::handshake::{Opened, Socket};
use super::log::Log;
use super::receiver::{NO_STATUS, receive};
use crate::transcript::TerminalId;

/// The codes of a connection that has fulfilled its purpose, and of a server that shuts down (RFC 6455 §7.4.1).
const NORMAL: u16 = 1000;
const GOING_AWAY: u16 = 1001;

/// A terminal, at first without a connection.
#[derive(Default)]
pub(super) struct Terminal {
    connection: Option<Connection>,
    unread: VecDeque<Arrived>,
    /// Of the connection, or of the last one if it has ended.
    unfinished: Unfinished,
    /// The code of the close frame that was sent, if it had one.
    closed_with: Option<u16>,
}

/// An arrival, and when it arrived. What arrives after a time limit must not count, or a server that never stops sending would be
/// read for ever.
struct Arrived {
    at: Instant,
    arrival: Arrival,
}

struct Connection {
    /// Shared with the task that closes it after a time.
    sink: Arc<Mutex<SplitSink<Socket, Message>>>,
    deflater: Option<Deflater>,
    arrivals: mpsc::UnboundedReceiver<Arrived>,
    reader: JoinHandle<()>,
    closer: Option<JoinHandle<()>>,
}

/// How a terminal shows what arrives.
#[derive(Default)]
pub(super) struct Options {
    /// Whether pings and pongs are arrivals.
    pub(super) shows_pings: bool,
    /// Records arrivals.
    pub(super) log: Option<(Log, TerminalId)>,
}

/// The result of waiting.
pub(super) enum Wait {
    Arrived(Arrival),
    TimedOut,
}

/// The arrivals of the connection.
enum Received {
    Arrival(Arrived),
    /// Nothing more can arrive.
    Ended,
    TimedOut,
}

/// The other side did not close the connection in time.
#[derive(Debug)]
pub(super) struct NotClosed;

impl Drop for Connection {
    fn drop(&mut self) {
        self.reader.abort();
        if let Some(closer) = &self.closer {
            closer.abort();
        }
    }
}

impl Terminal {
    /// A terminal with this connection. Frames are received from now on, whether or not a line reads them.
    pub(super) fn open(opened: Opened, options: Options) -> Self {
        let (sink, stream) = opened.socket.split();
        let (sender, arrivals) = mpsc::unbounded_channel();
        Self {
            connection: Some(Connection {
                sink: Arc::new(Mutex::new(sink)),
                deflater: opened.deflater,
                arrivals,
                reader: tokio::spawn(read(stream, sender, opened.unfinished.clone(), options)),
                closer: None,
            }),
            unread: VecDeque::new(),
            unfinished: opened.unfinished,
            closed_with: None,
        }
    }

    /// Sends a message in frames of at most `max` bytes, compressed if the server agreed to that.
    pub(super) async fn send(
        &mut self,
        message: Message,
        max: usize,
    ) -> Result<(), tungstenite::Error> {
        let Some(connection) = &mut self.connection else {
            return Err(tungstenite::Error::AlreadyClosed);
        };
        let mut sink = connection.sink.lock().await;
        for frame in deflate::frames(message, max, connection.deflater.as_mut()) {
            sink.send(frame).await?;
        }
        Ok(())
    }

    /// Begins to close the connection after `wait`, whatever has been read by then.
    pub(super) fn close_after(&mut self, wait: Duration) {
        if let Some(connection) = &mut self.connection {
            let sink = Arc::clone(&connection.sink);
            connection.closer = Some(tokio::spawn(async move {
                tokio::time::sleep(wait).await;
                // It fails when the connection has ended already.
                let _ = sink.lock().await.send(Message::Close(None)).await;
            }));
        }
    }

    /// Ends the TCP connection without a close frame. Discards what arrived and was not read.
    pub(super) async fn cut(&mut self) {
        if let Some(mut connection) = self.connection.take() {
            // The socket closes when both of its halves are dropped, so both tasks must have ended.
            connection.reader.abort();
            let _ = (&mut connection.reader).await;
            if let Some(closer) = &mut connection.closer {
                closer.abort();
                let _ = closer.await;
            }
        }
        self.unread.clear();
        self.forget_unfinished_message();
    }

    /// The next arrival that no line has read, if it arrives until `deadline`.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost if the future is dropped.
    pub(super) async fn next(&mut self, deadline: Instant) -> Wait {
        let next = match self.unread.pop_front() {
            Some(arrived) => Received::Arrival(arrived),
            None => self.receive(deadline).await,
        };
        match next {
            Received::Arrival(arrived) if arrived.at > deadline => {
                self.unread.push_front(arrived);
                Wait::TimedOut
            }
            Received::Arrival(arrived) => Wait::Arrived(arrived.arrival),
            Received::TimedOut => Wait::TimedOut,
            Received::Ended => {
                // Nothing more can arrive, but the silence must still last as long as the line says.
                tokio::time::sleep_until(deadline).await;
                Wait::TimedOut
            }
        }
    }

    /// Closes the connection and waits until the other side has closed it too. What arrives until then can still be read.
    pub(super) async fn close(
        &mut self,
        with: Option<(u16, &str)>,
        limit: Duration,
    ) -> Result<(), NotClosed> {
        let Some(connection) = &mut self.connection else {
            return Ok(());
        };
        self.closed_with = with.map(|(code, _)| code);
        let deadline = Instant::now() + limit;
        // It fails when the connection has ended already; the queue says so.
        let frame = with.map(|(code, reason)| CloseFrame {
            code: code.into(),
            reason: reason.into(),
        });
        let _ = timeout_at(deadline, async {
            let mut sink = connection.sink.lock().await;
            sink.send(Message::Close(frame)).await
        })
        .await;
        let is_end = |arrived: &Arrived| arrived.arrival.is_end();
        while !self.unread.back().is_some_and(is_end) {
            match self.receive(deadline).await {
                Received::Arrival(arrived) if arrived.at > deadline => {
                    self.unread.push_back(arrived);
                    return Err(NotClosed);
                }
                Received::Arrival(arrived) => self.unread.push_back(arrived),
                // The end was read by an earlier line.
                Received::Ended => break,
                Received::TimedOut => return Err(NotClosed),
            }
        }
        self.connection = None;
        Ok(())
    }

    async fn receive(&mut self, deadline: Instant) -> Received {
        let Some(connection) = &mut self.connection else {
            return Received::Ended;
        };
        match timeout_at(deadline, connection.arrivals.recv()).await {
            Ok(Some(arrival)) => Received::Arrival(arrival),
            Ok(None) => Received::Ended,
            Err(_) => Received::TimedOut,
        }
    }

    /// Whether this side has not closed the connection.
    pub(super) fn is_open(&self) -> bool {
        self.connection.is_some()
    }

    /// Whether a part of a message has arrived and the rest has not, although the connection is open or ended with a close frame.
    pub(super) fn has_unfinished_message(&self) -> bool {
        self.unfinished.get()
    }

    /// Forgets a part of a message that has arrived.
    pub(super) fn forget_unfinished_message(&mut self) {
        self.unfinished = Unfinished::default();
    }

    /// Whether a time was set after which it closes.
    pub(super) fn closes_itself(&self) -> bool {
        let connection = self.connection.as_ref();
        connection.is_some_and(|connection| connection.closer.is_some())
    }

    /// Whether `code` is an answer to a close frame from this side. Any other code means that the server ended the connection.
    pub(super) fn is_answer(&self, code: u16) -> bool {
        matches!(code, NORMAL | GOING_AWAY | NO_STATUS) || self.closed_with == Some(code)
    }

    /// Forgets what was collected and not read, except for the end of the connection.
    pub(super) fn forget_frames(&mut self) {
        self.unread.retain(|arrived| arrived.arrival.is_end());
    }

    /// Puts back what was taken last.
    pub(super) fn put_back(&mut self, arrival: Arrival) {
        let at = Instant::now();
        self.unread.push_front(Arrived { at, arrival });
    }

    /// Whether anything can have arrived.
    pub(super) fn has_been_open(&self) -> bool {
        self.connection.is_some() || !self.unread.is_empty()
    }

    /// Takes what has arrived into the queue, without waiting.
    pub(super) fn collect(&mut self) {
        let now = Instant::now();
        if let Some(connection) = &mut self.connection {
            while let Ok(arrived) = connection.arrivals.try_recv() {
                let is_late = arrived.at > now;
                self.unread.push_back(arrived);
                if is_late {
                    return;
                }
            }
        }
    }

    /// What arrived and no line has read, as far as it was collected.
    pub(super) fn unread(&self) -> impl Iterator<Item = &Arrival> {
        self.unread.iter().map(|arrived| &arrived.arrival)
    }
}

/// Queues and logs what arrives until the connection ends.
async fn read(
    stream: SplitStream<Socket>,
    arrivals: mpsc::UnboundedSender<Arrived>,
    unfinished: Unfinished,
    Options { shows_pings, log }: Options,
) {
    receive(stream, shows_pings, |arrival| {
        if arrival.is_abrupt() {
            // It says already that something is missing.
            unfinished.set(false);
        }
        if let Some((log, terminal)) = &log {
            log.note(*terminal, &arrival.to_string());
        }
        // It fails if the transcript is over.
        let at = Instant::now();
        arrivals.send(Arrived { at, arrival }).is_ok()
    })
    .await;
}
