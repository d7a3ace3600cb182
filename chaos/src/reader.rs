//! Somebody new who reads all that was ever said, from the beginning.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures::{SinkExt as _, StreamExt as _};
use papo_protocol::{Action, Event, Heard, History, Message, Position, Range};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::{WebSocketStream, client_async};

/// How long one answer may take.
const ANSWER: Duration = Duration::from_secs(30);

/// How often it is tried again, on a new connection, because the one before was as short-lived as all are here.
const TRIES: usize = 20;

/// The whole log of the chat at `address`, and where it ends.
///
/// # Errors
///
/// If it cannot be read.
pub(crate) async fn read_log(address: SocketAddr, path: &str) -> Result<(Position, Vec<Message>)> {
    let mut log = Vec::new();
    let mut tries = 1;
    loop {
        match read_on(address, path, &mut log).await {
            Ok(head) => return Ok((head, log)),
            Err(error) if tries == TRIES => return Err(error.context("the log cannot be read")),
            Err(_) => tries += 1,
        }
    }
}

/// Reads on behind what is in `log` already.
async fn read_on(address: SocketAddr, path: &str, log: &mut Vec<Message>) -> Result<Position> {
    let stream = TcpStream::connect(address).await?;
    let (mut socket, _) = timeout(
        ANSWER,
        client_async(format!("ws://{address}{path}"), stream),
    )
    .await??;
    loop {
        let after = log.last().and_then(|last| last.seq).unwrap_or_default();
        let History {
            head,
            messages,
            complete,
            ..
        } = page(&mut socket, after).await?;
        if messages.is_empty() && !complete {
            bail!("a page of the log is empty, and not the last");
        }
        log.extend(messages);
        if complete {
            return Ok(head);
        }
    }
}

async fn page(socket: &mut WebSocketStream<TcpStream>, after: u64) -> Result<History> {
    let question = Action::History {
        range: Range::After(after),
        limit: None,
    };
    socket
        .send(tungstenite::Message::text(question.to_json()))
        .await?;
    let answer = async {
        while let Some(frame) = socket.next().await {
            let tungstenite::Message::Text(text) = frame? else {
                continue;
            };
            match Heard::parse(&text) {
                Ok(Heard::Event(Event::History(history)))
                    if history.range == Range::After(after) =>
                {
                    return Ok(history);
                }
                Ok(Heard::Event(Event::Error(refusal))) => bail!("refused: {}", refusal.message),
                Ok(Heard::Gateway(error)) => bail!("the gateway says: {}", error.message),
                // Somebody says something meanwhile.
                Ok(_) | Err(_) => {}
            }
        }
        bail!("the connection has ended")
    };
    timeout(ANSWER, answer).await.context("no answer")?
}
