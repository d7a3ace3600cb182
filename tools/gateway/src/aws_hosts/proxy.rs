//! The stand-in as a proxy for HTTPS (`CONNECT`, RFC 9110, section 9.3.6), to which `HTTPS_PROXY` sends the requests of programs that
//! no hook redirects. Connections to redirected hosts stay here, and all others are forwarded to their hosts.

use std::io;

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt, copy_bidirectional},
    net::TcpStream,
    time::timeout,
};

use super::{HEAD_TIMEOUT, MAX_HEAD};
use crate::tls::HANDSHAKE_TIMEOUT;

const ESTABLISHED: &[u8] = b"HTTP/1.1 200 Connection established\r\n\r\n";
const UNREACHABLE: &[u8] = b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n";

/// The connection itself if it is not a `CONNECT`, and the connection inside of it if its host is redirected. `None` once a
/// connection to another host has ended.
pub(super) async fn enter(
    mut stream: TcpStream,
    is_redirected: impl Fn(&str) -> bool,
) -> io::Result<Option<TcpStream>> {
    let mut first = [0];
    timeout(HANDSHAKE_TIMEOUT, stream.peek(&mut first)).await??;
    // No request to AWS has another method with this letter, and a TLS handshake begins with another byte.
    if first != *b"C" {
        return Ok(Some(stream));
    }
    let head = timeout(HEAD_TIMEOUT, read_head(&mut stream)).await??;
    let target = target(&head).ok_or(io::ErrorKind::InvalidData)?;
    let host = target.rsplit_once(':').map_or(target, |(host, _)| host);
    if is_redirected(&host.to_ascii_lowercase()) {
        stream.write_all(ESTABLISHED).await?;
        return Ok(Some(stream));
    }
    let Ok(mut outside) = TcpStream::connect(target).await else {
        stream.write_all(UNREACHABLE).await?;
        return Ok(None);
    };
    stream.write_all(ESTABLISHED).await?;
    copy_bidirectional(&mut stream, &mut outside).await?;
    Ok(None)
}

/// Reads to the end of the head and no further, because what follows belongs to the host.
async fn read_head(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        if head.len() == MAX_HEAD {
            return Err(io::ErrorKind::InvalidData.into());
        }
        head.push(stream.read_u8().await?);
    }
    String::from_utf8(head).map_err(|_| io::ErrorKind::InvalidData.into())
}

/// `host:port` of a `CONNECT`.
fn target(head: &str) -> Option<&str> {
    head.strip_prefix("CONNECT ")?.split(' ').next()
}

#[cfg(test)]
mod tests {
    use tokio::net::TcpListener;

    use super::*;

    async fn pair() -> (TcpStream, TcpStream) {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).await;
        (client.unwrap(), listener.accept().await.unwrap().0)
    }

    async fn hear(stream: &mut TcpStream, length: usize) -> String {
        let mut heard = vec![0; length];
        stream.read_exact(&mut heard).await.unwrap();
        String::from_utf8(heard).unwrap()
    }

    #[tokio::test]
    async fn a_connection_to_a_redirected_host_stays_here() {
        let (mut client, server) = pair().await;
        let connect = b"CONNECT SQS.us-east-1.amazonaws.com:443 HTTP/1.1\r\nHost: x\r\n\r\nhello";
        client.write_all(connect).await.unwrap();
        let inside = enter(server, |host| host == "sqs.us-east-1.amazonaws.com").await;
        let mut inside = inside.unwrap().unwrap();
        let answer = hear(&mut client, ESTABLISHED.len()).await;
        assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
        assert_eq!(hear(&mut inside, 5).await, "hello");
    }

    #[tokio::test]
    async fn a_connection_to_another_host_is_forwarded() {
        let outside = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (mut client, server) = pair().await;
        let entered = tokio::spawn(enter(server, |_| false));
        let connect = format!("CONNECT {} HTTP/1.1\r\n\r\n", outside.local_addr().unwrap());
        client.write_all(connect.as_bytes()).await.unwrap();
        let (mut host, _) = outside.accept().await.unwrap();
        hear(&mut client, ESTABLISHED.len()).await;
        client.write_all(b"ping").await.unwrap();
        assert_eq!(hear(&mut host, 4).await, "ping");
        host.write_all(b"pong").await.unwrap();
        assert_eq!(hear(&mut client, 4).await, "pong");
        drop((client, host));
        assert!(entered.await.unwrap().unwrap().is_none());
    }

    #[tokio::test]
    async fn other_requests_are_left_as_they_are() {
        let (mut client, server) = pair().await;
        client.write_all(b"POST / HTTP/1.1\r\n").await.unwrap();
        let mut same = enter(server, |_| true).await.unwrap().unwrap();
        assert_eq!(hear(&mut same, 6).await, "POST /");
    }
}
