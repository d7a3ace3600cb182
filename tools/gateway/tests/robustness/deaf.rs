//! Clients that never read.

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    task::JoinSet,
};

use crate::{
    noise::HANDSHAKE,
    program::{Client, Program},
};

/// Clients that never read.
const DEAF: usize = 4;
/// The memory that each may take, in kibibytes: eight queued messages of 128 KB, the one that is being sent, its copy in the
/// socket's own buffer, and as much for the request that brings the next one, in hyper's buffer and as a body.
const SHARE: u64 = (8 + 2 + 2) * 128;

/// Posts 128 KB until the gateway refuses. Returns how many posts it accepted.
async fn post_until_refused(address: &str, id: &str) -> usize {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = 128 * 1024;
    let head = format!(
        "POST /test/@connections/{id} HTTP/1.1\r\nHost: localhost\r\nContent-Length: {length}\r\n\r\n"
    );
    let request = [head.as_bytes(), &vec![b'x'; length]].concat();
    // The kernel's own buffers take some megabytes.
    for taken in 0..1000 {
        stream.write_all(&request).await.unwrap();
        let mut answer = [0; 4096];
        let read = stream.read(&mut answer).await.unwrap();
        let answer = String::from_utf8_lossy(&answer[..read]);
        if answer.starts_with("HTTP/1.1 429") {
            let answer = answer.to_lowercase();
            assert!(answer.contains("limitexceededexception"), "{answer}");
            return taken;
        }
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    panic!("a client that never reads was sent 1000 messages of 128 KB");
}

#[tokio::test]
async fn clients_that_never_read_use_bounded_memory_and_delay_no_others() {
    let gateway = Program::with_obedient_stack();
    let mut other = gateway.connect().await;
    let order = r#"{"action":"talk","say":"no delay"}"#;
    other.ask(order).await;
    let mut deaf: Vec<(Client, String)> = Vec::new();
    for _ in 0..DEAF {
        let mut client = gateway.connect().await;
        let id = client.id().await;
        deaf.push((client, id));
    }
    let before = gateway.memory();
    let mut posting = JoinSet::new();
    for (_, id) in &deaf {
        let (address, id) = (gateway.address().to_owned(), id.clone());
        posting.spawn(async move { post_until_refused(&address, &id).await });
    }
    while !posting.is_empty() {
        assert_eq!(other.ask(order).await, "no delay");
        while posting
            .try_join_next()
            .is_some_and(|done| done.unwrap() > 0)
        {}
    }
    let each = gateway.memory().saturating_sub(before) / u64::try_from(DEAF).unwrap();
    assert!(each <= SHARE, "{each} KiB for each client that never reads");
    assert_eq!(other.ask(order).await, "no delay");
}

/// Pings are answered, but the queue of pongs is bounded.
#[tokio::test]
async fn pongs_for_a_client_that_never_reads_are_bounded() {
    let gateway = Program::with_obedient_stack();
    let mut other = gateway.connect().await;
    let mut stream = TcpStream::connect(gateway.address()).await.unwrap();
    stream.write_all(HANDSHAKE.as_bytes()).await.unwrap();
    let mut head = [0; 12];
    stream.read_exact(&mut head).await.unwrap();
    let before = gateway.memory();
    let ping = [&[0x89, 0xfd, 0, 0, 0, 0][..], &[b'p'; 125]].concat();
    let pings = ping.repeat(1000);
    // 130 KB each time, until the gateway stops reading or 64 MB are sent.
    for _ in 0..500 {
        let written = tokio::time::timeout(
            std::time::Duration::from_millis(500),
            stream.write_all(&pings),
        );
        if !matches!(written.await, Ok(Ok(()))) {
            break;
        }
    }
    let more = gateway.memory().saturating_sub(before);
    assert!(more < 8 * 1024, "{more} KiB for pongs that are never read");
    let order = r#"{"action":"talk","say":"no delay"}"#;
    assert_eq!(other.ask(order).await, "no delay");
}
