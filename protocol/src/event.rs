//! Everything that the back end may send.

use serde::Serialize;

use crate::entry::{ChangeEntry, LogEntry, Message};
use crate::error::ErrorEvent;
use crate::id::ConnectionId;
use crate::person::{PersonId, PersonName};
use crate::position::{Epoch, Position, Range, Seq};
use crate::room::RoomName;

/// A frame of the back end. The field `type` tells events apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum Event {
    /// `{"type":"connected","connectionId":"L0SM9cOFvHcCIhw=","epoch":"m3k2x1","head":41}`: the reply to `connected`.
    Connected(Connected),
    /// `{"type":"message","connectionId":"…","message":"Olá!","messageId":"…","requestTimeEpoch":1733702400000,"seq":42}`:
    /// a message was sent.
    Message(Message),
    /// `{"type":"entries","entries":[{"type":"message",…},{"type":"edit",…}]}`: several entries were appended.
    Entries(Entries),
    /// `{"type":"history","after":41,"epoch":"m3k2x1","head":42,"messages":[…],"complete":true}`: a part of the log.
    History(History),
    /// `{"type":"pong","epoch":"m3k2x1","head":42}`: the reply to `ping`.
    Pong(Pong),
    /// `{"type":"people","peopleCount":2,"people":[{"personId":"…","name":"Ana"},…]}`: who is in the room.
    People(People),
    /// `{"type":"joined","personId":"…","name":"Ana"}`: a person joined the room, or changed their name.
    Joined(Person),
    /// `{"type":"left","personId":"…"}`: a person left the room.
    Left(Left),
    /// `{"type":"typing","connectionId":"…","personId":"…","name":"Ana"}`: a person is typing.
    Typing(Typing),
    /// `{"type":"heads","rooms":[{"room":"main","epoch":"m3k2x1","head":42},…]}`: the reply to `heads`.
    Heads(Heads),
    /// `{"type":"error","code":"emptyMessage","message":"The message is empty."}`: a request was not carried out.
    Error(ErrorEvent),
    /// `{"type":"edit","message":"Olá a todos!","of":42,"seq":43,…}`, `{"type":"delete","of":42,"seq":44,…}` or
    /// `{"type":"reaction","emoji":"👍","on":true,"of":42,"seq":45,…}`: something happened to a message.
    #[serde(untagged)]
    Change(ChangeEntry),
}

/// The reply to `connected`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Connected {
    /// The client's own connection id.
    pub connection_id: ConnectionId,
    /// The head of the log. Back ends that know only the original protocol have no log.
    #[serde(flatten)]
    pub head: Option<Position>,
    /// The client's own person, if it has introduced itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_id: Option<PersonId>,
    /// The room of the connection, if the client has introduced itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub room: Option<RoomName>,
}

/// Consecutive entries, broadcast in one frame. Equivalent to a frame for each of them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Entries {
    /// The entries, oldest first.
    pub entries: Vec<LogEntry>,
}

/// A part of the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct History {
    /// The part that was asked for.
    #[serde(flatten)]
    pub range: Range,
    /// The head of the log.
    #[serde(flatten)]
    pub head: Position,
    /// The entries, oldest first. Where a number is missing, the entry has expired.
    pub messages: Vec<LogEntry>,
    /// Whether the log holds no more in the direction that was asked for.
    pub complete: bool,
}

/// The reply to `ping`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Pong {
    /// The head of the log.
    #[serde(flatten)]
    pub head: Position,
    /// How many people are in the room, if the client has introduced itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people_count: Option<u32>,
}

/// Who is in the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct People {
    /// How many people are in the room.
    pub people_count: u32,
    /// The people, each once. Absent in a room of more than
    /// [`PRESENCE_CONNECTIONS`](crate::limits::PRESENCE_CONNECTIONS) connections.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub people: Option<Vec<Person>>,
}

/// A person in the room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Person {
    /// Who it is.
    pub person_id: PersonId,
    /// The name, if the person has chosen one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<PersonName>,
}

/// A person left the room: its last connection has ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Left {
    /// Who it is.
    pub person_id: PersonId,
}

/// A person is typing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Typing {
    /// The connection on which the person is typing.
    pub connection_id: ConnectionId,
    /// Who it is.
    pub person_id: PersonId,
    /// The name, if the person has chosen one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<PersonName>,
}

/// The reply to `heads`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Heads {
    /// The rooms that were asked for, in the same order.
    pub rooms: Vec<RoomHead>,
}

/// The head of a room's log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct RoomHead {
    /// The room.
    pub room: RoomName,
    /// The log. Absent if the room has none yet.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Epoch>,
    /// The last entry; 0 if there is none.
    pub head: Seq,
}

impl Event {
    /// The event as the text of a frame.
    pub fn to_json(&self) -> String {
        crate::json::to_string(self)
    }

    /// The event as sent to a client that has not introduced itself: `None` if the original protocol does not have it, else
    /// without the fields that it does not have.
    /// Only for broadcasts: replies are sent unchanged.
    pub fn for_original_client(&self) -> Option<Self> {
        match self {
            Self::Message(message) => Some(Self::Message(message.for_original_client())),
            Self::Change(_)
            | Self::Entries(_)
            | Self::People(_)
            | Self::Joined(_)
            | Self::Left(_)
            | Self::Typing(_) => None,
            Self::Connected(_)
            | Self::History(_)
            | Self::Pong(_)
            | Self::Heads(_)
            | Self::Error(_) => Some(self.clone()),
        }
    }
}

impl From<LogEntry> for Event {
    fn from(entry: LogEntry) -> Self {
        match entry {
            LogEntry::Message(message) => Self::Message(message),
            LogEntry::Change(change) => Self::Change(change),
        }
    }
}
