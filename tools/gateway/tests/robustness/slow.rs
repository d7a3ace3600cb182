//! Clients that take their time over a request. The clock is stopped, so that it jumps to the limit at once.

use papo_gateway::{
    Allowed, Config, Gateway, Limits,
    template::{self, Overrides},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::Instant,
};

use crate::program::file;

/// A gateway in this process, whose clock can be stopped.
async fn gateway() -> std::net::SocketAddr {
    let overrides = Overrides {
        parameters: [("Events".to_owned(), "/dev/null".to_owned())].into(),
        ..Overrides::default()
    };
    let stack = template::load(&[file("tests/stack/template.yaml")], &overrides).unwrap();
    let config = Config {
        stack,
        data: None,
        site: None,
        limits: Limits::default(),
        allowed: Allowed::default(),
        max_concurrency: 1,
        functions: None,
        allow_aws: false,
        launcher: None,
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gateway = Gateway::start(config, listener).await.unwrap();
    let address = gateway.ready().address;
    tokio::spawn(gateway.run(std::future::pending()));
    address
}

/// Sends the beginning of a request, and returns how long the gateway waits for the rest, in seconds.
async fn patience_with(beginning: &str) -> u64 {
    let address = gateway().await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    stream.write_all(beginning.as_bytes()).await.unwrap();
    if beginning.contains("100-continue") {
        // The gateway has read the head and waits for the body; before, the clock could jump over more than that.
        let mut go_on = [0; "HTTP/1.1 100 Continue\r\n\r\n".len()];
        stream.read_exact(&mut go_on).await.unwrap();
        assert!(go_on.starts_with(b"HTTP/1.1 100"));
    }
    tokio::time::pause();
    let start = Instant::now();
    let mut answer = Vec::new();
    // Whether it says why (408) or only hangs up is the same to such a client.
    let _ = stream.read_to_end(&mut answer).await;
    tokio::time::resume();
    start.elapsed().as_secs()
}

#[tokio::test]
async fn an_incomplete_handshake_is_dropped_after_two_minutes() {
    for beginning in ["", "GET /test HTTP/1.1\r\nHost: localhost\r\nUpgr"] {
        let waited = patience_with(beginning).await;
        assert!((1..=121).contains(&waited), "{waited} s: {beginning:?}");
    }
}

#[tokio::test]
async fn an_incomplete_post_is_dropped_after_thirty_seconds() {
    let head = "POST /test/@connections/abc= HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nExpect: 100-continue\r\n\
                Content-Length: 10\r\n\r\n";
    let waited = patience_with(&format!("{head}half")).await;
    assert!((1..=31).contains(&waited), "{waited} s");
}
