use std::time::Duration;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

use super::*;
use crate::plan::End;

/// How long may be waited for what has to come.
const LIMIT: Duration = Duration::from_mins(1);

/// Long enough for every test to be over before it.
const LONG: Duration = Duration::from_mins(10);

/// A connection through a proxy, both ends in hand.
struct Through {
    proxy: Proxy,
    client: TcpStream,
    gateway: TcpStream,
}

async fn through() -> Through {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let proxy = Proxy::start(listener.local_addr().unwrap()).await.unwrap();
    let client = TcpStream::connect(proxy.address()).await.unwrap();
    let (gateway, _) = listener.accept().await.unwrap();
    Through {
        proxy,
        client,
        gateway,
    }
}

impl Through {
    fn inflict(&self, fault: Fault) {
        assert!(self.proxy.inflict(7, fault));
    }
}

async fn passes(from: &mut TcpStream, to: &mut TcpStream) {
    from.write_all(b"hello").await.unwrap();
    arrives(to).await;
}

async fn arrives(to: &mut TcpStream) {
    let mut heard = [0; 5];
    timeout(LIMIT, to.read_exact(&mut heard))
        .await
        .unwrap()
        .unwrap();
    assert_eq!(&heard, b"hello");
}

/// Reads to the end. Whether it was an end without an error.
async fn ends_well(of: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    timeout(LIMIT, of.read_to_end(&mut rest))
        .await
        .unwrap()
        .is_ok()
}

#[tokio::test]
async fn what_one_end_says_the_other_hears_and_an_end_is_passed_on() {
    let Through {
        mut client,
        mut gateway,
        proxy,
    } = through().await;
    passes(&mut client, &mut gateway).await;
    passes(&mut gateway, &mut client).await;
    client.shutdown().await.unwrap();
    assert!(ends_well(&mut gateway).await);
    passes(&mut gateway, &mut client).await;
    drop(gateway);
    assert!(ends_well(&mut client).await);
    drop(proxy);
}

#[tokio::test]
async fn a_cut_ends_both_and_a_reset_with_an_error() {
    let mut cut = through().await;
    cut.inflict(Fault::Cut);
    assert!(ends_well(&mut cut.client).await);
    assert!(ends_well(&mut cut.gateway).await);
    let mut reset = through().await;
    reset.inflict(Fault::Reset);
    assert!(!ends_well(&mut reset.client).await);
    assert!(!ends_well(&mut reset.gateway).await);
}

#[tokio::test]
async fn a_cut_at_one_end_is_heard_of_at_the_other_later() {
    for end in [End::Client, End::Gateway] {
        let Through {
            mut client,
            mut gateway,
            proxy,
        } = through().await;
        proxy.inflict(
            0,
            Fault::CutAtOneEnd {
                end,
                other_after: LONG,
            },
        );
        let (first, second) = match end {
            End::Client => (&mut client, &mut gateway),
            End::Gateway => (&mut gateway, &mut client),
        };
        assert!(ends_well(first).await);
        // It takes what nobody will hear.
        second.write_all(b"hello").await.unwrap();
        proxy.calm();
        ends_well(second).await;
    }
}

#[tokio::test]
async fn what_stands_still_in_one_direction_flows_in_the_other_and_comes_late() {
    let Through {
        mut client,
        mut gateway,
        proxy,
    } = through().await;
    let (up, down, then_reset) = (true, false, false);
    proxy.inflict(
        0,
        Fault::Stall {
            up,
            down,
            lasts: LONG,
            then_reset,
        },
    );
    // The order is carried out at some time; from then on nothing comes up.
    let mut heard = [0; 5];
    loop {
        client.write_all(b"hello").await.unwrap();
        let read = gateway.read_exact(&mut heard);
        if timeout(Duration::from_millis(300), read).await.is_err() {
            break;
        }
    }
    passes(&mut gateway, &mut client).await;
    proxy.calm();
    arrives(&mut gateway).await;
}

#[tokio::test]
async fn what_stands_still_may_be_reset_in_the_end() {
    let mut through = through().await;
    through.inflict(Fault::Stall {
        up: true,
        down: true,
        lasts: Duration::from_millis(1),
        then_reset: true,
    });
    assert!(!ends_well(&mut through.client).await);
    assert!(!ends_well(&mut through.gateway).await);
}

#[tokio::test]
async fn what_is_late_comes() {
    let mut through = through().await;
    let (by, lasts) = (Duration::from_millis(30), LONG);
    through.inflict(Fault::Delay { by, lasts });
    passes(&mut through.client, &mut through.gateway).await;
    passes(&mut through.gateway, &mut through.client).await;
}

#[tokio::test]
async fn where_nobody_listens_nobody_is_connected_and_nothing_can_be_done_to_it() {
    let nobody = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let address = nobody.local_addr().unwrap();
    drop(nobody);
    let proxy = Proxy::start(address).await.unwrap();
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    ends_well(&mut client).await;
    let gone = async {
        while proxy.inflict(3, Fault::Cut) {
            tokio::task::yield_now().await;
        }
    };
    timeout(LIMIT, gone).await.unwrap();
}
