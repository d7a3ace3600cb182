//! Everything that a client may send.
//!
//! The back end relies on [`Action::parse`]: every frame becomes an action or an [`ErrorEvent`], never a panic.
//!
//! [`ErrorEvent`]: crate::error::ErrorEvent

mod parse;

use serde::Serialize;

use crate::emoji::Emoji;
use crate::id::ClientMessageId;
use crate::person::{PersonKey, PersonName};
use crate::position::{Epoch, Position, Range, Seq};
use crate::room::RoomName;
use crate::text::MessageText;

/// A request of a client. One JSON object per text frame; the field `action` selects the route at API Gateway.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(
    tag = "action",
    rename_all = "camelCase",
    rename_all_fields = "camelCase"
)]
pub enum Action {
    /// `{"action":"connected","name":"Ana","key":"…"}`: asks for the client's own connection id and the head of the log.
    ///
    /// With a name or a key the client introduces itself; it then receives everything, otherwise only what the original
    /// protocol has. Sent again on the same connection, it changes the name.
    Connected {
        /// The name that the person chose.
        #[serde(skip_serializing_if = "Option::is_none")]
        name: Option<PersonName>,
        /// The person's secret.
        #[serde(skip_serializing_if = "Option::is_none")]
        key: Option<PersonKey>,
        /// Where the client's copy of the log ends. The back end also sends the first page of what follows.
        #[serde(skip_serializing_if = "Option::is_none")]
        resume: Option<Resume>,
    },
    /// `{"action":"sendMessage","message":"Olá!","clientMessageId":"c-1"}`: sends a message to the room.
    SendMessage {
        /// The text.
        message: MessageText,
        /// Chosen by the client. A message that is sent again with the same id is stored once.
        #[serde(skip_serializing_if = "Option::is_none")]
        client_message_id: Option<ClientMessageId>,
        /// The message that it replies to.
        #[serde(skip_serializing_if = "Option::is_none")]
        reply_to: Option<Seq>,
    },
    /// `{"action":"edit","of":42,"epoch":"m3k2x1","message":"Olá a todos!","clientMessageId":"c-2"}`: replaces the text of
    /// the person's own message.
    Edit {
        /// The message.
        #[serde(flatten)]
        target: Target,
        /// The new text.
        message: MessageText,
        /// As in `sendMessage`.
        #[serde(skip_serializing_if = "Option::is_none")]
        client_message_id: Option<ClientMessageId>,
    },
    /// `{"action":"delete","of":42,"epoch":"m3k2x1","clientMessageId":"c-3"}`: deletes the person's own message.
    Delete {
        /// The message.
        #[serde(flatten)]
        target: Target,
        /// As in `sendMessage`.
        #[serde(skip_serializing_if = "Option::is_none")]
        client_message_id: Option<ClientMessageId>,
    },
    /// `{"action":"reaction","of":42,"epoch":"m3k2x1","emoji":"👍","on":true,"clientMessageId":"c-4"}`: puts a reaction on a
    /// message, or takes it off.
    Reaction {
        /// The message.
        #[serde(flatten)]
        target: Target,
        /// The emoji.
        emoji: Emoji,
        /// Whether it is put on, or taken off.
        on: bool,
        /// As in `sendMessage`.
        #[serde(skip_serializing_if = "Option::is_none")]
        client_message_id: Option<ClientMessageId>,
    },
    /// `{"action":"typing"}`: the person is typing. At most once in
    /// [`TYPING_INTERVAL_MS`](crate::limits::TYPING_INTERVAL_MS).
    Typing,
    /// `{"action":"heads","rooms":["main","equipe"]}`: asks for the heads of the logs of several rooms.
    Heads {
        /// The rooms, at most [`HEADS_ROOMS`](crate::limits::HEADS_ROOMS).
        rooms: Vec<RoomName>,
    },
    /// `{"action":"history","after":41}` or `{"action":"history","before":42,"limit":50}`: asks for a part of the log.
    History {
        /// Which part.
        #[serde(flatten)]
        range: Range,
        /// The maximum number of messages. The back end may send fewer.
        #[serde(skip_serializing_if = "Option::is_none")]
        limit: Option<u16>,
    },
    /// `{"action":"ping"}`: checks that the connection is alive, and asks for the head of the log.
    Ping,
}

/// The message that an edit, a deletion or a reaction is about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Target {
    /// Its `seq`.
    pub of: Seq,
    /// The log. Without it, the current log of the room is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub epoch: Option<Epoch>,
}

/// `{"epoch":"m3k2x1","after":41}`: where a reconnecting client's copy of the log ends.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Resume {
    /// The log.
    pub epoch: Epoch,
    /// The last message that the client has.
    pub after: Seq,
}

impl From<Position> for Resume {
    fn from(Position { epoch, seq: after }: Position) -> Self {
        Self { epoch, after }
    }
}

impl Action {
    /// The action as the text of a frame.
    pub fn to_json(&self) -> String {
        crate::json::to_string(self)
    }
}
