//! Counts the frames that clients of the local stack really receive.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use futures::{SinkExt as _, StreamExt as _};
use papagaio::stack::Stack;
use papo_protocol::{Event, ServerFrame};
use serde_json::json;
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::{interval, timeout};
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// How long a frame may take. A busy machine must not end the measurement.
const LIMIT: Duration = Duration::from_mins(1);

/// How long a measurement may take; its messages are sent within ten seconds.
const WHOLE: Duration = Duration::from_mins(3);

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

/// Starts a stack with this `Fanout`, connects `people`, and lets one of them send `messages`, `rate` a second. Returns the
/// frames that a client receives for each message, on average.
pub(super) async fn frames_per_delivery(
    programs: &Path,
    template: &Path,
    fanout: &str,
    people: u32,
    rate: f64,
    messages: u32,
) -> Result<f64> {
    let builder = Stack::builder(template, programs.join("gateway"))
        .functions(programs)
        .argument(format!("--parameter=Fanout={fanout}"))
        .env("RUST_LOG", "error");
    let stack = tokio::task::spawn_blocking(|| builder.start()).await??;
    let measured = timeout(WHOLE, measure(&stack, people, rate, messages)).await;
    tokio::task::spawn_blocking(move || drop(stack)).await?;
    measured.with_context(|| format!("not done within {} s", WHOLE.as_secs()))?
}

async fn measure(stack: &Stack, people: u32, rate: f64, messages: u32) -> Result<f64> {
    let mut sockets = Vec::new();
    for number in 0..people {
        sockets.push(introduce(stack, number).await?);
    }
    let (mut sender, own) = sockets.swap_remove(0).split();
    let (refusals, mut refused) = mpsc::unbounded_channel();
    let mut readers: Vec<_> = sockets
        .into_iter()
        .map(|socket| tokio::spawn(receive(socket.split().1, messages, refusals.clone())))
        .collect();
    readers.push(tokio::spawn(receive(own, messages, refusals)));
    let mut ticks = interval(Duration::from_secs_f64(1.0 / rate));
    for number in 0..messages {
        ticks.tick().await;
        sender.send(message(&format!("c-{number}"))).await?;
    }
    // Ends with the readers. A busy machine may not append all messages in time.
    while let Some(id) = refused.recv().await {
        sender.send(message(&id)).await?;
    }
    let mut frames = 0;
    for reader in readers {
        frames += reader.await??;
    }
    let deliveries = f64::from(people) * f64::from(messages);
    Ok(f64::from(frames) / deliveries)
}

fn message(id: &str) -> Message {
    let frame = json!({"action": "sendMessage", "message": "hello", "clientMessageId": id});
    Message::text(frame.to_string())
}

/// A client that has introduced itself, and so receives lists of messages.
async fn introduce(stack: &Stack, number: u32) -> Result<Socket> {
    let (mut socket, _) = connect_async(stack.endpoint().to_string()).await?;
    let name = format!("Ana {number}");
    let frame = json!({"action": "connected", "name": name});
    socket.send(Message::text(frame.to_string())).await?;
    loop {
        let answer = timeout(LIMIT, socket.next()).await;
        let answer = answer.context("no answer to the introduction")?;
        let answer = answer.context("the connection was closed")??;
        if let Message::Text(text) = answer
            && let Ok(ServerFrame::Event(Event::Connected(_))) = ServerFrame::parse(&text)
        {
            return Ok(socket);
        }
    }
}

/// Counts the frames until all messages have arrived. Passes on the ids of messages that must be sent again.
async fn receive(
    mut frames: futures::stream::SplitStream<Socket>,
    messages: u32,
    refusals: mpsc::UnboundedSender<String>,
) -> Result<u32> {
    let (mut count, mut missing) = (0, messages);
    while missing > 0 {
        let frame = timeout(LIMIT, frames.next()).await;
        let frame =
            frame.with_context(|| format!("{missing} of {messages} messages are missing"))?;
        let Message::Text(text) = frame.context("the connection was closed")?? else {
            continue;
        };
        let entries = match ServerFrame::parse(&text) {
            Ok(ServerFrame::Event(Event::Message(_))) => 1,
            Ok(ServerFrame::Event(Event::Entries(list))) => u32::try_from(list.entries.len())?,
            Ok(ServerFrame::Event(Event::Error(error))) => {
                let Some(id) = error.client_message_id else {
                    bail!("refused: {}", error.message);
                };
                // The receiver outlives all readers.
                let _ = refusals.send(id.as_str().to_owned());
                continue;
            }
            Ok(_) | Err(_) => continue,
        };
        count += 1;
        missing = missing.saturating_sub(entries);
    }
    Ok(count)
}
