//! Runs the socket over an in-memory pipe, against a real client or raw bytes.

mod frames;

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{io::DuplexStream, task::JoinHandle, time::Instant};
use tokio_tungstenite::tungstenite::{Bytes, Utf8Bytes, protocol::frame::coding::CloseCode};

use super::*;
use crate::connections::tests::connection;

/// A connected client, and the gateway's side of the connection.
struct Pair {
    client: WebSocketStream<DuplexStream>,
    connection: Arc<Connection>,
    heard: Arc<Mutex<Vec<String>>>,
    gateway: JoinHandle<Ending>,
    shutdown: CancellationToken,
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

impl Pair {
    async fn new(limits: Limits) -> Self {
        let (ours, theirs) = tokio::io::duplex(1024 * 1024);
        let connection = connection();
        let heard = Arc::<Mutex<Vec<String>>>::default();
        let shutdown = CancellationToken::new();
        let gateway = tokio::spawn({
            let (connection, heard) = (Arc::clone(&connection), Arc::clone(&heard));
            let shutdown = shutdown.clone();
            async move {
                let deliver = |text: Utf8Bytes, _in_flight| {
                    heard.lock().unwrap().push(text.to_string());
                };
                let memory = Incoming::default();
                converse(ours, &connection, limits, &memory, &shutdown, deliver).await
            }
        });
        let client = WebSocketStream::from_raw_socket(theirs, Role::Client, None).await;
        Self {
            client,
            connection,
            heard,
            gateway,
            shutdown,
        }
    }

    /// Writes raw bytes, bypassing the client library.
    async fn write(mut self, bytes: &[u8]) -> Self {
        self.client.get_mut().write_all(bytes).await.unwrap();
        self
    }

    /// The next message that the client receives.
    async fn next(&mut self) -> Message {
        self.client.next().await.unwrap().unwrap()
    }

    /// The close frame that the client received, and the ending that the gateway saw.
    async fn end(mut self) -> (Option<(u16, String)>, Ending) {
        let mut close = None;
        while let Some(Ok(message)) = self.client.next().await {
            if let Message::Close(frame) = message {
                close = frame.map(|frame| (frame.code.into(), frame.reason.to_string()));
            }
        }
        drop(self.client);
        (close, self.gateway.await.unwrap())
    }
}

fn unlimited() -> Limits {
    Limits::default()
}

#[track_caller]
fn closed(ended: (Option<(u16, String)>, Ending), code: u16, reason: &str, ending: &Ending) {
    assert_eq!(ended.0, Some((code, reason.to_owned())));
    assert_eq!(&ended.1, ending);
}

#[tokio::test]
async fn text_is_delivered_and_posts_arrive() {
    let mut pair = Pair::new(unlimited()).await;
    pair.client.send("olá".into()).await.unwrap();
    pair.connection.send("oi".into()).unwrap();
    assert_eq!(pair.next().await, Message::text("oi"));
    pair.client.close(None).await.unwrap();
    let heard = Arc::clone(&pair.heard);
    assert_eq!(pair.end().await.1, Ending::ClosedByClient(None));
    assert_eq!(*heard.lock().unwrap(), ["olá"]);
}

#[tokio::test(start_paused = true)]
async fn moving_the_clock_makes_a_connection_idle() {
    let pair = Pair::new(unlimited()).await;
    let start = Instant::now();
    pair.connection.clock().advance(Duration::from_mins(10));
    closed(pair.end().await, 1001, "Going away", &Ending::Idle);
    assert_eq!(start.elapsed().as_secs(), 0);
}

#[tokio::test]
async fn the_clients_code_and_reason_are_kept() {
    let mut pair = Pair::new(unlimited()).await;
    let frame = tokio_tungstenite::tungstenite::protocol::CloseFrame {
        code: CloseCode::Away,
        reason: "x".into(),
    };
    pair.client.close(Some(frame)).await.unwrap();
    let ending = Ending::ClosedByClient(Some((1001, "x".to_owned())));
    assert_eq!(pair.end().await.1, ending);
}

#[tokio::test]
async fn a_client_that_disappears_is_lost() {
    let pair = Pair::new(unlimited()).await;
    drop(pair.client);
    assert_eq!(pair.gateway.await.unwrap(), Ending::Lost);
    let cut_off = Pair::new(unlimited()).await;
    let cut_off = cut_off.write(&[0x81, 0xFE, 0x01]).await;
    drop(cut_off.client);
    assert_eq!(cut_off.gateway.await.unwrap(), Ending::Lost);
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_closes_with_1001_despite_pings() {
    let mut pair = Pair::new(unlimited()).await;
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_secs(100)).await;
        pair.client.send(Message::Ping(Bytes::new())).await.unwrap();
        assert_eq!(pair.next().await, Message::Pong(Bytes::new()));
    }
    let before = Instant::now();
    closed(pair.end().await, 1001, "Going away", &Ending::Idle);
    assert_eq!(before.elapsed().as_secs(), 100);
}

#[tokio::test(start_paused = true)]
async fn messages_in_either_direction_keep_a_connection_until_its_maximum_duration() {
    let mut pair = Pair::new(unlimited()).await;
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
    closed(pair.end().await, 1001, "Going away", &Ending::TooOld);
    assert_eq!(born.elapsed().as_secs(), 2 * 60 * 60);
}

#[tokio::test]
async fn a_deleted_connection_receives_what_was_posted_before() {
    let mut pair = Pair::new(unlimited()).await;
    pair.connection.send("last".into()).unwrap();
    pair.connection.close();
    assert_eq!(pair.next().await, Message::text("last"));
    let connection = Arc::clone(&pair.connection);
    closed(pair.end().await, 1000, "", &Ending::Deleted);
    assert!(connection.send("late".into()).is_err());
}

#[tokio::test]
async fn a_shutdown_closes_the_connection_with_1001() {
    let pair = Pair::new(unlimited()).await;
    pair.shutdown.cancel();
    closed(pair.end().await, 1001, "Going away", &Ending::Shutdown);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_is_disconnected() {
    let pair = Pair::new(unlimited()).await;
    let message = Utf8Bytes::from("x".repeat(MAX_MESSAGE));
    // Fill the pipe, then the queue.
    while pair.connection.send(message.clone()).is_ok() {
        tokio::task::yield_now().await;
    }
    pair.connection.close();
    assert_eq!(pair.gateway.await.unwrap(), Ending::Deleted);
}

#[tokio::test]
async fn reading_pauses_while_too_many_messages_are_in_flight() {
    let (ours, mut theirs) = tokio::io::duplex(1024 * 1024);
    let connection = connection();
    let delivered = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&delivered);
    let in_flight = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&in_flight);
    let gateway = tokio::spawn(async move {
        let deliver = move |_text, message| {
            count.fetch_add(1, Ordering::Relaxed);
            kept.lock().unwrap().push(message);
        };
        let (memory, never) = (Incoming::default(), CancellationToken::new());
        converse(ours, &connection, unlimited(), &memory, &never, deliver).await
    });
    for _ in 0..2 * MAX_IN_FLIGHT {
        theirs.write_all(&frame(0x81, b"x")).await.unwrap();
    }
    while delivered.load(Ordering::Relaxed) < MAX_IN_FLIGHT {
        tokio::task::yield_now().await;
    }
    assert_eq!(delivered.load(Ordering::Relaxed), MAX_IN_FLIGHT);
    in_flight.lock().unwrap().clear();
    while delivered.load(Ordering::Relaxed) < 2 * MAX_IN_FLIGHT {
        in_flight.lock().unwrap().clear();
        tokio::task::yield_now().await;
    }
    drop(theirs);
    assert_eq!(gateway.await.unwrap(), Ending::Lost);
}

#[tokio::test]
async fn reading_pauses_while_the_memory_of_all_clients_is_used_up() {
    let (ours, mut theirs) = tokio::io::duplex(1024 * 1024);
    let connection = connection();
    let memory = Incoming::new(8 * 1024);
    let in_flight = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&in_flight);
    let gateway = tokio::spawn(async move {
        let deliver = move |_text, message| kept.lock().unwrap().push(message);
        let never = CancellationToken::new();
        converse(ours, &connection, unlimited(), &memory, &never, deliver).await
    });
    for _ in 0..8 {
        theirs.write_all(&frame(0x81, b"x")).await.unwrap();
    }
    let held = || in_flight.lock().unwrap().len();
    while held() == 0 {
        tokio::task::yield_now().await;
    }
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    assert_eq!(held(), 2, "each message reserves 3 KB of 8 KB");
    while held() > 0 {
        in_flight.lock().unwrap().pop();
        tokio::task::yield_now().await;
    }
    drop(theirs);
    assert_eq!(gateway.await.unwrap(), Ending::Lost);
}

/// This future and the read buffer are most of the memory of an idle connection.
#[tokio::test]
async fn an_idle_connection_needs_little_memory() {
    let (ours, _theirs) = tokio::io::duplex(1024);
    let (connection, never) = (connection(), CancellationToken::new());
    let memory = Incoming::default();
    let conversation = converse(ours, &connection, unlimited(), &memory, &never, |_, _| {});
    let size = size_of_val(&conversation);
    assert!(size <= 1536, "{size} bytes");
}
