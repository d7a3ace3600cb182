//! Reads each event from its fields.
//!
//! Field by field instead of a derived `Deserialize`: the code that serde derives for tagged enums with flattened parts
//! is several times larger, and every visitor of the app downloads it.

use serde_json::Value;

use super::InvalidFrame;
use super::fields::Fields;
use crate::emoji::Emoji;
use crate::entry::{ChangeEntry, ChangeKind, LogEntry, Message};
use crate::error::{ErrorCode, ErrorEvent};
use crate::event::{
    Connected, Entries, Event, Heads, History, Left, People, Person, Pong, RoomHead, Typing,
};
use crate::id::{ClientMessageId, ConnectionId, MessageId};
use crate::person::{PersonId, PersonName};
use crate::position::{Epoch, Range};
use crate::room::RoomName;

/// The event whose `type` is `kind`. `None` if this version does not know it.
pub(super) fn event(kind: &str, fields: Fields<'_>) -> Result<Option<Event>, InvalidFrame> {
    Ok(Some(match kind {
        "connected" => Event::Connected(connected(fields)?),
        "entries" => Event::Entries(Entries {
            entries: entries(fields, "entries")?,
        }),
        "history" => Event::History(history(fields)?),
        "pong" => Event::Pong(Pong {
            head: fields.head()?,
            people_count: count(fields)?,
        }),
        "people" => Event::People(People {
            people_count: count(fields)?.ok_or(InvalidFrame::Field(PEOPLE_COUNT))?,
            people: if fields.has("people") {
                Some(fields.objects("people", person)?)
            } else {
                None
            },
        }),
        "joined" => Event::Joined(person(fields)?),
        "left" => Event::Left(Left {
            person_id: person_id(fields)?,
        }),
        "typing" => Event::Typing(Typing {
            connection_id: fields.string("connectionId").map(ConnectionId::new)?,
            person_id: person_id(fields)?,
            name: name(fields)?,
        }),
        "heads" => Event::Heads(Heads {
            rooms: fields.objects("rooms", room_head)?,
        }),
        "error" => Event::Error(error(fields)?),
        _ => return Ok(entry(kind, fields)?.map(Event::from)),
    }))
}

/// The entry of a log whose `type` is `kind`. `None` if this version does not know it.
fn entry(kind: &str, fields: Fields<'_>) -> Result<Option<LogEntry>, InvalidFrame> {
    let kind = match kind {
        "message" => return Ok(Some(LogEntry::Message(message(fields)?))),
        "edit" => ChangeKind::Edit {
            message: fields.string("message")?.to_owned(),
            deleted: deleted(fields)?,
        },
        "delete" => ChangeKind::Delete,
        "reaction" => ChangeKind::Reaction {
            emoji: fields.required("emoji", |value| {
                value.as_str().and_then(|emoji| Emoji::parse(emoji).ok())
            })?,
            on: fields.bool("on")?,
        },
        _ => return Ok(None),
    };
    Ok(Some(LogEntry::Change(ChangeEntry {
        kind,
        of: fields.seq("of")?,
        seq: fields.seq("seq")?,
        request_time_epoch: request_time_epoch(fields)?,
        person_id: person_id(fields)?,
        name: name(fields)?,
        client_message_id: client_message_id(fields)?,
    })))
}

fn entries(fields: Fields<'_>, field: &'static str) -> Result<Vec<LogEntry>, InvalidFrame> {
    fields.objects(field, |fields| {
        let kind = fields.string("type")?;
        entry(kind, fields)?.ok_or(InvalidFrame::Field(field))
    })
}

pub(super) fn message(fields: Fields<'_>) -> Result<Message, InvalidFrame> {
    let connection_id = fields.string("connectionId")?;
    let message = fields.string("message")?;
    let message_id = fields.string("messageId")?;
    let person_id = fields.optional("personId", Value::as_str)?;
    Ok(Message {
        request_time_epoch: request_time_epoch(fields)?,
        seq: fields.optional("seq", Value::as_u64)?,
        reply_to: fields.optional("replyTo", Value::as_u64)?,
        deleted: deleted(fields)?,
        client_message_id: client_message_id(fields)?,
        name: name(fields)?,
        connection_id: ConnectionId::new(connection_id),
        message: message.to_owned(),
        message_id: MessageId::new(message_id),
        person_id: person_id.map(PersonId::new),
    })
}

fn connected(fields: Fields<'_>) -> Result<Connected, InvalidFrame> {
    Ok(Connected {
        connection_id: fields.string("connectionId").map(ConnectionId::new)?,
        head: if fields.has("epoch") {
            Some(fields.head()?)
        } else {
            None
        },
        person_id: fields
            .optional("personId", Value::as_str)?
            .map(PersonId::new),
        room: fields.optional("room", |value| {
            value.as_str().and_then(|room| RoomName::parse(room).ok())
        })?,
    })
}

fn history(fields: Fields<'_>) -> Result<History, InvalidFrame> {
    let after = fields.optional("after", Value::as_u64)?;
    let before = fields.optional("before", Value::as_u64)?;
    Ok(History {
        range: match (after, before) {
            (Some(after), None) => Range::After(after),
            (None, Some(before)) => Range::Before(before),
            _ => return Err(InvalidFrame::Field("after")),
        },
        head: fields.head()?,
        messages: entries(fields, "messages")?,
        complete: fields.bool("complete")?,
    })
}

fn person(fields: Fields<'_>) -> Result<Person, InvalidFrame> {
    Ok(Person {
        person_id: person_id(fields)?,
        name: name(fields)?,
    })
}

fn room_head(fields: Fields<'_>) -> Result<RoomHead, InvalidFrame> {
    Ok(RoomHead {
        room: fields.required("room", |value| {
            value.as_str().and_then(|room| RoomName::parse(room).ok())
        })?,
        epoch: fields.optional("epoch", Value::as_str)?.map(Epoch::new),
        head: fields.seq("head")?,
    })
}

fn error(fields: Fields<'_>) -> Result<ErrorEvent, InvalidFrame> {
    Ok(ErrorEvent {
        code: fields.string("code").map(ErrorCode::from)?,
        message: fields.string("message")?.to_owned(),
        client_message_id: client_message_id(fields)?,
        retry_after_ms: fields.optional("retryAfterMs", |value| {
            value.as_u64().and_then(|wait| wait.try_into().ok())
        })?,
    })
}

fn request_time_epoch(fields: Fields<'_>) -> Result<i64, InvalidFrame> {
    fields.required("requestTimeEpoch", Value::as_i64)
}

fn person_id(fields: Fields<'_>) -> Result<PersonId, InvalidFrame> {
    fields.string("personId").map(PersonId::new)
}

fn name(fields: Fields<'_>) -> Result<Option<PersonName>, InvalidFrame> {
    fields.optional("name", |value| {
        value.as_str().and_then(|name| PersonName::parse(name).ok())
    })
}

fn client_message_id(fields: Fields<'_>) -> Result<Option<ClientMessageId>, InvalidFrame> {
    fields.optional("clientMessageId", |value| {
        value
            .as_str()
            .and_then(|id| ClientMessageId::parse(id).ok())
    })
}

fn deleted(fields: Fields<'_>) -> Result<bool, InvalidFrame> {
    let deleted = fields.optional("deleted", Value::as_bool)?;
    Ok(deleted.unwrap_or_default())
}

const PEOPLE_COUNT: &str = "peopleCount";

fn count(fields: Fields<'_>) -> Result<Option<u32>, InvalidFrame> {
    fields.optional(PEOPLE_COUNT, |value| {
        value.as_u64().and_then(|count| count.try_into().ok())
    })
}
