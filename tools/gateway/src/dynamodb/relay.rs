//! Stands between clients and the DynamoDB server, and ends connections that a web page may have opened.
//!
//! The server answers every origin (`Access-Control-Allow-Origin: *`) and cannot be told otherwise. The relay passes bytes
//! on and reads nothing but the lines of request heads, see [`HeadScanner`], and the names of tables that do not exist, see
//! [`Absent`]. The server itself listens on an address of the loopback network that is not published, see
//! [`hidden_listener`].

mod absent;

use std::{io, net::SocketAddr, sync::Arc};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{ReadHalf, WriteHalf},
    },
};
use tracing::{debug, warn};

use self::absent::{Absent, Exchange};
use crate::{
    accept,
    cross_origin::{Allowed, Audience, Refusal},
    tasks::Tasks,
};

/// Bytes moved at once.
const BUFFER: usize = 16 * 1024;
/// Maximum length of a header value that is examined, in bytes.
const MAX_VALUE: usize = 1024;

/// A listener on a random address of 127.0.0.0/8 where the system has all of them (Linux), so that a page that tries all
/// ports of 127.0.0.1 does not find it.
pub(super) async fn hidden_listener() -> io::Result<TcpListener> {
    let [a, b, c, _] = fastrand::u32(..).to_ne_bytes();
    let random = [127, a, b, c.clamp(1, 254)];
    match TcpListener::bind((std::net::Ipv4Addr::from(random), 0)).await {
        Ok(listener) => Ok(listener),
        Err(_) => TcpListener::bind(("127.0.0.1", 0)).await,
    }
}

/// Relays connections.
pub(super) async fn serve(
    listener: TcpListener,
    server: SocketAddr,
    allowed: Allowed,
    tasks: Tasks,
) {
    let allowed = Arc::new(allowed);
    let absent = Arc::new(Absent::default());
    loop {
        let (client, _) = accept::next(&listener, "DynamoDB").await;
        let (allowed, absent) = (Arc::clone(&allowed), Arc::clone(&absent));
        tasks.spawn(async move {
            if let Err(error) = relay(client, server, &allowed, &absent).await {
                debug!("a connection to DynamoDB ended: {error}");
            }
        });
    }
}

async fn relay(
    mut client: TcpStream,
    server: SocketAddr,
    allowed: &Allowed,
    absent: &Absent,
) -> io::Result<()> {
    let address = client.local_addr()?;
    let mut server = TcpStream::connect(server).await?;
    server.set_nodelay(true)?;
    let exchange = Exchange::default();
    let refusal = {
        let (from_client, to_client) = client.split();
        let (from_server, to_server) = server.split();
        let requests = pass_requests(from_client, to_server, allowed, &exchange);
        let responses = pass_responses(from_server, to_client, &exchange, |table| {
            if absent.is_new(&table) {
                warn!(
                    "DynamoDB has no table {table}; add it to the template as AWS::DynamoDB::Table, or create it with \
                     `aws dynamodb create-table --endpoint-url http://{address}`"
                );
            }
        });
        tokio::pin!(requests, responses);
        tokio::select! {
            refusal = &mut requests => {
                let refusal = refusal?;
                if refusal.is_none() {
                    responses.await?;
                }
                refusal
            }
            copied = &mut responses => {
                copied?;
                None
            }
        }
    };
    match refusal {
        Some(refusal) => refuse(&mut client, &refusal).await,
        None => Ok(()),
    }
}

/// Passes requests on until the client ends or one is refused.
async fn pass_requests(
    mut client: ReadHalf<'_>,
    mut server: WriteHalf<'_>,
    allowed: &Allowed,
    exchange: &Exchange,
) -> io::Result<Option<Refusal>> {
    let mut scanner = HeadScanner::default();
    let mut buffer = vec![0; BUFFER];
    loop {
        let count = client.read(&mut buffer).await?;
        let bytes = &buffer[..count];
        if bytes.is_empty() {
            server.shutdown().await?;
            return Ok(None);
        }
        // Examined before it is passed on: the server acts on a request only once it has its whole head.
        if let Err(refusal) = scanner.scan(bytes, allowed) {
            return Ok(Some(refusal));
        }
        exchange.request(bytes);
        server.write_all(bytes).await?;
    }
}

/// Passes responses on until the server ends. `report` gets the tables that do not exist.
async fn pass_responses(
    mut server: ReadHalf<'_>,
    mut client: WriteHalf<'_>,
    exchange: &Exchange,
    report: impl Fn(String),
) -> io::Result<()> {
    let mut buffer = vec![0; BUFFER];
    loop {
        let count = server.read(&mut buffer).await?;
        if count == 0 {
            return Ok(());
        }
        let bytes = &buffer[..count];
        exchange.response(bytes).into_iter().for_each(&report);
        client.write_all(bytes).await?;
    }
}

async fn refuse(client: &mut TcpStream, refusal: &Refusal) -> io::Result<()> {
    warn!("refused    DynamoDB: {refusal}");
    let body = serde_json::json!({ "message": refusal.to_string() }).to_string();
    let length = body.len();
    let response = format!(
        "HTTP/1.1 403 Forbidden\r\nContent-Type: application/json\r\nContent-Length: {length}\r\n\
         Connection: close\r\n\r\n{body}"
    );
    client.write_all(response.as_bytes()).await?;
    client.shutdown().await?;
    // Reads what the client still sends, because unread bytes would discard the response.
    let mut rest = vec![0; BUFFER];
    while client.read(&mut rest).await? > 0 {}
    Ok(())
}

/// Finds `Host` and `Origin` at the start of a line. Bodies are JSON, in which no line can start with a bare word, so heads
/// and bodies need not be distinguished.
#[derive(Debug, Default)]
struct HeadScanner {
    place: Place,
}

#[derive(Debug, PartialEq, Eq)]
enum Place {
    /// Within the first bytes of a line, which are these in lower case.
    Name(Vec<u8>),
    /// Within the value of the header.
    Value(Header, Vec<u8>),
    /// Within a line of no interest.
    Skipping,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Header {
    Host,
    Origin,
}

impl Default for Place {
    fn default() -> Self {
        Self::Name(Vec::new())
    }
}

impl HeadScanner {
    fn scan(&mut self, mut bytes: &[u8], allowed: &Allowed) -> Result<(), Refusal> {
        while !bytes.is_empty() {
            if self.place == Place::Skipping {
                let Some(end) = bytes.iter().position(|byte| *byte == b'\n') else {
                    return Ok(());
                };
                bytes = &bytes[end + 1..];
                self.place = Place::default();
                continue;
            }
            let byte = bytes[0];
            bytes = &bytes[1..];
            self.step(byte, allowed)?;
        }
        Ok(())
    }

    fn step(&mut self, byte: u8, allowed: &Allowed) -> Result<(), Refusal> {
        match &mut self.place {
            Place::Name(name) if byte == b':' => {
                self.place = match name.as_slice() {
                    b"host" => Place::Value(Header::Host, Vec::new()),
                    b"origin" => Place::Value(Header::Origin, Vec::new()),
                    _ => Place::Skipping,
                };
            }
            Place::Name(_) if byte == b'\n' => self.place = Place::default(),
            Place::Name(name) if name.len() < "origin".len() => {
                name.push(byte.to_ascii_lowercase());
            }
            Place::Name(_) => self.place = Place::Skipping,
            Place::Value(header, value) if byte == b'\n' => {
                let value = String::from_utf8_lossy(value).trim().to_owned();
                let header = *header;
                self.place = Place::default();
                return match header {
                    Header::Host => allowed.check_host(&value),
                    Header::Origin => allowed.check_origin(&value, None, Audience::Programs),
                };
            }
            Place::Value(_, value) if value.len() < MAX_VALUE => value.push(byte),
            Place::Value(..) | Place::Skipping => {}
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether the request passes, given in pieces of each size.
    #[track_caller]
    fn passes(request: &str, expected: bool) {
        for size in [1, 2, 7, 1000] {
            let mut scanner = HeadScanner::default();
            let passed = request
                .as_bytes()
                .chunks(size)
                .all(|piece| scanner.scan(piece, &Allowed::default()).is_ok());
            assert_eq!(passed, expected, "{request:?} in pieces of {size}");
        }
    }

    #[test]
    fn requests_of_web_pages_are_found_however_they_are_cut() {
        let head = "POST / HTTP/1.1\r\nHost: 127.0.0.1:8000\r\n";
        passes(&format!("{head}Content-Length: 2\r\n\r\n{{}}"), true);
        passes(
            &format!("{head}Origin: https://evil.example\r\n\r\n"),
            false,
        );
        passes(&format!("{head}oRIGIN:null\n\n"), false);
        passes("POST / HTTP/1.1\r\nHost: evil.example:8000\r\n\r\n", false);
        let second =
            format!("{head}Content-Length: 2\r\n\r\n{{}}{head}Origin: http://localhost\r\n");
        passes(&second, false);
    }

    #[test]
    fn bodies_are_not_taken_for_headers() {
        let head = "POST / HTTP/1.1\r\nHost: localhost\r\n\r\n";
        let body = "{\r\n  \"Origin\": {\"S\": \"origin: x\"},\r\n\"Host\": 1, \"s\": \"\\r\\norigin: x\"}";
        passes(&format!("{head}{body}"), true);
    }
}
