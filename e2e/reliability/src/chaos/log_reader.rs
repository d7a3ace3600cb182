//! Reads the whole message log over a fresh connection.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures::{SinkExt as _, StreamExt as _};
use papo_protocol::{Action, Event, History, LogEntry, Position, Range, ServerFrame};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::{WebSocketStream, client_async};

/// The time limit for one response.
const RESPONSE: Duration = Duration::from_secs(30);

/// How many connections are tried: the gateway under attack limits their life to seconds.
const ATTEMPTS: usize = 20;

/// The end of the log at `address`, and all its entries.
pub(super) async fn read(address: SocketAddr, path: &str) -> Result<(Position, Vec<LogEntry>)> {
    let mut log = Vec::new();
    let mut attempts = 1;
    loop {
        match read_on(address, path, &mut log).await {
            Ok(head) => return Ok((head, log)),
            Err(error) if attempts == ATTEMPTS => {
                return Err(error.context("could not read the message log"));
            }
            Err(_) => attempts += 1,
        }
    }
}

/// Reads the entries after those in `log`.
async fn read_on(address: SocketAddr, path: &str, log: &mut Vec<LogEntry>) -> Result<Position> {
    let stream = TcpStream::connect(address).await?;
    let (mut socket, _) = timeout(
        RESPONSE,
        client_async(format!("ws://{address}{path}"), stream),
    )
    .await??;
    loop {
        let after = log.last().and_then(LogEntry::seq).unwrap_or_default();
        let History {
            head,
            messages,
            complete,
            ..
        } = page(&mut socket, after).await?;
        if messages.is_empty() && !complete {
            bail!("a history page is empty, but not complete");
        }
        log.extend(messages);
        if complete {
            return Ok(head);
        }
    }
}

async fn page(socket: &mut WebSocketStream<TcpStream>, after: u64) -> Result<History> {
    let request = Action::History {
        range: Range::After(after),
        limit: None,
    };
    socket
        .send(tungstenite::Message::text(request.to_json()))
        .await?;
    let response = async {
        while let Some(frame) = socket.next().await {
            let tungstenite::Message::Text(text) = frame? else {
                continue;
            };
            match ServerFrame::parse(&text) {
                Ok(ServerFrame::Event(Event::History(history)))
                    if history.range == Range::After(after) =>
                {
                    return Ok(history);
                }
                Ok(ServerFrame::Event(Event::Error(refusal))) => {
                    bail!("the history request was refused: {}", refusal.message)
                }
                Ok(ServerFrame::Gateway(error)) => bail!("gateway error: {}", error.message),
                // Broadcasts may arrive in between.
                Ok(_) | Err(_) => {}
            }
        }
        bail!("the connection was closed")
    };
    timeout(RESPONSE, response)
        .await
        .context("no response to a history request")?
}
