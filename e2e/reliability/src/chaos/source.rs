//! The loopback addresses that clients connect from. Each has its own, because the back end limits anonymous clients by
//! address.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::{TcpSocket, TcpStream};
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::{WebSocketStream, client_async};

/// The address of client `number`, counted from 0.
pub(super) fn of_client(number: usize) -> Ipv4Addr {
    nth(1, number)
}

/// The address of hostile client `number`, counted from 0.
pub(super) fn of_hostile_client(number: usize) -> Ipv4Addr {
    nth(2, number)
}

/// An address in `127.<network>.0.0/16`. On Linux, all of 127.0.0.0/8 is loopback.
fn nth(network: u8, number: usize) -> Ipv4Addr {
    // At most 1,000 clients, so the third octet never wraps around.
    let [high, low] = u16::try_from(number).unwrap_or_default().to_be_bytes();
    Ipv4Addr::new(127, network, high, low)
}

/// Opens a WebSocket to `path` at `to` from this address.
pub(super) async fn open(
    from: Ipv4Addr,
    to: SocketAddr,
    path: &str,
) -> Result<WebSocketStream<TcpStream>, Error> {
    let stream = connect(from, to).await?;
    let (socket, _) = client_async(format!("ws://{to}{path}"), stream).await?;
    Ok(socket)
}

/// Connects to `to` from this address.
pub(super) async fn connect(from: Ipv4Addr, to: SocketAddr) -> io::Result<TcpStream> {
    let socket = TcpSocket::new_v4()?;
    socket.bind((from, 0).into())?;
    let stream = socket.connect(to).await?;
    stream.set_nodelay(true)?;
    Ok(stream)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_client_has_its_own_loopback_address() {
        let all = (0..1_000).flat_map(|number| [of_client(number), of_hostile_client(number)]);
        let distinct: std::collections::BTreeSet<_> = all.collect();
        assert_eq!(distinct.len(), 2_000);
        assert!(distinct.iter().all(Ipv4Addr::is_loopback));
    }
}
