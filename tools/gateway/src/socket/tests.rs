//! Runs the socket over an in-memory pipe, against a real client or raw bytes.

mod frames;

use std::sync::Mutex;

use tokio::{io::DuplexStream, task::JoinHandle, time::Instant};
use tokio_tungstenite::tungstenite::{Bytes, Utf8Bytes};

use super::*;
use crate::connections::tests::connection;

/// A connected client, and the gateway's side of the connection.
struct Pair {
    client: WebSocketStream<DuplexStream>,
    connection: Arc<Connection>,
    heard: Arc<Mutex<Vec<String>>>,
    gateway: JoinHandle<Ending>,
}

/// A masked frame. The key is zero, so the payload is unchanged.
fn frame(first: u8, payload: &[u8]) -> Vec<u8> {
    let length = match u16::try_from(payload.len()) {
        Ok(short @ 0..126) => vec![0x80 | short.to_be_bytes()[1]],
        Ok(medium) => [&[0xFE], medium.to_be_bytes().as_slice()].concat(),
        Err(_) => [&[0xFF], (payload.len() as u64).to_be_bytes().as_slice()].concat(),
    };
    [&[first], length.as_slice(), &[0; 4], payload].concat()
}

/// The gateway's side of a connection, running.
fn gateway(
    stream: DuplexStream,
    connection: &Arc<Connection>,
    memory: Incoming,
    deliver: impl FnMut(Utf8Bytes, InFlight) + Send + 'static,
) -> JoinHandle<Ending> {
    let connection = Arc::clone(connection);
    tokio::spawn(async move {
        let (limits, never) = (Limits::default(), CancellationToken::new());
        converse(stream, &connection, limits, &memory, &never, deliver).await
    })
}

impl Pair {
    async fn new() -> Self {
        let (ours, theirs) = tokio::io::duplex(1024 * 1024);
        let connection = connection();
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let hearing = Arc::clone(&heard);
        let gateway = gateway(ours, &connection, Incoming::default(), move |text, _| {
            hearing.lock().unwrap().push(text.to_string());
        });
        let client = WebSocketStream::from_raw_socket(theirs, Role::Client, None).await;
        Self {
            client,
            connection,
            heard,
            gateway,
        }
    }

    /// Writes raw bytes, bypassing the client library.
    async fn write(&mut self, bytes: &[u8]) {
        self.client.get_mut().write_all(bytes).await.unwrap();
    }

    /// The next message that the client receives.
    async fn next(&mut self) -> Message {
        self.client.next().await.unwrap().unwrap()
    }

    /// Asserts that the client receives this close frame, and that the gateway sees this ending. Returns the messages that
    /// were delivered.
    async fn closes(mut self, code: u16, reason: &str, ending: Ending) -> Vec<String> {
        let mut close = None;
        while let Some(Ok(message)) = self.client.next().await {
            if let Message::Close(frame) = message {
                close = frame.map(|frame| (frame.code.into(), frame.reason.to_string()));
            }
        }
        drop(self.client);
        assert_eq!(close, Some((code, reason.to_owned())));
        assert_eq!(self.gateway.await.unwrap(), ending);
        std::mem::take(&mut self.heard.lock().unwrap())
    }

    /// The client closes the connection without a code. Returns the messages that were delivered.
    async fn leaves(mut self) -> Vec<String> {
        self.client.close(None).await.unwrap();
        while self.client.next().await.is_some() {}
        assert_eq!(self.gateway.await.unwrap(), Ending::ClosedByClient(None));
        std::mem::take(&mut self.heard.lock().unwrap())
    }
}

#[tokio::test]
async fn text_is_delivered_and_posts_arrive() {
    let mut pair = Pair::new().await;
    pair.client.send("olá".into()).await.unwrap();
    pair.connection.send("oi".into()).unwrap();
    assert_eq!(pair.next().await, Message::text("oi"));
    assert_eq!(pair.leaves().await, ["olá"]);
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_closes_with_1001_despite_pings() {
    let mut pair = Pair::new().await;
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_secs(100)).await;
        pair.client.send(Message::Ping(Bytes::new())).await.unwrap();
        assert_eq!(pair.next().await, Message::Pong(Bytes::new()));
    }
    let before = Instant::now();
    pair.closes(1001, "Going away", Ending::Idle).await;
    assert_eq!(before.elapsed().as_secs(), 100);
}

#[tokio::test(start_paused = true)]
async fn messages_in_either_direction_keep_a_connection_until_its_maximum_duration() {
    let mut pair = Pair::new().await;
    let born = Instant::now();
    for round in 0..14 {
        tokio::time::sleep(Duration::from_secs(500)).await;
        if round % 2 == 0 {
            pair.client.send("up".into()).await.unwrap();
        } else {
            pair.connection.send("down".into()).unwrap();
            pair.next().await;
        }
    }
    pair.closes(1001, "Going away", Ending::TooOld).await;
    assert_eq!(born.elapsed().as_secs(), 2 * 60 * 60);
}

#[tokio::test]
async fn a_deleted_connection_receives_what_was_posted_before() {
    let mut pair = Pair::new().await;
    pair.connection.send("last".into()).unwrap();
    pair.connection.close();
    assert_eq!(pair.next().await, Message::text("last"));
    let connection = Arc::clone(&pair.connection);
    pair.closes(1000, "", Ending::Deleted).await;
    assert!(connection.send("late".into()).is_err());
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_is_disconnected() {
    let pair = Pair::new().await;
    let message = Utf8Bytes::from("x".repeat(MAX_MESSAGE));
    // Fill the pipe, then the queue.
    while pair.connection.send(message.clone()).is_ok() {
        tokio::task::yield_now().await;
    }
    pair.connection.close();
    assert_eq!(pair.gateway.await.unwrap(), Ending::Deleted);
}

/// A connection whose messages stay in flight until they are taken from the list, the other side of its stream, and the list.
fn holding(memory: Incoming) -> (JoinHandle<Ending>, DuplexStream, Arc<Mutex<Vec<InFlight>>>) {
    let (ours, theirs) = tokio::io::duplex(1024 * 1024);
    let held = Arc::<Mutex<Vec<_>>>::default();
    let holding = Arc::clone(&held);
    let gateway = gateway(ours, &connection(), memory, move |_, message| {
        holding.lock().unwrap().push(message);
    });
    (gateway, theirs, held)
}

/// Waits until so many messages are in flight, and asserts that no more follow.
async fn holds<T>(held: &Mutex<Vec<T>>, count: usize) {
    while held.lock().unwrap().len() < count {
        tokio::task::yield_now().await;
    }
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(held.lock().unwrap().len(), count);
}

#[tokio::test]
async fn reading_pauses_while_too_many_messages_are_in_flight() {
    let (gateway, mut client, held) = holding(Incoming::default());
    let messages = frame(0x81, b"x").repeat(2 * MAX_IN_FLIGHT);
    client.write_all(&messages).await.unwrap();
    holds(&held, MAX_IN_FLIGHT).await;
    held.lock().unwrap().clear();
    holds(&held, MAX_IN_FLIGHT).await;
    drop(client);
    assert_eq!(gateway.await.unwrap(), Ending::Lost);
}

#[tokio::test]
async fn reading_pauses_while_the_memory_of_all_clients_is_used_up() {
    // Each message reserves 3 KB.
    let (gateway, mut client, held) = holding(Incoming::new(8 * 1024));
    client
        .write_all(&frame(0x81, b"x").repeat(4))
        .await
        .unwrap();
    for _ in 0..2 {
        holds(&held, 2).await;
        held.lock().unwrap().clear();
    }
    drop(client);
    assert_eq!(gateway.await.unwrap(), Ending::Lost);
}

/// This future and the read buffer are most of the memory of an idle connection.
#[tokio::test]
async fn an_idle_connection_needs_little_memory() {
    let (ours, _theirs) = tokio::io::duplex(1024);
    let (connection, never) = (connection(), CancellationToken::new());
    let memory = Incoming::default();
    let conversation = converse(
        ours,
        &connection,
        Limits::default(),
        &memory,
        &never,
        |_, _| {},
    );
    let size = size_of_val(&conversation);
    assert!(size <= 1536, "{size} bytes");
}
