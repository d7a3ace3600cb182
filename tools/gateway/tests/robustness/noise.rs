//! Bytes that are neither HTTP nor WebSocket frames.

use std::time::Duration;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
    time::timeout,
};

use crate::program::{Program, TIMEOUT};

/// The handshake that turns a connection to the stack of the tests into a WebSocket.
pub(crate) const HANDSHAKE: &str = "GET /test HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
                         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n";

/// Writes everything at once, and returns what comes back until the gateway hangs up.
async fn answer(address: &str, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    // The gateway may hang up before it has heard everything.
    let _ = stream.write_all(bytes).await;
    let mut answer = Vec::new();
    let reading = timeout(TIMEOUT, stream.read_to_end(&mut answer));
    let _ = reading.await.expect("the gateway does not hang up");
    String::from_utf8_lossy(&answer).into_owned()
}

/// Pseudo-random bytes, the same for each seed.
fn noise(seed: u64, length: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(seed);
    std::iter::repeat_with(|| random.u8(..))
        .take(length)
        .collect()
}

/// The gateway still works.
async fn works(gateway: &Program) {
    let mut client = gateway.connect().await;
    let answer = client.ask(r#"{"action":"talk","say":"still here"}"#).await;
    assert_eq!(answer, "still here");
}

#[tokio::test]
async fn garbage_instead_of_http_does_not_affect_other_clients() {
    let gateway = Program::with_obedient_stack();
    let address = gateway.address();
    let mut flood = JoinSet::new();
    for seed in 0..200 {
        let address = address.to_owned();
        flood.spawn(async move {
            let mut garbage = noise(seed, 4096);
            // A line that ends, so that there is something to refuse at once.
            garbage.extend(b"\r\n\r\n");
            answer(&address, &garbage).await
        });
    }
    for answer in flood.join_all().await {
        assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
    }
    works(&gateway).await;
}

#[tokio::test]
async fn garbage_instead_of_frames_ends_only_its_own_connections() {
    let gateway = Program::with_obedient_stack();
    let mut other = gateway.connect().await;
    let address = gateway.address();
    let mut flood = JoinSet::new();
    for seed in 0..40 {
        let address = address.to_owned();
        flood.spawn(async move {
            let mut bytes = HANDSHAKE.as_bytes().to_vec();
            // No opcode, reserved bits and all: never the start of a frame that could be waited for.
            bytes.push(0x7f);
            bytes.extend(noise(seed, 64 * 1024));
            answer(&address, &bytes).await
        });
    }
    for answer in flood.join_all().await {
        let expected = answer.is_empty() || answer.starts_with("HTTP/1.1 101");
        assert!(expected, "{answer}");
    }
    let answer = other.ask(r#"{"action":"talk","say":"not me"}"#).await;
    assert_eq!(answer, "not me");
    works(&gateway).await;
    let log = gateway.log();
    assert!(log.contains("frames that violate RFC 6455"), "{log}");
}

#[tokio::test]
async fn a_truncated_frame_is_a_lost_connection() {
    let gateway = Program::with_obedient_stack();
    let address = gateway.address();
    // The head of a frame of 64 KB, 1 KB, nothing at all, and half a text.
    for cut in [
        &[0x81, 0xff, 0, 0][..],
        &[0x81, 0xfe, 4],
        &[],
        &[0x81, 0x85, 1, 2, 3, 4, b'h'],
    ] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(HANDSHAKE.as_bytes()).await.unwrap();
        let mut head = [0; 12];
        stream.read_exact(&mut head).await.unwrap();
        assert_eq!(&head, b"HTTP/1.1 101");
        stream.write_all(cut).await.unwrap();
    }
    works(&gateway).await;
    let lost = || gateway.log().matches("1006").count();
    let all = async || (lost() >= 4).then_some(());
    crate::program::eventually("four lost connections", all).await;
}

#[tokio::test]
async fn endless_heads_are_refused() {
    let gateway = Program::with_obedient_stack();
    let address = gateway.address();
    let megabyte = "x".repeat(1024 * 1024);
    let get = |path: &str, headers: &str| {
        format!("GET /{path} HTTP/1.1\r\nHost: localhost\r\n{headers}\r\n")
    };
    let wide = get("test", &format!("X-Wide: {megabyte}\r\n"));
    let many = get("test", &"X-Many: 1\r\n".repeat(10_000));
    let long = get(&megabyte, "");
    for request in [wide, many, long] {
        let answer = answer(address, request.as_bytes()).await;
        let refused = ["HTTP/1.1 431", "HTTP/1.1 414", "HTTP/1.1 400"];
        let known = answer.is_empty() || refused.iter().any(|status| answer.starts_with(status));
        assert!(known, "{answer}");
    }
    works(&gateway).await;
}

#[tokio::test]
async fn an_aborted_post_leaves_nothing_behind() {
    let gateway = Program::with_obedient_stack();
    let mut client = gateway.connect().await;
    let id = client.id().await;
    for _ in 0..50 {
        let mut stream = TcpStream::connect(gateway.address()).await.unwrap();
        let head = format!(
            "POST /test/@connections/{id} HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1000\r\n\r\nhalf"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
    }
    let order = r#"{"action":"talk","say":"only this"}"#;
    assert_eq!(client.ask(order).await, "only this");
    // Nothing of the halves comes later either.
    assert_eq!(client.ask(order).await, "only this");
    let more = timeout(Duration::from_millis(100), client.hear()).await;
    assert!(more.is_err());
}
