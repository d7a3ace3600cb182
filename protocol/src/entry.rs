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
    /// The text of a message was replaced by its author.
    Edit(Edit),
    /// A message was deleted by its author.
    Delete(Delete),
    /// A person put a reaction on a message, or took it off.
    Reaction(Reaction),
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

/// A new text for a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Edit {
    /// The `seq` of the message.
    pub of: Seq,
    /// The new text; empty if the message was deleted later.
    pub message: String,
    /// The place of the edit in the log.
    pub seq: Seq,
    /// When API Gateway received it, in milliseconds since 1970.
    pub request_time_epoch: i64,
    /// The author of the edit and of the message.
    pub person_id: PersonId,
    /// The author's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<PersonName>,
    /// The id that the author chose, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_message_id: Option<ClientMessageId>,
    /// Whether the message was deleted and the text removed.
    #[serde(default, skip_serializing_if = "is_false")]
    pub deleted: bool,
}

/// The deletion of a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Delete {
    /// The `seq` of the message.
    pub of: Seq,
    /// The place of the deletion in the log.
    pub seq: Seq,
    /// When API Gateway received it, in milliseconds since 1970.
    pub request_time_epoch: i64,
    /// The author of the message.
    pub person_id: PersonId,
    /// The author's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<PersonName>,
    /// The id that the author chose, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_message_id: Option<ClientMessageId>,
}

/// A reaction to a message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct Reaction {
    /// The `seq` of the message.
    pub of: Seq,
    /// The emoji.
    pub emoji: Emoji,
    /// Whether the reaction was put on or taken off.
    pub on: bool,
    /// The place of the reaction in the log.
    pub seq: Seq,
    /// When API Gateway received it, in milliseconds since 1970.
    pub request_time_epoch: i64,
    /// Who reacted.
    pub person_id: PersonId,
    /// The name of that person.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<PersonName>,
    /// The id that the person's client chose, if any.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_message_id: Option<ClientMessageId>,
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

    /// The message as a client receives it that has not introduced itself.
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

impl LogEntry {
    /// Its place in the log. `None` for a message of a back end without a log.
    pub fn seq(&self) -> Option<Seq> {
        match self {
            Self::Message(message) => message.seq,
            Self::Edit(edit) => Some(edit.seq),
            Self::Delete(delete) => Some(delete.seq),
            Self::Reaction(reaction) => Some(reaction.seq),
        }
    }

    /// When API Gateway received it, in milliseconds since 1970.
    pub fn request_time_epoch(&self) -> i64 {
        match self {
            Self::Message(message) => message.request_time_epoch,
            Self::Edit(edit) => edit.request_time_epoch,
            Self::Delete(delete) => delete.request_time_epoch,
            Self::Reaction(reaction) => reaction.request_time_epoch,
        }
    }

    /// The message, if it is one.
    pub fn into_message(self) -> Option<Message> {
        match self {
            Self::Message(message) => Some(message),
            Self::Edit(_) | Self::Delete(_) | Self::Reaction(_) => None,
        }
    }

    /// The message that it is about. `None` for a message itself.
    pub fn of(&self) -> Option<Seq> {
        match self {
            Self::Message(_) => None,
            Self::Edit(edit) => Some(edit.of),
            Self::Delete(delete) => Some(delete.of),
            Self::Reaction(reaction) => Some(reaction.of),
        }
    }

    /// Who wrote it, if that person had introduced itself.
    pub fn person_id(&self) -> Option<&PersonId> {
        match self {
            Self::Message(message) => message.person_id.as_ref(),
            Self::Edit(edit) => Some(&edit.person_id),
            Self::Delete(delete) => Some(&delete.person_id),
            Self::Reaction(reaction) => Some(&reaction.person_id),
        }
    }

    /// The id that its author's client chose, if any.
    pub fn client_message_id(&self) -> Option<&ClientMessageId> {
        match self {
            Self::Message(message) => message.client_message_id.as_ref(),
            Self::Edit(edit) => edit.client_message_id.as_ref(),
            Self::Delete(delete) => delete.client_message_id.as_ref(),
            Self::Reaction(reaction) => reaction.client_message_id.as_ref(),
        }
    }
}

impl From<Message> for LogEntry {
    fn from(message: Message) -> Self {
        Self::Message(message)
    }
}
