//! A chat room in this process: broadcasts messages, or fails in the way that a test asks for.

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use papo_protocol::{
    Action, Connected, ConnectionId, Entries, ErrorCode, ErrorEvent, Event, LogEntry, MessageId,
};
use rcgen::{CertifiedKey, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpSocket};
use tokio::sync::broadcast;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_tungstenite::tungstenite::handshake::server::{ErrorResponse, Request, Response};
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::tungstenite::{Error, Message, Utf8Bytes};

/// How many messages may be on their way to one client.
const IN_FLIGHT: usize = 1_024;

/// What API Gateway answers when a function fails.
const INTERNAL_ERROR: &str =
    r#"{"message": "Internal server error", "connectionId":"a", "requestId":"b"}"#;

/// How the room fails. The second message is affected.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Habit {
    /// Nothing.
    None,
    /// The first client does not receive it.
    Loses,
    /// The first client receives it twice.
    Duplicates,
    /// It is refused.
    Refuses,
    /// API Gateway reports an internal server error.
    Breaks,
    /// The first client is disconnected with code 1001 instead of receiving it.
    HangsUp,
    /// It and all later messages are delayed by this time.
    Stalls(Duration),
    /// Refuses clients from the third on.
    IsFull,
    /// Messages are broadcast without `clientMessageId`, as by the original back end.
    Forgets,
    /// Two messages are broadcast in one frame.
    Pairs,
}

/// The room. It ends when it is dropped.
pub(crate) struct Room {
    url: String,
    task: JoinHandle<()>,
}

#[derive(Clone)]
struct Said {
    number: u64,
    frame: Utf8Bytes,
}

struct Shared {
    habit: Habit,
    said: broadcast::Sender<Said>,
    clients: AtomicU64,
    messages: AtomicU64,
    /// The first of two messages.
    waiting: Mutex<Vec<LogEntry>>,
}

impl Room {
    pub(crate) fn open(habit: Habit) -> io::Result<Self> {
        Self::listen(habit, None)
    }

    /// A room without a habit, behind TLS. Clients must trust `certificate`, which names 127.0.0.1.
    pub(crate) fn open_encrypted(certificate: &CertifiedKey<KeyPair>) -> io::Result<Self> {
        let key = PrivatePkcs8KeyDer::from(certificate.signing_key.serialize_der());
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .map_err(io::Error::other)?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.cert.der().clone()], key.into())
            .map_err(io::Error::other)?;
        Self::listen(Habit::None, Some(Arc::new(config).into()))
    }

    fn listen(habit: Habit, tls: Option<TlsAcceptor>) -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind(([127, 0, 0, 1], 0).into())?;
        let listener: TcpListener = socket.listen(4_096)?;
        let address = listener.local_addr()?;
        let shared = Arc::new(Shared {
            habit,
            said: broadcast::channel(IN_FLIGHT).0,
            clients: AtomicU64::new(0),
            messages: AtomicU64::new(0),
            waiting: Mutex::default(),
        });
        let scheme = if tls.is_some() { "wss" } else { "ws" };
        let task = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (shared, tls) = (shared.clone(), tls.clone());
                // An error only means that the client has disconnected.
                tokio::spawn(async move {
                    stream.set_nodelay(true)?;
                    match tls {
                        None => serve(stream, shared).await,
                        Some(tls) => serve(tls.accept(stream).await?, shared).await,
                    }
                });
            }
        });
        let url = format!("{scheme}://{address}/dev");
        Ok(Self { url, task })
    }

    pub(crate) fn url(&self) -> String {
        self.url.clone()
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn serve<S>(stream: S, shared: Arc<Shared>) -> Result<(), Error>
where
    S: AsyncRead + AsyncWrite + Unpin,
{
    let client = shared.clients.fetch_add(1, Ordering::Relaxed);
    let full = shared.habit == Habit::IsFull && client >= 2;
    // The error is the library's own type.
    #[expect(clippy::result_large_err)]
    let answer = |_: &Request, response: Response| {
        if full {
            let mut refusal = ErrorResponse::new(None);
            *refusal.status_mut() = http::StatusCode::TOO_MANY_REQUESTS;
            return Err(refusal);
        }
        Ok(response)
    };
    let config = WebSocketConfig::default()
        .read_buffer_size(4_096)
        .write_buffer_size(0);
    let mut said = shared.said.subscribe();
    let mut socket =
        tokio_tungstenite::accept_hdr_async_with_config(stream, answer, Some(config)).await?;
    loop {
        tokio::select! {
            Ok(Said { number, frame }) = said.recv() => {
                let concerned = client == 0 && number == 1;
                let times = match shared.habit {
                    Habit::Loses if concerned => 0,
                    Habit::Duplicates if concerned => 2,
                    Habit::HangsUp if concerned => {
                        let code = 1_001.into();
                        let reason = Utf8Bytes::default();
                        let frame = tokio_tungstenite::tungstenite::protocol::CloseFrame { code, reason };
                        return socket.close(Some(frame)).await;
                    }
                    _ => 1,
                };
                for _ in 0..times {
                    socket.send(Message::Text(frame.clone())).await?;
                }
            }
            frame = socket.next() => match frame {
                Some(Ok(Message::Text(text))) => {
                    if let Some(answer) = hear(&shared, client, &text) {
                        socket.send(Message::text(answer)).await?;
                    }
                }
                Some(Ok(_)) => {}
                Some(Err(error)) => return Err(error),
                None => return Ok(()),
            }
        }
    }
}

/// Broadcasts a message, or answers its sender.
fn hear(shared: &Shared, client: u64, text: &str) -> Option<String> {
    let connection_id = ConnectionId::new(format!("c-{client}"));
    let (message, client_message_id) = match Action::parse(text) {
        Ok(Action::SendMessage {
            message,
            client_message_id,
            ..
        }) => (message, client_message_id),
        Ok(Action::Connected { name: Some(_), .. }) => {
            let connected = Connected {
                connection_id,
                head: None,
                person_id: None,
                room: None,
            };
            return Some(Event::Connected(connected).to_json());
        }
        _ => return Some("what?".to_owned()),
    };
    let number = shared.messages.fetch_add(1, Ordering::Relaxed);
    match shared.habit {
        Habit::Refuses if number == 1 => {
            let refusal = ErrorEvent {
                code: ErrorCode::EmptyMessage,
                message: "The message is empty.".to_owned(),
                retry_after_ms: None,
                client_message_id,
            };
            return Some(Event::Error(refusal).to_json());
        }
        Habit::Breaks if number == 1 => return Some(INTERNAL_ERROR.to_owned()),
        // Blocks the whole thread on purpose.
        Habit::Stalls(time) if number == 1 => std::thread::sleep(time),
        _ => {}
    }
    let said = papo_protocol::Message {
        connection_id,
        message: message.as_str().to_owned(),
        message_id: MessageId::new(format!("m-{number}")),
        request_time_epoch: 1_733_702_400_000,
        seq: Some(number + 1),
        client_message_id: client_message_id.filter(|_| shared.habit != Habit::Forgets),
        person_id: None,
        name: None,
        reply_to: None,
        deleted: false,
    };
    let event = if shared.habit == Habit::Pairs {
        pair(shared, said)?
    } else {
        Event::Message(said)
    };
    let frame = event.to_json().into();
    // The sender receives it, too.
    let _ = shared.said.send(Said { number, frame });
    None
}

/// The frame with this message and the one before, if this is the second one.
fn pair(shared: &Shared, said: papo_protocol::Message) -> Option<Event> {
    let waiting = shared.waiting.lock();
    let mut waiting = waiting.unwrap_or_else(PoisonError::into_inner);
    waiting.push(LogEntry::Message(said));
    let entries = (waiting.len() == 2).then(|| std::mem::take(&mut *waiting))?;
    Some(Event::Entries(Entries { entries }))
}
