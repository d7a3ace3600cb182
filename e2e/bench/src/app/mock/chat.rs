//! The scripted chat: numbered messages, and answers to the frames of a page.

use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::Result;
use papo_protocol::event::Connected;
use papo_protocol::{
    ConnectionId, Epoch, Event, Message, MessageId, PersonId, PersonName, Position,
};
use serde_json::{Value, json};
use tokio::sync::broadcast;
use tungstenite::Utf8Bytes;

use crate::app::subject::Protocol;

/// Frames that may wait for the page. More than the largest burst.
const QUEUE: usize = 1 << 20;

/// The authors of the messages.
const AUTHORS: [&str; 5] = ["Ana", "Bruno", "Carla", "Davi", "Elisa"];

/// The words that messages are made of.
const WORDS: &str = "o trem das onze saiu sem avisar e a gente ficou na plataforma com duas malas um violão e a certeza de que o \
                     próximo só passa depois que a chuva parar";

/// The state of the chat.
#[derive(Debug)]
pub(super) struct Chat {
    protocol: Protocol,
    pub(super) frames: broadcast::Sender<Utf8Bytes>,
    /// How many messages there have been.
    head: AtomicU64,
}

impl Chat {
    pub(super) fn new(protocol: Protocol) -> Self {
        Self {
            protocol,
            frames: broadcast::channel(QUEUE).0,
            head: AtomicU64::new(0),
        }
    }

    /// The text at the end of the message that is `ahead` messages after the newest one.
    pub(super) fn marker(&self, ahead: u32) -> String {
        marker(self.head.load(Ordering::Relaxed) + u64::from(ahead))
    }

    /// The frame of the next message.
    pub(super) fn next_message(&self) -> Result<Utf8Bytes> {
        let seq = self.head.fetch_add(1, Ordering::Relaxed) + 1;
        let message = message(seq)?;
        let frame = match self.protocol {
            Protocol::Chat => serde_json::to_string(&Event::Message(message))?,
            Protocol::Original => json!({
                "connectionId": message.connection_id,
                "message": message.message,
                "messageId": message.message_id,
                "requestTimeEpoch": message.request_time_epoch,
            })
            .to_string(),
        };
        Ok(frame.into())
    }

    /// The answer to a frame of the page.
    pub(super) fn answer(&self, frame: &str) -> Option<String> {
        let frame: Value = serde_json::from_str(frame).ok()?;
        let position = Position {
            epoch: Epoch::new("bench"),
            seq: self.head.load(Ordering::Relaxed),
        };
        let connection_id = ConnectionId::new("bench0SM9cOFvHc=");
        let answer = match (self.protocol, frame["action"].as_str()?) {
            (Protocol::Original, "connected") => {
                json!({ "type": "connected", "connectionId": connection_id })
            }
            (Protocol::Original, "sendMessage") => return None,
            // The answer of API Gateway when no route matches the action.
            (Protocol::Original, _) => {
                json!({ "message": "Forbidden", "connectionId": connection_id, "requestId": "bench" })
            }
            (Protocol::Chat, "connected") => {
                let connected = Event::Connected(Connected {
                    connection_id,
                    head: Some(position),
                    person_id: Some(PersonId::new("bench")),
                    room: None,
                });
                serde_json::to_value(connected).ok()?
            }
            (Protocol::Chat, "ping") => {
                json!({ "type": "pong", "epoch": position.epoch, "head": position.seq })
            }
            (Protocol::Chat, _) => return None,
        };
        Some(answer.to_string())
    }
}

fn marker(seq: u64) -> String {
    format!("(n. {seq})")
}

/// Up to three messages in a row of each author, of 2 to 28 words.
fn message(seq: u64) -> Result<Message> {
    let author = AUTHORS[usize::try_from(seq / 3)? % AUTHORS.len()];
    let words: Vec<_> = WORDS
        .split(' ')
        .take(2 + usize::try_from(seq * 7 % 27)?)
        .collect();
    let now = SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis();
    Ok(Message {
        connection_id: ConnectionId::new(format!("{author}0SM9cOFvHc=")),
        message: format!("{} {}", words.join(" "), marker(seq)),
        // In the order of the messages: without places in a log, messages of the same millisecond are sorted by id.
        message_id: MessageId::new(format!("m{seq:08}")),
        request_time_epoch: i64::try_from(now)?,
        seq: Some(seq),
        client_message_id: None,
        person_id: Some(PersonId::new(author.to_lowercase())),
        name: Some(PersonName::parse(author)?),
        reply_to: None,
        deleted: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_original_protocol_has_no_places_in_a_log() {
        let original = Chat::new(Protocol::Original);
        let frame: Value = serde_json::from_str(&original.next_message().unwrap()).unwrap();
        let fields: Vec<_> = frame.as_object().unwrap().keys().collect();
        assert_eq!(
            fields,
            ["connectionId", "message", "messageId", "requestTimeEpoch"]
        );
        let ping = original.answer(r#"{"action":"ping"}"#).unwrap();
        assert!(ping.contains("Forbidden"), "{ping}");
    }

    #[test]
    fn messages_of_the_chat_are_numbered_and_end_with_their_marker() {
        let chat = Chat::new(Protocol::Chat);
        chat.next_message().unwrap();
        let frame: Value = serde_json::from_str(&chat.next_message().unwrap()).unwrap();
        assert_eq!(frame["seq"], 2);
        assert!(frame["message"].as_str().unwrap().ends_with(&marker(2)));
        let connected = chat.answer(r#"{"action":"connected"}"#).unwrap();
        assert!(connected.contains(r#""head":2"#), "{connected}");
    }
}
