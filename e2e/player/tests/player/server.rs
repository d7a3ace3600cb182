//! A WebSocket server that obeys orders, so that tests can produce everything that a player may meet.
//!
//! | order | effect |
//! |---|---|
//! | `echo TEXT` | answers TEXT |
//! | `text TEXT` | the same, with `\\n` and `\\x1e` as these characters |
//! | `all TEXT` | sends TEXT to all connections |
//! | `many N` | sends `tick 0` to `tick N-1` |
//! | `tick MS` | sends `{"type":"tick"}` each MS milliseconds from now on |
//! | `flood` | sends `tick 0`, `tick 1`, … without end, and does nothing else |
//! | `long A B` | answers 5,000 times A, an x, and 5,000 times B |
//! | `bye CODE TEXT` | answers TEXT and closes with CODE |
//! | `raw HEX…` | writes these bytes to the TCP connection |
//! | `host` | answers the header `Host` of the handshake |
//! | `id` | answers `{"type":"connected","connectionId":"c-1"}`, with the number of the connection |
//! | `request` | answers the path and some headers of the handshake, as JSON |
//! | `bytes` | answers a binary frame: 00 ff |
//! | `ping DATA` | pings |
//! | `vanished` | answers how many clients ended their TCP connection without a close frame |
//! | `close CODE REASON` | closes |
//! | `close` | closes without a code |
//! | `stay CODE` | sends a close frame, and keeps the TCP connection open |
//! | `vanish` | ends the TCP connection |
//! | `freeze` | does nothing any more, not even close |
//!
//! Binary frames are sent back. A handshake for a path that ends with `/refuse/STATUS` gets that status, one for a path that ends with
//! `/moved?LOCATION` is redirected there, and the response to one for a path that ends with `/header/NAME/VALUE` has that header.

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use rcgen::{CertifiedKey, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::task::JoinHandle;
use tokio::task::coop::consume_budget;
use tokio::time::interval;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::CloseFrame;
use tokio_tungstenite::tungstenite::{Error, Message};

const SUBPROTOCOL: &str = "sec-websocket-protocol";

/// The server. It ends when it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    task: JoinHandle<()>,
}

/// Senders for all connections. Senders of closed connections stay without effect.
type SharedRoom = Arc<Room>;

/// State that the connections of a server share.
#[derive(Default)]
struct Room {
    senders: Mutex<Vec<UnboundedSender<Message>>>,
    /// How many clients ended the TCP connection without a close frame.
    vanished: AtomicUsize,
}

impl Room {
    fn senders(&self) -> MutexGuard<'_, Vec<UnboundedSender<Message>>> {
        self.senders.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Server {
    pub(crate) async fn start() -> io::Result<Self> {
        Self::listen(TcpListener::bind("127.0.0.1:0").await?, None)
    }

    /// Starts a server at this address.
    // Not every test that includes this module uses it.
    #[allow(dead_code)]
    pub(crate) async fn start_at(address: SocketAddr) -> io::Result<Self> {
        Self::listen(TcpListener::bind(address).await?, None)
    }

    /// Starts a server with TLS. Clients must trust `certificate`, which names 127.0.0.1.
    // Not every test that includes this module uses it.
    #[allow(dead_code)]
    pub(crate) async fn start_tls(certificate: &CertifiedKey<KeyPair>) -> io::Result<Self> {
        let key = PrivatePkcs8KeyDer::from(certificate.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.cert.der().clone()], key.into())
            .map_err(io::Error::other)?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        Self::listen(listener, Some(TlsAcceptor::from(Arc::new(config))))
    }

    fn listen(listener: TcpListener, tls: Option<TlsAcceptor>) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let room = SharedRoom::default();
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (room, tls) = (room.clone(), tls.clone());
                tokio::spawn(async move {
                    // Clients that violate the protocol or vanish are expected.
                    let _ = match tls {
                        None => serve(stream, room).await,
                        Some(tls) => match tls.accept(stream).await {
                            Ok(stream) => serve(stream, room).await,
                            Err(error) => Err(error.into()),
                        },
                    };
                });
            }
        });
        Ok(Self { address, task })
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its address for clients, without TLS.
    pub(crate) fn url(&self) -> String {
        format!("ws://{}", self.address)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.task.abort();
    }
}

// The error is the library's own type.
#[expect(clippy::result_large_err)]
#[expect(clippy::too_many_lines, reason = "one match arm for each order")]
async fn serve<S>(stream: S, room: SharedRoom) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let mut request = json!(null);
    let mut host = String::new();
    let accept = |asked: &Request, mut response: Response| {
        if let Some((_, status)) = asked.uri().path().rsplit_once("/refuse/") {
            let mut refusal = ErrorResponse::new(Some(r#"{"message":"not today"}"#.to_owned()));
            *refusal.status_mut() = status.parse().unwrap_or(StatusCode::BAD_REQUEST);
            let reason = HeaderValue::from_static("not today");
            refusal.headers_mut().insert("x-reason", reason);
            return Err(refusal);
        }
        if asked.uri().path().ends_with("/moved") {
            let mut moved = ErrorResponse::new(None);
            *moved.status_mut() = StatusCode::TEMPORARY_REDIRECT;
            let location = asked.uri().query().unwrap_or_default().parse();
            if let Ok(location) = location {
                moved.headers_mut().insert("location", location);
            }
            return Err(moved);
        }
        if let Some((_, header)) = asked.uri().path().rsplit_once("/header/")
            && let Some((name, value)) = header.split_once('/')
            && let Ok(name) = name.parse::<HeaderName>()
            && let Ok(value) = value.replace("%20", " ").parse()
        {
            response.headers_mut().insert(name, value);
        }
        let protocols = text(asked.headers(), SUBPROTOCOL);
        if let Some(first) = protocols.split(',').next().filter(|name| !name.is_empty())
            && let Ok(value) = HeaderValue::from_str(first.trim())
        {
            response.headers_mut().insert(SUBPROTOCOL, value);
        }
        host = text(asked.headers(), "host");
        request = json!({
            "path": asked.uri().to_string(),
            "authorization": text(asked.headers(), "authorization"),
            "x-test": text(asked.headers(), "x-test"),
            "subprotocols": protocols,
        });
        Ok(response)
    };
    let mut socket = tokio_tungstenite::accept_hdr_async(stream, accept).await?;
    let (sender, mut told) = unbounded_channel();
    let number = {
        let mut senders = room.senders();
        senders.push(sender.clone());
        senders.len()
    };
    loop {
        let frame = tokio::select! {
            Some(message) = told.recv() => {
                socket.send(message).await?;
                continue;
            }
            frame = socket.next() => frame,
        };
        let order = match frame {
            Some(Ok(Message::Text(order))) => order,
            Some(Ok(binary @ Message::Binary(_))) => {
                socket.send(binary).await?;
                continue;
            }
            Some(Ok(_)) => continue,
            Some(Err(error)) => {
                room.vanished.fetch_add(1, Ordering::Relaxed);
                return Err(error);
            }
            None => return Ok(()),
        };
        let (verb, rest) = order.split_once(' ').unwrap_or((&order, ""));
        match verb {
            "echo" => socket.send(Message::text(rest)).await?,
            "all" => {
                for sender in room.senders().iter() {
                    let _ = sender.send(Message::text(rest));
                }
            }
            "id" => {
                let id = json!({"type": "connected", "connectionId": format!("c-{number}")});
                socket.send(Message::text(id.to_string())).await?;
            }
            "host" => socket.send(Message::text(host.as_str())).await?,
            "request" => socket.send(Message::text(request.to_string())).await?,
            "bytes" => socket.send(Message::binary(vec![0x00, 0xff])).await?,
            "ping" => socket.send(Message::Ping(rest.to_owned().into())).await?,
            "vanished" => {
                let vanished = room.vanished.load(Ordering::Relaxed);
                let answer = json!({"vanished": vanished}).to_string();
                socket.send(Message::text(answer)).await?;
            }
            "close" => socket.close(close_frame(rest)).await?,
            "stay" => {
                socket.send(Message::Close(close_frame(rest))).await?;
                std::future::pending::<()>().await;
            }
            "bye" => {
                let (code, text) = rest.split_once(' ').unwrap_or((rest, ""));
                socket.send(Message::text(text)).await?;
                socket.close(close_frame(code)).await?;
            }
            "binary" => socket.send(Message::binary(rest.to_owned())).await?,
            "text" => {
                let text = rest.replace("\\n", "\n").replace("\\x1e", "\u{1e}");
                socket.send(Message::text(text)).await?;
            }
            "tick" => {
                let mut ticks = interval(Duration::from_millis(rest.parse().unwrap_or(20)));
                let sender = sender.clone();
                tokio::spawn(async move {
                    while sender.send(Message::text(r#"{"type":"tick"}"#)).is_ok() {
                        ticks.tick().await;
                    }
                });
            }
            "flood" => {
                for number in 0.. {
                    socket.send(Message::text(format!("tick {number}"))).await?;
                    consume_budget().await;
                }
            }
            "many" => {
                for number in 0..rest.parse().unwrap_or(0) {
                    socket.send(Message::text(format!("tick {number}"))).await?;
                }
            }
            "long" => {
                let (before, after) = rest.split_once(' ').unwrap_or((rest, ""));
                let (before, after) = (before.repeat(5_000), after.repeat(5_000));
                socket
                    .send(Message::text(format!("{before}x{after}")))
                    .await?;
            }
            "raw" => {
                let bytes = rest.split(' ').map(|byte| u8::from_str_radix(byte, 16));
                let bytes: Vec<u8> = bytes.map(Result::unwrap_or_default).collect();
                socket.get_mut().write_all(&bytes).await?;
                socket.get_mut().flush().await?;
            }
            "vanish" => return Ok(()),
            "freeze" => std::future::pending().await,
            other => {
                socket
                    .send(Message::text(format!("what is {other}?")))
                    .await?;
            }
        }
    }
}

fn close_frame(arguments: &str) -> Option<CloseFrame> {
    let (code, reason) = arguments.split_once(' ').unwrap_or((arguments, ""));
    Some(CloseFrame {
        code: code.parse::<u16>().ok()?.into(),
        reason: reason.into(),
    })
}

fn text(headers: &HeaderMap, name: &str) -> String {
    let value = headers.get(name).and_then(|value| value.to_str().ok());
    value.unwrap_or_default().to_owned()
}
