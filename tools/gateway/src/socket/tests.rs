//! A socket at both ends of a pipe: the client is a real one, or bytes as they would come over the wire.

use std::sync::{
    Mutex,
    atomic::{AtomicUsize, Ordering},
};

use tokio::{io::DuplexStream, task::JoinHandle};
use tokio_tungstenite::tungstenite::{Bytes, Utf8Bytes, protocol::frame::coding::CloseCode};

use super::*;
use crate::connections::tests::connection;

/// A client that is connected, and the gateway's side of it.
struct Pair {
    client: WebSocketStream<DuplexStream>,
    connection: Arc<Connection>,
    heard: Arc<Mutex<Vec<String>>>,
    gateway: JoinHandle<Ending>,
    shutdown: CancellationToken,
}

/// Frames as a client may write them: the key is zero, so that the payload stands as it is.
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
                let deliver = |message: Message, _permit| {
                    let text = message.into_text().unwrap();
                    heard.lock().unwrap().push(text.to_string());
                };
                let rules = Rules::API_GATEWAY;
                converse(ours, &connection, rules, limits, &shutdown, deliver).await
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

    /// Writes bytes past the client's own rules.
    async fn write(mut self, bytes: &[u8]) -> Self {
        self.client.get_mut().write_all(bytes).await.unwrap();
        self
    }

    /// The close frame that the client gets, and the ending that the gateway saw.
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
async fn text_that_is_no_utf_8_closes_with_1007() {
    let pair = Pair::new(unlimited())
        .await
        .write(&frame(0x81, b"ol\xe1"))
        .await;
    closed(pair.end().await, 1007, "", &Ending::NotText);
}

#[tokio::test]
async fn frames_against_the_protocol_close_with_1002() {
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
async fn the_clients_code_and_reason_are_passed_on() {
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
async fn a_client_that_vanishes_is_lost() {
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
async fn silence_closes_with_1001_and_pings_do_not_break_it() {
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
async fn messages_in_either_direction_keep_a_connection_until_its_longest_life() {
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
async fn a_deleted_connection_hears_what_was_posted_before() {
    let mut pair = Pair::new(unlimited()).await;
    pair.connection.send("last".into()).unwrap();
    pair.connection.hang_up();
    assert_eq!(
        pair.client.next().await.unwrap().unwrap(),
        Message::text("last")
    );
    let connection = Arc::clone(&pair.connection);
    closed(pair.end().await, 1000, "", &Ending::Deleted);
    assert!(connection.send("late".into()).is_err());
}

#[tokio::test]
async fn a_shutdown_sends_everybody_away() {
    let pair = Pair::new(unlimited()).await;
    pair.shutdown.cancel();
    closed(pair.end().await, 1001, "Going away", &Ending::Shutdown);
}

#[tokio::test(start_paused = true)]
async fn a_client_that_never_reads_is_still_let_go() {
    let pair = Pair::new(unlimited()).await;
    let message = Utf8Bytes::from("x".repeat(MAX_MESSAGE));
    // Fill the pipe, then the queue.
    while pair.connection.send(message.clone()).is_ok() {
        tokio::task::yield_now().await;
    }
    pair.connection.hang_up();
    assert_eq!(pair.gateway.await.unwrap(), Ending::Deleted);
}

#[tokio::test]
async fn a_client_with_too_much_in_flight_is_not_read_from() {
    let (ours, mut theirs) = tokio::io::duplex(1024 * 1024);
    let connection = connection();
    let delivered = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&delivered);
    let permits = Arc::new(Mutex::new(Vec::new()));
    let kept = Arc::clone(&permits);
    let gateway = tokio::spawn(async move {
        let deliver = move |_text, permit| {
            count.fetch_add(1, Ordering::Relaxed);
            kept.lock().unwrap().push(permit);
        };
        converse(
            ours,
            &connection,
            Rules::API_GATEWAY,
            unlimited(),
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
    permits.lock().unwrap().clear();
    while delivered.load(Ordering::Relaxed) < 2 * MAX_IN_FLIGHT {
        permits.lock().unwrap().clear();
        tokio::task::yield_now().await;
    }
    drop(theirs);
    assert_eq!(gateway.await.unwrap(), Ending::Lost);
}

/// With its read buffer, a conversation is most of what an idle connection costs.
#[tokio::test]
async fn a_conversation_takes_little_room() {
    let (ours, _theirs) = tokio::io::duplex(1024);
    let (connection, never) = (connection(), CancellationToken::new());
    let rules = Rules::API_GATEWAY;
    let conversation = converse(ours, &connection, rules, unlimited(), &never, |_, _| {});
    let size = size_of_val(&conversation);
    assert!(size <= 1536, "{size} bytes");
}
