use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::*;
use crate::chaos::fault_plan::End;

/// The time limit for expected events.
const LIMIT: Duration = Duration::from_mins(1);

/// Longer than any test.
const LONG: Duration = Duration::from_mins(10);

/// A connection through a proxy, and both its ends.
struct Connection {
    proxy: Proxy,
    client: TcpStream,
    gateway: TcpStream,
}

async fn connect() -> Connection {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let proxy = Proxy::start(listener.local_addr().unwrap()).await.unwrap();
    let client = TcpStream::connect(proxy.address()).await.unwrap();
    let (gateway, _) = listener.accept().await.unwrap();
    Connection {
        proxy,
        client,
        gateway,
    }
}

impl Connection {
    fn inject(&self, fault: NetworkFault) {
        assert!(self.proxy.inject(7, fault));
    }
}

async fn passes(from: &mut TcpStream, to: &mut TcpStream) {
    from.write_all(b"hello").await.unwrap();
    arrives(to).await;
}

async fn arrives(to: &mut TcpStream) {
    let mut received = [0; 5];
    timeout(LIMIT, to.read_exact(&mut received))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(&received, b"hello");
}

/// Reads to the end. Returns whether there was no error.
async fn ends_cleanly(of: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    timeout(LIMIT, of.read_to_end(&mut rest))
        .await
        .unwrap()
        .is_ok()
}

#[tokio::test]
async fn forwards_data_and_shutdown_in_both_directions() {
    let Connection {
        mut client,
        mut gateway,
        proxy,
    } = connect().await;
    passes(&mut client, &mut gateway).await;
    passes(&mut gateway, &mut client).await;
    client.shutdown().await.unwrap();
    assert!(ends_cleanly(&mut gateway).await);
    passes(&mut gateway, &mut client).await;
    drop(gateway);
    assert!(ends_cleanly(&mut client).await);
    drop(proxy);
}

#[tokio::test]
async fn a_cut_closes_both_ends_and_a_reset_breaks_them() {
    let mut cut = connect().await;
    cut.inject(NetworkFault::Cut);
    assert!(ends_cleanly(&mut cut.client).await);
    assert!(ends_cleanly(&mut cut.gateway).await);
    let mut reset = connect().await;
    reset.inject(NetworkFault::Reset);
    assert!(!ends_cleanly(&mut reset.client).await);
    assert!(!ends_cleanly(&mut reset.gateway).await);
}

#[tokio::test]
async fn the_other_end_notices_a_one_sided_cut_later() {
    for end in [End::Client, End::Gateway] {
        let Connection {
            mut client,
            mut gateway,
            proxy,
        } = connect().await;
        proxy.inject(
            0,
            NetworkFault::CutAtOneEnd {
                end,
                other_after: LONG,
            },
        );
        let (first, second) = match end {
            End::Client => (&mut client, &mut gateway),
            End::Gateway => (&mut gateway, &mut client),
        };
        assert!(ends_cleanly(first).await);
        // It accepts data that is never delivered.
        second.write_all(b"hello").await.unwrap();
        proxy.clear();
        ends_cleanly(second).await;
    }
}

#[tokio::test]
async fn a_stall_in_one_direction_leaves_the_other_open() {
    let Connection {
        mut client,
        mut gateway,
        proxy,
    } = connect().await;
    let (up, down, then_reset) = (true, false, false);
    proxy.inject(
        0,
        NetworkFault::Stall {
            up,
            down,
            lasts: LONG,
            then_reset,
        },
    );
    // The stall takes effect at some point; from then on nothing arrives.
    let mut received = [0; 5];
    loop {
        client.write_all(b"hello").await.unwrap();
        let read = gateway.read_exact(&mut received);
        if timeout(Duration::from_millis(300), read).await.is_err() {
            break;
        }
    }
    passes(&mut gateway, &mut client).await;
    proxy.clear();
    arrives(&mut gateway).await;
}

#[tokio::test]
async fn a_stall_may_end_in_a_reset() {
    let mut connection = connect().await;
    connection.inject(NetworkFault::Stall {
        up: true,
        down: true,
        lasts: Duration::from_millis(1),
        then_reset: true,
    });
    assert!(!ends_cleanly(&mut connection.client).await);
    assert!(!ends_cleanly(&mut connection.gateway).await);
}

#[tokio::test]
async fn delayed_data_arrives() {
    let mut connection = connect().await;
    let (by, lasts) = (Duration::from_millis(30), LONG);
    connection.inject(NetworkFault::Delay { by, lasts });
    passes(&mut connection.client, &mut connection.gateway).await;
    passes(&mut connection.gateway, &mut connection.client).await;
}

#[tokio::test]
async fn a_refused_connection_is_closed_and_forgotten() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let proxy = Proxy::start(address).await.unwrap();
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    ends_cleanly(&mut client).await;
    let gone = async {
        while proxy.inject(3, NetworkFault::Cut) {
            tokio::task::yield_now().await;
        }
    };
    timeout(LIMIT, gone).await.unwrap();
}
