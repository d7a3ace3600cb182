//! Runs the socket over an in-memory pipe, against a real client or raw bytes.

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
        let (heard, shutdown) = (
            Arc::<Mutex<Vec<String>>>::default(),
            CancellationToken::new(),
        );
        let gateway = tokio::spawn({
            let (connection, heard, shutdown) = (
                Arc::clone(&connection),
                Arc::clone(&heard),
                shutdown.clone(),
            );
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
    assert_eq!(
        pair.client.next().await.unwrap().unwrap(),
        Message::text("oi")
    );
    pair.client.close(None).await.unwrap();
    let heard = Arc::clone(&pair.heard);
    assert_eq!(pair.end().await.1, Ending::ClosedByClient(None));
    assert_eq!(*heard.lock().unwrap(), ["olá"]);
}

#[tokio::test]
async fn a_frame_of_32_kilobytes_passes_and_one_byte_more_closes_with_1009() {
    let pair = Pair::new(unlimited())
        .await
        .write(&frame(0x81, &vec![b'x'; MAX_FRAME]))
        .await;
    let heard = Arc::clone(&pair.heard);
    let pair = pair.write(&frame(0x81, &vec![b'x'; MAX_FRAME + 1])).await;
    closed(pair.end().await, 1009, "", &Ending::TooBig);
    assert_eq!(
        heard
            .lock()
            .unwrap()
            .iter()
            .map(String::len)
            .collect::<Vec<_>>(),
        [MAX_FRAME]
    );
}

#[tokio::test]
async fn fragments_make_a_message_of_up_to_128_kilobytes() {
    let part = vec![b'x'; MAX_FRAME];
    let mut pair = Pair::new(unlimited())
        .await
        .write(&frame(0x01, &part))
        .await;
    for first in [0x00, 0x00, 0x80] {
        pair = pair.write(&frame(first, &part)).await;
    }
    let heard = Arc::clone(&pair.heard);
    for first in [0x01, 0x00, 0x00, 0x00, 0x80] {
        pair = pair.write(&frame(first, &part)).await;
    }
    closed(pair.end().await, 1009, "", &Ending::TooBig);
    assert_eq!(
        heard
            .lock()
            .unwrap()
            .iter()
            .map(String::len)
            .collect::<Vec<_>>(),
        [MAX_MESSAGE]
    );
}

#[tokio::test]
async fn binary_closes_with_1003() {
    let mut pair = Pair::new(unlimited()).await;
    pair.client
        .send(Message::Binary(Bytes::from_static(b"{}")))
        .await
        .unwrap();
    closed(pair.end().await, 1003, "", &Ending::Binary);
}

#[tokio::test]
async fn text_that_is_not_utf_8_closes_with_1007() {
    let pair = Pair::new(unlimited())
        .await
        .write(&frame(0x81, b"ol\xe1"))
        .await;
    closed(pair.end().await, 1007, "", &Ending::NotText);
}

#[tokio::test]
async fn frames_that_violate_the_protocol_close_with_1002() {
    let reserved_bit = frame(0xC1, b"x");
    let reserved_opcode = frame(0x83, b"x");
    let lonely_continuation = frame(0x80, b"x");
    let fragmented_ping = frame(0x09, b"x");
    let unmasked = vec![0x81, 0x01, b'x'];
    for wrong in [
        reserved_bit,
        reserved_opcode,
        lonely_continuation,
        fragmented_ping,
        unmasked,
    ] {
        let pair = Pair::new(unlimited()).await.write(&wrong).await;
        closed(pair.end().await, 1002, "", &Ending::ProtocolError);
    }
}

#[tokio::test]
async fn a_ping_between_fragments_is_answered_and_the_message_is_whole() {
    let mut pair = Pair::new(unlimited()).await;
    for (first, payload) in [(0x01, "frag"), (0x89, "now"), (0x80, "ment")] {
        pair = pair.write(&frame(first, payload.as_bytes())).await;
    }
    let pong = pair.client.next().await.unwrap().unwrap();
    assert_eq!(pong, Message::Pong("now".into()));
    pair.client.close(None).await.unwrap();
    let heard = Arc::clone(&pair.heard);
    pair.end().await;
    assert_eq!(*heard.lock().unwrap(), ["fragment"]);
}

#[tokio::test]
async fn the_close_frame_is_echoed_and_what_follows_it_is_ignored() {
    let close = frame(0x88, &1000_u16.to_be_bytes());
    let pair = Pair::new(unlimited()).await.write(&close).await;
    let pair = pair.write(&frame(0x81, b"late")).await;
    let heard = Arc::clone(&pair.heard);
    let ending = Ending::ClosedByClient(Some((1000, String::new())));
    closed(pair.end().await, 1000, "", &ending);
    assert!(heard.lock().unwrap().is_empty());
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
    assert_eq!(
        pair.end().await.1,
        Ending::ClosedByClient(Some((1001, "x".to_owned())))
    );
}

#[tokio::test]
async fn a_client_that_disappears_is_lost() {
    let pair = Pair::new(unlimited()).await;
    drop(pair.client);
    assert_eq!(pair.gateway.await.unwrap(), Ending::Lost);
    let cut_off = Pair::new(unlimited())
        .await
        .write(&[0x81, 0xFE, 0x01])
        .await;
    drop(cut_off.client);
    assert_eq!(cut_off.gateway.await.unwrap(), Ending::Lost);
}

#[tokio::test(start_paused = true)]
async fn an_idle_connection_closes_with_1001_despite_pings() {
    let mut pair = Pair::new(unlimited()).await;
    for _ in 0..5 {
        tokio::time::sleep(Duration::from_secs(100)).await;
        pair.client.send(Message::Ping(Bytes::new())).await.unwrap();
        assert_eq!(
            pair.client.next().await.unwrap().unwrap(),
            Message::Pong(Bytes::new())
        );
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
            pair.client.next().await.unwrap().unwrap();
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
    assert_eq!(
        pair.client.next().await.unwrap().unwrap(),
        Message::text("last")
    );
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
        converse(
            ours,
            &connection,
            unlimited(),
            &Incoming::default(),
            &CancellationToken::new(),
            deliver,
        )
        .await
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
