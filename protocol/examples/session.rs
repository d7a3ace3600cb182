//! Drives a session over a blocking socket: sends one message, then prints the timeline.
//!
//! `cargo run -p papo-protocol --example session -- ws://127.0.0.1:3001/dev Olá`

use std::collections::VecDeque;
use std::time::{Duration, Instant};

use papo_protocol::session::{Effect, Input};
use papo_protocol::{ClientMessageId, MessageText, Session};
use tungstenite::{Error, Message, stream::MaybeTlsStream};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let url = arguments.next().ok_or("expected the URL of an endpoint")?;
    let text = MessageText::parse(arguments.next().ok_or("expected a message")?)?;
    let id = ClientMessageId::parse(format!("example-{}", std::process::id()))?;
    let sent_at = 0;

    let (mut session, start, mut socket) = (Session::default(), Instant::now(), None);
    let mut inputs = VecDeque::from([
        Input::Start,
        Input::Send {
            id,
            content: text.into(),
            sent_at,
        },
    ]);
    while session.timeline().is_empty() || session.outbox().is_busy() {
        let now = u64::try_from(start.elapsed().as_millis())?;
        for effect in session.step(inputs.pop_front().unwrap_or(Input::Timer), now, 0.5) {
            match effect {
                Effect::Connect(id) => {
                    let (connected, _) = tungstenite::connect(&url)?;
                    if let MaybeTlsStream::Plain(stream) = connected.get_ref() {
                        stream.set_read_timeout(Some(Duration::from_millis(50)))?;
                    }
                    socket = Some((id, connected));
                    inputs.push_front(Input::Opened(id));
                }
                Effect::Send(_, frame) => {
                    let (_, socket) = socket.as_mut().ok_or("not connected")?;
                    socket.send(Message::text(frame))?;
                }
                Effect::Close(_) => socket = None,
                Effect::Save => {}
            }
        }
        if let Some((id, socket)) = socket.as_mut().filter(|_| inputs.is_empty()) {
            match socket.read() {
                Ok(Message::Text(frame)) => {
                    inputs.push_back(Input::Received(*id, frame.to_string()));
                }
                // The read timed out, or it was a ping.
                Ok(_) | Err(Error::Io(_)) => {}
                Err(_) => inputs.push_back(Input::Closed(*id)),
            }
        }
    }
    for entry in session.timeline().entries() {
        println!("{}: {}", entry.message.connection_id, entry.message.message);
    }
    Ok(())
}
