//! One client's socket, from the end of the handshake to the last byte: reads frames, writes frames, enforces limits.
//!
//! Decides when a connection ends and how ([`Ending`]). The caller's `deliver` handles the messages.

mod ending;

use std::{sync::Arc, time::Duration};

use futures::{
    Sink, SinkExt, Stream, StreamExt,
    stream::{SplitSink, SplitStream},
};
use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt},
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};
use tokio_tungstenite::{
    WebSocketStream,
    tungstenite::{
        Error, Message, Utf8Bytes,
        protocol::{Role, WebSocketConfig},
    },
};
use tokio_util::sync::CancellationToken;

pub(crate) use self::ending::Ending;
use crate::{
    connections::{Connection, SendQueue},
    limits::{Limits, MAX_FRAME, MAX_IN_FLIGHT, MAX_MESSAGE},
    memory::Incoming,
};

/// Bytes read at once. Every connection holds a buffer of this size, so it is small.
const READ_BUFFER: usize = 4 * 1024;
/// Time limit of the closing handshake. The client may not be reading.
const CLOSE_TIMEOUT: Duration = Duration::from_secs(1);

/// The resources that a message takes while it is being processed. Drop it when the function is done with the message.
#[derive(Debug)]
pub(crate) struct InFlight {
    _place: OwnedSemaphorePermit,
    _memory: OwnedSemaphorePermit,
}

fn config() -> WebSocketConfig {
    WebSocketConfig::default()
        .read_buffer_size(READ_BUFFER)
        .write_buffer_size(0)
        // Bounds the socket's own buffer, including pongs for a client that sends pings and never reads.
        .max_write_buffer_size(2 * MAX_MESSAGE)
        .max_frame_size(Some(MAX_FRAME))
        .max_message_size(Some(MAX_MESSAGE))
}

/// Serves one client until the connection ends, and returns why. Each message is passed to `deliver`.
pub(crate) async fn converse<S>(
    stream: S,
    connection: &Connection,
    limits: Limits,
    memory: &Incoming,
    shutdown: &CancellationToken,
    deliver: impl FnMut(Utf8Bytes, InFlight),
) -> Ending
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let socket = WebSocketStream::from_raw_socket(stream, Role::Server, Some(config())).await;
    let (mut sink, mut source) = socket.split();
    let ending = tokio::select! {
        ending = receive(&mut source, connection, memory, deliver) => ending,
        ending = send(&mut sink, &connection.send_queue) => ending,
        ending = expire(connection, limits) => ending,
        () = connection.close_requested() => Ending::Deleted,
        () = shutdown.cancelled() => Ending::Shutdown,
    };
    // Posts from now on are answered with 410.
    connection.send_queue.close();
    // Boxed, because the future would otherwise reserve space for the closing handshake for its whole life.
    let closing = Box::pin(close(sink, source, &connection.send_queue, &ending));
    let _ = timeout(CLOSE_TIMEOUT, closing).await;
    ending
}

/// Reads until the client ends the connection or violates the protocol.
async fn receive(
    source: &mut (impl Stream<Item = Result<Message, Error>> + Unpin),
    connection: &Connection,
    memory: &Incoming,
    mut deliver: impl FnMut(Utf8Bytes, InFlight),
) -> Ending {
    let places = Arc::new(Semaphore::new(MAX_IN_FLIGHT));
    loop {
        match source.next().await {
            Some(Ok(Message::Binary(_))) => return Ending::Binary,
            Some(Ok(Message::Text(text))) => {
                connection.touch();
                let Ok(place) = Arc::clone(&places).acquire_owned().await else {
                    return Ending::Lost;
                };
                let Some(memory) = memory.reserve(&text).await else {
                    return Ending::Lost;
                };
                let in_flight = InFlight {
                    _place: place,
                    _memory: memory,
                };
                deliver(text, in_flight);
            }
            // The library answers pings. They do not count as activity: an application that relies on them to stay
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

/// Sends what is queued until the network fails.
async fn send(sink: &mut (impl Sink<Message, Error = Error> + Unpin), queue: &SendQueue) -> Ending {
    while sink.send(Message::Text(queue.next().await)).await.is_ok() {}
    // The reader notices the error too, and knows its cause better.
    std::future::pending().await
}

/// Waits until one of the time limits is reached.
async fn expire(connection: &Connection, limits: Limits) -> Ending {
    let end_of_life = connection.started() + limits.max_duration;
    loop {
        let idle_since = connection.last_active();
        let deadline = (idle_since + limits.idle_timeout).min(end_of_life);
        connection.clock().sleep_until(deadline).await;
        let now = connection.clock().instant();
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

/// Sends what is still queued and the close frame, then reads until the client hangs up: closing a TCP socket that has
/// unread bytes would discard what was sent.
async fn close<S>(
    sink: Sending<S>,
    source: Receiving<S>,
    queue: &SendQueue,
    ending: &Ending,
) -> Option<()>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut socket = sink.reunite(source).ok()?;
    match ending.close_frame() {
        Some(frame) => {
            while let Some(text) = queue.try_next() {
                socket.send(Message::Text(text)).await.ok()?;
            }
            socket.send(Message::Close(Some(frame))).await.ok()?;
        }
        None if *ending == Ending::Lost => return None,
        // Polling the library makes it answer the client's close frame.
        None => while let Some(Ok(_)) = socket.next().await {},
    }
    let mut stream = socket.into_inner();
    stream.shutdown().await.ok()?;
    let mut rest = [0; 1024];
    while stream.read(&mut rest).await.ok()? > 0 {}
    Some(())
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
