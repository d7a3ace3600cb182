//! Many clients at once. `cargo xtask bench gateway` connects 10,000.

use tokio::net::TcpStream;

use crate::program::{Client, Program, eventually};

/// Number of clients: enough to show that nothing grows with its square, and within the 1,024 files that many systems allow.
const CROWD: usize = 400;

#[tokio::test]
async fn idle_connections_need_little_memory_and_do_not_slow_others() {
    let gateway = Program::with_obedient_stack();
    let mut speaker = gateway.connect().await;
    let order = r#"{"action":"talk","say":"hello"}"#;
    speaker.ask(order).await;
    let mut crowd: Vec<Client> = Vec::new();
    let before = gateway.memory();
    for _ in 0..CROWD {
        crowd.push(gateway.connect().await);
    }
    let each = gateway.memory().saturating_sub(before) / u64::try_from(CROWD).unwrap();
    // Without optimisation, and including what the allocator keeps; the benchmark shows the real figure.
    assert!(
        each < 64,
        "{each} KiB for each connection that says nothing"
    );
    assert_eq!(speaker.ask(order).await, "hello");
    // The last client is served like the first.
    for client in [0, CROWD - 1] {
        assert_eq!(crowd[client].ask(order).await, "hello");
    }
}

#[tokio::test]
async fn running_out_of_file_descriptors_is_logged_once_and_survived() {
    let gateway = Program::with_few_files(100);
    let mut crowd = Vec::new();
    for _ in 0..150 {
        crowd.push(TcpStream::connect(gateway.address()).await.unwrap());
    }
    let told = async || gateway.log().contains("ulimit -Hn").then_some(());
    eventually("the limit to be named", told).await;
    drop(crowd);
    let mut client = gateway.connect().await;
    let order = r#"{"action":"talk","say":"hello"}"#;
    assert_eq!(client.ask(order).await, "hello");
    // Once for each time that it happens; the crowd leaves one by one and may make it happen again.
    let times = gateway.log().matches("cannot accept connections").count();
    assert!(times <= 5, "{times} times: {}", gateway.log());
}
