//! Reads a frame of a client.
//!
//! Field by field instead of a derived `Deserialize`, because each field that is missing or invalid has its own error
//! code, and the error names the client's message if its id could be read.

mod fields;

#[cfg(test)]
mod tests;

use serde_json::{Map, Value};

use super::{Action, Resume};
use crate::error::{ErrorCode, ErrorEvent};
use crate::limits::HEADS_ROOMS;
use crate::person::{PersonKey, PersonName};
use crate::position::{Epoch, Range};
use crate::room::RoomName;
use fields::{Fields, invalid};

/// The actions as they are listed in an error message.
const KNOWN_ACTIONS: &str = r#""connected", "sendMessage", "edit", "delete", "reaction", "typing", "history", "heads" and "ping""#;

/// A misspelt action is repeated in the error message up to this many characters.
const SHOWN_CHARS: usize = 40;

impl Action {
    /// Reads the text of a frame.
    ///
    /// # Errors
    ///
    /// The [`ErrorEvent`] to reply with. It carries the `clientMessageId` if that could be read.
    pub fn parse(body: &str) -> Result<Self, ErrorEvent> {
        let Ok(fields) = serde_json::from_str::<Map<String, Value>>(body) else {
            return Err(ErrorEvent::new(
                ErrorCode::MalformedBody,
                r#"Malformed body: send one JSON object, such as {"action":"sendMessage","message":"Hello"}."#,
            ));
        };
        let fields = Fields(fields);
        let Some(action) = fields.0.get("action") else {
            return Err(unknown_action("The field action is missing."));
        };
        match action.as_str() {
            Some("connected") => connected(&fields),
            Some("sendMessage") => fields.with_id(|fields, client_message_id| {
                Ok(Self::SendMessage {
                    message: fields.message()?,
                    reply_to: fields.seq("replyTo")?,
                    client_message_id,
                })
            }),
            Some("edit") => fields.with_id(|fields, client_message_id| {
                Ok(Self::Edit {
                    target: fields.target()?,
                    message: fields.message()?,
                    client_message_id,
                })
            }),
            Some("delete") => fields.with_id(|fields, client_message_id| {
                Ok(Self::Delete {
                    target: fields.target()?,
                    client_message_id,
                })
            }),
            Some("reaction") => fields.with_id(|fields, client_message_id| {
                Ok(Self::Reaction {
                    target: fields.target()?,
                    emoji: fields.emoji()?,
                    on: fields.on()?,
                    client_message_id,
                })
            }),
            Some("typing") => Ok(Self::Typing),
            Some("heads") => heads(&fields),
            Some("history") => history(&fields),
            Some("ping") => Ok(Self::Ping),
            _ => {
                let id = fields.client_message_id().ok().flatten();
                Err(no_such_action(action).about(id))
            }
        }
    }
}

fn connected(fields: &Fields) -> Result<Action, ErrorEvent> {
    Ok(Action::Connected {
        name: fields.parsed("name", ErrorCode::InvalidName, PersonName::parse)?,
        key: fields.parsed("key", ErrorCode::InvalidKey, |key| PersonKey::parse(key))?,
        resume: fields.get("resume").and_then(resume),
    })
}

fn heads(fields: &Fields) -> Result<Action, ErrorEvent> {
    let rooms = fields.get("rooms").and_then(Value::as_array);
    let rooms = rooms.filter(|rooms| rooms.len() <= HEADS_ROOMS);
    let room = |room: &Value| RoomName::parse(room.as_str()?).ok();
    let rooms = rooms.and_then(|rooms| rooms.iter().map(room).collect());
    let rooms = rooms.ok_or_else(|| {
        let reason = format!("the field rooms must list at most {HEADS_ROOMS} names of rooms");
        invalid(ErrorCode::InvalidRooms, reason)
    })?;
    Ok(Action::Heads { rooms })
}

/// An invalid `resume` is ignored: the client learns the head of the log and asks for what it misses.
fn resume(value: &Value) -> Option<Resume> {
    Some(Resume {
        epoch: Epoch::new(value.get("epoch")?.as_str()?),
        after: value.get("after")?.as_u64()?,
    })
}

fn history(fields: &Fields) -> Result<Action, ErrorEvent> {
    let code = ErrorCode::InvalidHistory;
    let seq = |name| fields.get(name).map(Value::as_u64);
    let range = match (seq("after"), seq("before")) {
        (Some(Some(after)), None) => Range::After(after),
        (None, Some(Some(before))) => Range::Before(before),
        _ => {
            let reason = "send either after or before, with a whole number that is not negative";
            return Err(invalid(code, reason));
        }
    };
    let limit = match fields.get("limit") {
        None => None,
        Some(limit) => {
            let Some(Ok(limit)) = limit.as_u64().map(u16::try_from) else {
                let reason = "the field limit must be a whole number from 0 to 65535";
                return Err(invalid(code, reason));
            };
            Some(limit)
        }
    };
    Ok(Action::History { range, limit })
}

fn no_such_action(action: &Value) -> ErrorEvent {
    let text = action.to_string();
    let shown: String = text.chars().take(SHOWN_CHARS).collect();
    let ellipsis = if shown.len() < text.len() { "…" } else { "" };
    unknown_action(&format!("There is no action {shown}{ellipsis}."))
}

fn unknown_action(problem: &str) -> ErrorEvent {
    let message = format!("{problem} The actions are {KNOWN_ACTIONS}.");
    ErrorEvent::new(ErrorCode::UnknownAction, message)
}
