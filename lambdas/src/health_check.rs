//! `healthCheckWS`: sends one message through the real endpoint, as a client does, and waits for its own copy.
//!
//! Covers what other metrics cannot see: name resolution, the certificate, the handshake with its authorizer, the routes, both
//! tables and `@connections`. It uses a separate room, so no person sees its messages. It logs one line, from which the
//! template makes a metric; an alarm notices failed runs and missing ones alike.

use std::time::Duration;

use futures::{SinkExt as _, StreamExt as _};
use lambda_runtime::{Context, Diagnostic};
use papo_protocol::{ErrorEvent, Event, ServerFrame};
use serde::Serialize;
use serde_json::json;
use tokio::net::TcpStream;
use tokio::time::{Instant, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest as _;
use tokio_tungstenite::tungstenite::http::{HeaderValue, header::InvalidHeaderValue};
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};
use tracing::Instrument as _;

use crate::authorizer::{HEALTH_CHECK_HEADER, HEALTH_CHECK_ROOM, SECRET_HEADER};

/// Time limit of a run, below the function's time limit in the template.
///
/// A cold start of all functions on the way takes about a second.
const LIMIT: Duration = Duration::from_secs(10);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Settings from the template.
#[derive(Clone, Debug, Default)]
pub struct Settings {
    /// The endpoint for clients, `wss://…`.
    pub endpoint: String,
    /// The secret that the authorizer accepts instead of a token; empty if it admits anonymous clients.
    pub secret: String,
    /// The secret of the distribution in front of the API; empty for none.
    pub origin_secret: String,
}

/// A run that succeeded: the function's result.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Report {
    /// From the beginning of the handshake until the message came back, in milliseconds.
    pub round_trip_ms: u64,
}

/// Why a run failed.
#[derive(Debug, thiserror::Error)]
pub enum HealthCheckError {
    /// A secret contains characters that a header cannot have.
    #[error("HEALTH_CHECK_SECRET or ORIGIN_SECRET is not a valid header: {0}")]
    Header(#[from] InvalidHeaderValue),
    /// The handshake or the connection failed.
    #[error("the connection failed: {0}")]
    Connection(Box<tungstenite::Error>),
    /// The server closed the connection early.
    #[error("the connection was closed before the message came back")]
    Closed,
    /// The message was refused.
    #[error("the message was refused with {}: {}", .0.code.as_str(), .0.message)]
    Refused(ErrorEvent),
    /// API Gateway reported an error.
    #[error("API Gateway reported: {0}")]
    Gateway(String),
    /// The run took too long.
    #[error("the message did not come back within {LIMIT:?}")]
    TimedOut,
}

impl From<tungstenite::Error> for HealthCheckError {
    fn from(error: tungstenite::Error) -> Self {
        Self::Connection(Box::new(error))
    }
}

impl From<HealthCheckError> for Diagnostic {
    fn from(error: HealthCheckError) -> Self {
        Self {
            error_type: "HealthCheckFailed".to_owned(),
            error_message: error.to_string(),
        }
    }
}

/// Handles one invocation.
///
/// # Errors
///
/// [`HealthCheckError`]. It has been logged.
pub async fn handle(settings: &Settings, context: &Context) -> Result<Report, HealthCheckError> {
    let span = tracing::error_span!("invocation", requestId = context.request_id);
    let run = async {
        // Boxed, because the future of a TLS handshake is large.
        let played = Box::pin(play(settings, &context.request_id));
        let ended = timeout(LIMIT, played).await;
        let ended = ended.unwrap_or(Err(HealthCheckError::TimedOut));
        match &ended {
            Ok(report) => {
                tracing::info!(roundTripMs = report.round_trip_ms, "health check passed");
            }
            Err(error) => tracing::error!(%error, "health check failed"),
        }
        ended
    };
    run.instrument(span).await
}

/// Connects, sends the message `id`, receives it, and disconnects.
async fn play(settings: &Settings, id: &str) -> Result<Report, HealthCheckError> {
    let began = Instant::now();
    let mut socket = connect(settings).await?;
    let message =
        json!({"action": "sendMessage", "message": "health check", "clientMessageId": id});
    socket.send(Message::text(message.to_string())).await?;
    receive(&mut socket, id).await?;
    let round_trip = began.elapsed();
    // A message that came back proves enough.
    let _ = socket.close(None).await;
    while let Some(Ok(_)) = socket.next().await {}
    Ok(Report {
        round_trip_ms: u64::try_from(round_trip.as_millis()).unwrap_or(u64::MAX),
    })
}

async fn connect(settings: &Settings) -> Result<Socket, HealthCheckError> {
    let url = format!("{}?room={HEALTH_CHECK_ROOM}", settings.endpoint);
    let mut request = url.into_client_request()?;
    for (name, secret) in [
        (HEALTH_CHECK_HEADER, &settings.secret),
        (SECRET_HEADER, &settings.origin_secret),
    ] {
        if !secret.is_empty() {
            let mut value = HeaderValue::from_str(secret)?;
            value.set_sensitive(true);
            request.headers_mut().insert(name, value);
        }
    }
    Ok(connect_async(request).await?.0)
}

/// Waits for the message `id`. Messages of other runs in the same room are ignored.
async fn receive(socket: &mut Socket, id: &str) -> Result<(), HealthCheckError> {
    while let Some(frame) = socket.next().await {
        let Message::Text(text) = frame? else {
            continue;
        };
        match ServerFrame::parse(&text) {
            Ok(ServerFrame::Event(Event::Message(message))) => {
                let message_id = message.client_message_id.as_ref();
                if message_id.is_some_and(|it| it.as_str() == id) {
                    return Ok(());
                }
            }
            Ok(ServerFrame::Event(Event::Error(refusal))) => {
                return Err(HealthCheckError::Refused(refusal));
            }
            Ok(ServerFrame::Gateway(error)) => {
                return Err(HealthCheckError::Gateway(error.message));
            }
            Ok(_) | Err(_) => {}
        }
    }
    Err(HealthCheckError::Closed)
}
