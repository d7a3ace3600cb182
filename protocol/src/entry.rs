//! The entries of a message log: messages, and what happened to them.

use serde::Serialize;

use crate::emoji::Emoji;
use crate::id::{ClientMessageId, ConnectionId, MessageId};
use crate::person::{PersonId, PersonName};
use crate::position::Seq;

/// An entry of a message log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum LogEntry {
    /// A message.
    Message(Message),
    /// Something happened to a message: it was edited or deleted, or a person reacted to it.
    #[serde(untagged)]
    Change(ChangeEntry),
}

/// A message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Message {
    /// The sender's connection.
    pub connection_id: ConnectionId,
    /// The text as it was sent; empty if the message was deleted.
    pub message: String,
    /// Identifies the message.
    pub message_id: MessageId,
    /// When API Gateway received it, in milliseconds since 1970.
    pub request_time_epoch: i64,
    /// Its place in the log. Back ends that know only the original protocol have no log.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub seq: Option<Seq>,
    /// The id that the sender chose, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_message_id: Option<ClientMessageId>,
    /// The sender, if it had introduced itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub person_id: Option<PersonId>,
    /// The sender's name when the message was sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<PersonName>,
    /// The message that this one replies to.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Seq>,
    /// Whether the message was deleted and its text removed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub deleted: bool,
}

/// An entry about a message that is in the log.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ChangeEntry {
    /// What happened to the message.
    #[serde(flatten)]
    pub kind: ChangeKind,
    /// The `seq` of the message.
    pub of: Seq,
    /// The place of this entry in the log.
    pub seq: Seq,
    /// When API Gateway received it, in milliseconds since 1970.
    pub request_time_epoch: i64,
    /// Who did it: the author of the message, or for a reaction any person.
    pub person_id: PersonId,
    /// The name of that person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<PersonName>,
    /// The id that the person's client chose, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_message_id: Option<ClientMessageId>,
}

/// What happened to a message. The field `type` tells the kinds apart.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(tag = "type", rename_all = "camelCase")]
pub enum ChangeKind {
    /// Its author gave it another text.
    Edit {
        /// The new text; empty if the message was deleted later.
        message: String,
        /// Whether the message was deleted and the text removed.
        #[serde(default, skip_serializing_if = "is_false")]
        deleted: bool,
    },
    /// Its author deleted it.
    Delete,
    /// A person put a reaction on it, or took it off.
    Reaction {
        /// The emoji.
        emoji: Emoji,
        /// Whether it was put on, or taken off.
        on: bool,
    },
}

#[expect(
    clippy::trivially_copy_pass_by_ref,
    reason = "serde passes a reference"
)]
fn is_false(value: &bool) -> bool {
    !value
}

impl Message {
    /// A message of a client that has not introduced itself, without a place in the log.
    pub fn new(
        connection_id: ConnectionId,
        message_id: MessageId,
        request_time_epoch: i64,
        message: impl Into<String>,
    ) -> Self {
        Self {
            connection_id,
            message: message.into(),
            message_id,
            request_time_epoch,
            seq: None,
            client_message_id: None,
            person_id: None,
            name: None,
            reply_to: None,
            deleted: false,
        }
    }

    /// The message as sent to a client that has not introduced itself: with the fields of the original protocol only.
    pub fn for_original_client(&self) -> Self {
        Self {
            person_id: None,
            name: None,
            reply_to: None,
            deleted: false,
            ..self.clone()
        }
    }
}

impl ChangeEntry {
    /// A change of the message `of` by `person_id`, without a name, a client message id, or a place in the log yet: its `seq`
    /// is 0.
    pub fn new(kind: ChangeKind, of: Seq, request_time_epoch: i64, person_id: PersonId) -> Self {
        Self {
            kind,
            of,
            seq: 0,
            request_time_epoch,
            person_id,
            name: None,
            client_message_id: None,
        }
    }
}

impl LogEntry {
    /// Its place in the log. `None` for a message of a back end without a log.
    pub fn seq(&self) -> Option<Seq> {
        match self {
            Self::Message(message) => message.seq,
            Self::Change(change) => Some(change.seq),
        }
    }

    /// When API Gateway received it, in milliseconds since 1970.
    pub fn request_time_epoch(&self) -> i64 {
        match self {
            Self::Message(message) => message.request_time_epoch,
            Self::Change(change) => change.request_time_epoch,
        }
    }

    /// The message, if it is one.
    pub fn into_message(self) -> Option<Message> {
        match self {
            Self::Message(message) => Some(message),
            Self::Change(_) => None,
        }
    }

    /// The message that it is about. `None` for a message itself.
    pub fn of(&self) -> Option<Seq> {
        match self {
            Self::Message(_) => None,
            Self::Change(change) => Some(change.of),
        }
    }

    /// What happened to the message that it is about. `None` for a message itself.
    pub fn change(&self) -> Option<&ChangeKind> {
        match self {
            Self::Message(_) => None,
            Self::Change(change) => Some(&change.kind),
        }
    }

    /// The person who wrote it. `None` if the client had not introduced itself.
    pub fn person_id(&self) -> Option<&PersonId> {
        match self {
            Self::Message(message) => message.person_id.as_ref(),
            Self::Change(change) => Some(&change.person_id),
        }
    }

    /// The name of that person, if it has chosen one.
    pub fn name(&self) -> Option<&PersonName> {
        match self {
            Self::Message(message) => message.name.as_ref(),
            Self::Change(change) => change.name.as_ref(),
        }
    }

    /// The id that its author's client chose, if any.
    pub fn client_message_id(&self) -> Option<&ClientMessageId> {
        match self {
            Self::Message(message) => message.client_message_id.as_ref(),
            Self::Change(change) => change.client_message_id.as_ref(),
        }
    }
}

impl From<Message> for LogEntry {
    fn from(message: Message) -> Self {
        Self::Message(message)
    }
}

impl From<ChangeEntry> for LogEntry {
    fn from(change: ChangeEntry) -> Self {
        Self::Change(change)
    }
}
