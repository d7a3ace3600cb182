//! The fields that several actions have, each with its own error.

use std::fmt::Display;

use serde_json::{Map, Value};

use crate::action::{Action, Target};
use crate::emoji::Emoji;
use crate::error::{ErrorCode, ErrorEvent, sentence};
use crate::id::{ClientMessageId, InvalidClientMessageId};
use crate::position::{Epoch, Seq};
use crate::text::MessageText;

/// The members of a frame.
pub(super) struct Fields(pub(super) Map<String, Value>);

impl Fields {
    /// The field `name`, unless it is missing or `null`, which is JavaScript's way of omitting a field.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// Reads an action that has a `clientMessageId`. An error in another field is about that id.
    pub(super) fn with_id(
        &self,
        read: impl FnOnce(&Self, Option<ClientMessageId>) -> Result<Action, ErrorEvent>,
    ) -> Result<Action, ErrorEvent> {
        let id = self.client_message_id()?;
        read(self, id.clone()).map_err(|error| error.about(id))
    }

    pub(super) fn client_message_id(&self) -> Result<Option<ClientMessageId>, ErrorEvent> {
        let Some(value) = self.get("clientMessageId") else {
            return Ok(None);
        };
        let id = value.as_str().ok_or(InvalidClientMessageId);
        id.and_then(ClientMessageId::parse)
            .map(Some)
            .map_err(|error| invalid(ErrorCode::InvalidClientMessageId, error))
    }

    pub(super) fn message(&self) -> Result<MessageText, ErrorEvent> {
        let code = ErrorCode::InvalidMessage;
        match self.0.get("message") {
            Some(Value::String(text)) => Ok(MessageText::parse(text.as_str())?),
            Some(_) => Err(invalid(code, "the field message must be a string")),
            None => Err(invalid(code, "the field message is missing")),
        }
    }

    pub(super) fn seq(&self, name: &str) -> Result<Option<Seq>, ErrorEvent> {
        let read = |value: &Value| {
            let reason = format!("the field {name} must be the seq of a message");
            value
                .as_u64()
                .ok_or_else(|| invalid(ErrorCode::InvalidTarget, reason))
        };
        self.get(name).map(read).transpose()
    }

    pub(super) fn target(&self) -> Result<Target, ErrorEvent> {
        let code = ErrorCode::InvalidTarget;
        let Some(of) = self.seq("of")? else {
            return Err(invalid(code, "the field of is missing"));
        };
        let epoch = match self.get("epoch") {
            None => None,
            Some(Value::String(epoch)) => Some(Epoch::new(epoch)),
            Some(_) => return Err(invalid(code, "the field epoch must be a string")),
        };
        Ok(Target { of, epoch })
    }

    pub(super) fn emoji(&self) -> Result<Emoji, ErrorEvent> {
        let emoji = self.get("emoji").and_then(Value::as_str);
        Emoji::parse(emoji.unwrap_or_default())
            .map_err(|error| invalid(ErrorCode::InvalidReaction, error))
    }

    pub(super) fn on(&self) -> Result<bool, ErrorEvent> {
        let on = self.get("on").and_then(Value::as_bool);
        on.ok_or_else(|| {
            invalid(
                ErrorCode::InvalidReaction,
                "the field on must be true or false",
            )
        })
    }

    /// The optional field `name`, read from a string.
    pub(super) fn parsed<T, E: Display>(
        &self,
        name: &str,
        code: ErrorCode,
        parse: impl FnOnce(&str) -> Result<T, E>,
    ) -> Result<Option<T>, ErrorEvent> {
        match self.get(name) {
            None => Ok(None),
            Some(Value::String(value)) => match parse(value) {
                Ok(value) => Ok(Some(value)),
                Err(error) => Err(invalid(code, error)),
            },
            Some(_) => Err(invalid(code, format!("the field {name} must be a string"))),
        }
    }
}

/// An error whose message is `reason` as a sentence.
pub(super) fn invalid(code: ErrorCode, reason: impl Display) -> ErrorEvent {
    ErrorEvent::new(code, sentence(&reason.to_string()))
}
