//! One client's socket, from the handshake's end to the last byte: frames in, frames out, limits kept.
//!
//! Decides when a connection ends and how ([`Ending`]); what a message means is decided by whoever is handed it.

mod ending;
mod outbox;

use std::{sync::Arc, time::Duration};

use futures::{
    Sink, SinkExt, Stream, StreamExt,
    stream::{SplitSink, SplitStream},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::{Instant, sleep_until, timeout},
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message,
        protocol::{Role, WebSocketConfig},
    },
};
use tokio_util::sync::CancellationToken;

pub(crate) use self::{
    ending::Ending,
    outbox::{NotSent, Outbox},
};
use crate::connections::Connection;

/// Largest frame that a client may send, in bytes; API Gateway closes with 1009 above it
/// (<https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-execution-service-websocket-limits-table.html>).
const MAX_FRAME: usize = 32 * 1024;
/// Largest message in either direction, in bytes (same page).
pub(crate) const MAX_MESSAGE: usize = 128 * 1024;
/// Bytes read at once. Held by every connection, so small.
const READ_BUFFER: usize = 4 * 1024;
/// Most messages of one connection that are worked on at once. Beyond it the gateway stops reading, and TCP holds the
/// client back.
const MAX_IN_FLIGHT: usize = 64;
/// How long the gateway tries to say goodbye to a client that may not listen.
const FAREWELL: Duration = Duration::from_secs(1);

/// How long connections may last.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Longest time without a message in either direction. Pings do not count.
    pub idle_timeout: Duration,
    /// Longest life.
    pub max_duration: Duration,
}

impl Default for Limits {
    /// API Gateway's own: 10 minutes and 2 hours.
    fn default() -> Self {
        Self {
            idle_timeout: Duration::from_mins(10),
            max_duration: Duration::from_hours(2),
        }
    }
}

/// What a client may send.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Rules {
    /// Largest frame, in bytes.
    max_frame: usize,
    /// Largest message, in bytes.
    max_message: usize,
    /// Whether binary messages are taken.
    binary: bool,
}

impl Rules {
    /// API Gateway's own.
    pub(crate) const API_GATEWAY: Self = Self {
        max_frame: MAX_FRAME,
        max_message: MAX_MESSAGE,
        binary: false,
    };

    fn config(self) -> WebSocketConfig {
        WebSocketConfig::default()
            .read_buffer_size(READ_BUFFER)
            .write_buffer_size(0)
            // What waits in the socket's own buffer, pongs to a client that pings and never reads included.
            .max_write_buffer_size(2 * self.max_message)
            .max_frame_size(Some(self.max_frame))
            .max_message_size(Some(self.max_message))
    }
}

/// Holds the conversation with one client until it ends, and says why it did. Each message goes to `deliver` together
/// with a permit, to be dropped when the message is done with.
pub(crate) async fn converse<S>(
    stream: S,
    connection: &Connection,
    rules: Rules,
    limits: Limits,
    shutdown: &CancellationToken,
    deliver: impl FnMut(Message, OwnedSemaphorePermit),
) -> Ending
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let config = rules.config();
    let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config)).await;
    let (mut sink, mut source) = socket.split();
    let ending = tokio::select! {
        ending = listen(&mut source, connection, rules, deliver) => ending,
        ending = speak(&mut sink, &connection.outbox) => ending,
        ending = expire(connection, limits) => ending,
        () = connection.hung_up() => Ending::Deleted,
        () = shutdown.cancelled() => Ending::Shutdown,
    };
    // Whoever posts from here on is told that the connection is gone.
    connection.outbox.close();
    // Boxed, because the conversation would otherwise hold room for its end all along.
    let farewell = Box::pin(part(sink, source, &connection.outbox, &ending));
    let _ = timeout(FAREWELL, farewell).await;
    ending
}

/// Reads until the client ends the conversation or breaks its rules.
async fn listen(
    source: &mut (impl Stream<Item = Result<Message, Error>> + Unpin),
    connection: &Connection,
    rules: Rules,
    mut deliver: impl FnMut(Message, OwnedSemaphorePermit),
) -> Ending {
    let in_flight = Arc::new(Semaphore::new(MAX_IN_FLIGHT));
    loop {
        match source.next().await {
            Some(Ok(Message::Binary(_))) if !rules.binary => return Ending::Binary,
            Some(Ok(message @ (Message::Text(_) | Message::Binary(_)))) => {
                connection.touch();
                let Ok(permit) = Arc::clone(&in_flight).acquire_owned().await else {
                    return Ending::Lost;
                };
                deliver(message, permit);
            }
            // The library answers pings. They do not count as activity: an application that leans on them to stay
            // connected would fail on AWS.
            Some(Ok(Message::Ping(_) | Message::Pong(_) | Message::Frame(_))) => {}
            Some(Ok(Message::Close(frame))) => {
                return Ending::ClosedByClient(
                    frame.map(|frame| (frame.code.into(), frame.reason.to_string())),
                );
            }
            Some(Err(error)) => return Ending::of_error(&error),
            None => return Ending::Lost,
        }
    }
}

/// Sends what is queued, until the network fails.
async fn speak(sink: &mut (impl Sink<Message, Error = Error> + Unpin), outbox: &Outbox) -> Ending {
    while sink.send(outbox.next().await).await.is_ok() {}
    // The error is noticed by the reader too, which knows better what has happened.
    std::future::pending().await
}

/// Waits until one of the time limits is reached.
async fn expire(connection: &Connection, limits: Limits) -> Ending {
    let end_of_life = connection.started() + limits.max_duration;
    loop {
        let end_of_patience = connection.last_active() + limits.idle_timeout;
        sleep_until(end_of_patience.min(end_of_life)).await;
        let now = Instant::now();
        if now >= end_of_life {
            return Ending::TooOld;
        }
        if now >= connection.last_active() + limits.idle_timeout {
            return Ending::Idle;
        }
    }
}

type Sending<S> = SplitSink<WebSocketStream<S>, Message>;
type Receiving<S> = SplitStream<WebSocketStream<S>>;

/// Says goodbye so that the client hears it: what is still queued, the close frame, and then reading on until the
/// client hangs up, because closing a socket with unread bytes makes TCP throw away what was sent.
async fn part<S>(
    sink: Sending<S>,
    source: Receiving<S>,
    outbox: &Outbox,
    ending: &Ending,
) -> Option<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut socket = sink.reunite(source).ok()?;
    match ending.close_frame() {
        Some(frame) => {
            while let Some(message) = outbox.try_next() {
                socket.send(message).await.ok()?;
            }
            socket.send(Message::Close(Some(frame))).await.ok()?;
        }
        None if *ending == Ending::Lost => return None,
        // The library answers the client's close frame while it is asked for more.
        None => while let Some(Ok(_)) = socket.next().await {},
    }
    let mut stream = socket.into_inner();
    stream.shutdown().await.ok()?;
    let mut rest = [0; 1024];
    while stream.read(&mut rest).await.ok()? > 0 {}
    Some(())
}

#[cfg(test)]
mod conformance;
#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
