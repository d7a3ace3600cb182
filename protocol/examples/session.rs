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
    let send = Input::Send {
        id: ClientMessageId::parse(format!("example-{}", std::process::id()))?,
        content: text.into(),
        sent_at: 0,
    };
    let (mut session, start, mut open) = (Session::default(), Instant::now(), None);
    let mut inputs = VecDeque::from([Input::Start, send]);
    while session.timeline().is_empty() || session.outbox().is_busy() {
        let input = inputs.pop_front().unwrap_or(Input::Timer);
        let now = u64::try_from(start.elapsed().as_millis())?;
        for effect in session.step(input, now, 0.5) {
            match effect {
                Effect::Connect(id) => {
                    let (socket, _) = tungstenite::connect(&url)?;
                    if let MaybeTlsStream::Plain(stream) = socket.get_ref() {
                        stream.set_read_timeout(Some(Duration::from_millis(50)))?;
                    }
                    open = Some((id, socket));
                    inputs.push_front(Input::Opened(id));
                }
                Effect::Send(_, frame) => {
                    let (_, socket) = open.as_mut().ok_or("not connected")?;
                    socket.send(Message::text(frame))?;
                }
                Effect::Close(_) => open = None,
                Effect::Save => {}
            }
        }
        if let Some((id, socket)) = open.as_mut().filter(|_| inputs.is_empty()) {
            inputs.push_back(match socket.read() {
                Ok(Message::Text(frame)) => Input::Received(*id, frame.to_string()),
                // The read timed out, or it was a ping.
                Ok(_) | Err(Error::Io(_)) => Input::Timer,
                Err(_) => Input::Closed(*id),
            });
        }
    }
    for entry in session.timeline().entries() {
        println!("{}: {}", entry.message.connection_id, entry.message.message);
    }
    Ok(())
}
