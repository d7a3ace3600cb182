//! Everything that a client may hear.
//!
//! [`Heard::parse`] is what a client trusts: whatever arrives becomes something it knows or an [`Unreadable`], never a
//! panic, and never somebody's message unless it is one.

use crate::id::{ClientMessageId, ConnectionId, MessageId};
use crate::json::{Object, Value, Writer};
use crate::refusal::{ErrorCode, Refusal};

/// One thing that the back end says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// `{"type":"connected","connectionId":"L0SM9cOFvHcCIhw="}`: the answer to `connected`.
    Connected {
        /// The id of whoever asked.
        connection_id: ConnectionId,
    },
    /// `{"connectionId":"…","message":"Olá!","messageId":"…","requestTimeEpoch":1733702400000,"type":"message"}`:
    /// somebody said something.
    Message(Message),
    /// `{"type":"error","code":"emptyMessage","message":"The message is empty."}`: something was not done.
    Error(Refusal),
}

/// What somebody said, as everybody gets it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Message {
    /// Who said it.
    pub connection_id: ConnectionId,
    /// What was said.
    pub message: String,
    /// Names the message.
    pub message_id: MessageId,
    /// When API Gateway received it, in milliseconds since 1970.
    pub request_time_epoch: i64,
    /// The sender's own name for it, if there was one.
    pub client_message_id: Option<ClientMessageId>,
}

impl Event {
    /// The text of the frame that says this: the fields in the order in which a person reads them.
    pub fn to_json(&self) -> String {
        let writer = Writer::new();
        match self {
            Self::Connected { connection_id } => writer
                .string("type", "connected")
                .string("connectionId", connection_id.as_str()),
            Self::Message(said) => writer
                .string("connectionId", said.connection_id.as_str())
                .string("message", &said.message)
                .string("messageId", said.message_id.as_str())
                .number("requestTimeEpoch", said.request_time_epoch)
                .string("type", "message")
                .optional_string("clientMessageId", name(said.client_message_id.as_ref())),
            Self::Error(refusal) => {
                let writer = writer
                    .string("type", "error")
                    .string("code", refusal.code.as_str())
                    .string("message", &refusal.message)
                    .optional_string("clientMessageId", name(refusal.client_message_id.as_ref()));
                match refusal.retry_after_ms {
                    Some(wait) => writer.number("retryAfterMs", wait.into()),
                    None => writer,
                }
            }
        }
        .end()
    }
}

fn name(id: Option<&ClientMessageId>) -> Option<&str> {
    id.map(ClientMessageId::as_str)
}

/// A frame as a client understands it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Heard {
    /// The back end said something.
    Event(Event),
    /// API Gateway itself could not pass something on.
    Gateway(GatewayError),
    /// An event of a `type` that this version does not know; skip it.
    Unknown {
        /// Its `type`.
        r#type: String,
    },
}

/// API Gateway's own error frame, e.g.
/// `{"message": "Internal server error", "connectionId":"Qyi07eCbtjMCJKw=", "requestId":"Qyi3UG41tjMFlUg="}`.
///
/// It never says which frame it is about in a way that a client could know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayError {
    /// `Internal server error`, `Forbidden`, `Endpoint request timed out`, …
    pub message: String,
}

/// A frame that is nothing that a back end or API Gateway would say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Unreadable {
    /// It is something else than one JSON object.
    #[error("the frame is no JSON object")]
    NoObject,
    /// A field of an event that is known is missing or of another kind.
    #[error("the frame is no event: its {field} is missing or of another kind")]
    Field {
        /// The field's name.
        field: &'static str,
    },
}

impl Heard {
    /// Reads the text of a frame.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] if it is no JSON object, or a field of an event that is known is missing or of another kind.
    pub fn parse(frame: &str) -> Result<Self, Unreadable> {
        let fields = Object::parse(frame).ok_or(Unreadable::NoObject)?;
        match fields.get("type") {
            Some(_) => {
                let r#type = string(&fields, "type")?;
                Ok(match r#type.as_str() {
                    "connected" => Self::Event(Event::Connected {
                        connection_id: ConnectionId::new(string(&fields, "connectionId")?),
                    }),
                    "message" => Self::Event(Event::Message(message(&fields)?)),
                    "error" => Self::Event(Event::Error(refusal(&fields)?)),
                    _ => Self::Unknown { r#type },
                })
            }
            // The oldest back ends send messages without a type. Only `messageId` tells them from API Gateway's errors.
            None if fields
                .get("messageId")
                .and(fields.get("requestTimeEpoch"))
                .is_some() =>
            {
                Ok(Self::Event(Event::Message(message(&fields)?)))
            }
            None => Ok(Self::Gateway(GatewayError {
                message: string(&fields, "message")?,
            })),
        }
    }
}

fn message(fields: &Object<'_>) -> Result<Message, Unreadable> {
    let epoch = fields.get("requestTimeEpoch").and_then(Value::number);
    Ok(Message {
        connection_id: ConnectionId::new(string(fields, "connectionId")?),
        message: string(fields, "message")?,
        message_id: MessageId::new(string(fields, "messageId")?),
        request_time_epoch: epoch.ok_or(Unreadable::Field {
            field: "requestTimeEpoch",
        })?,
        client_message_id: client_message_id(fields)?,
    })
}

fn refusal(fields: &Object<'_>) -> Result<Refusal, Unreadable> {
    let field = "retryAfterMs";
    let retry_after_ms = match fields.get_some(field) {
        Some(wait) => Some(wait.number().ok_or(Unreadable::Field { field })?),
        None => None,
    };
    Ok(Refusal {
        code: ErrorCode::from(string(fields, "code")?),
        message: string(fields, "message")?,
        client_message_id: client_message_id(fields)?,
        retry_after_ms,
    })
}

fn client_message_id(fields: &Object<'_>) -> Result<Option<ClientMessageId>, Unreadable> {
    let field = "clientMessageId";
    let Some(value) = fields.get_some(field) else {
        return Ok(None);
    };
    let id = value
        .string()
        .and_then(|id| ClientMessageId::parse(id).ok());
    id.map(Some).ok_or(Unreadable::Field { field })
}

fn string(fields: &Object<'_>, field: &'static str) -> Result<String, Unreadable> {
    let value = fields.get(field).and_then(Value::string);
    value.ok_or(Unreadable::Field { field })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn heard(frame: &str) -> Heard {
        Heard::parse(frame).expect(frame)
    }

    #[test]
    fn a_message_without_type_is_a_message() {
        let frame = r#"{"connectionId":"a","message":"Olá","messageId":"m","requestTimeEpoch":1}"#;
        assert!(matches!(heard(frame), Heard::Event(Event::Message(_))));
    }

    #[test]
    fn an_error_frame_of_api_gateway_is_never_a_message() {
        for frame in [
            r#"{"message": "Internal server error", "connectionId":"Qyi07eCbtjMCJKw=", "requestId":"Qyi3UG41tjMFlUg="}"#,
            r#"{"message": "Forbidden", "connectionId":"eHrdFcnvvHcCE-w=", "requestId":"eHrjDEuVPHcFWMg="}"#,
            r#"{"message": "Bad request body", "connectionId": "a", "messageId": "b"}"#,
        ] {
            assert!(matches!(heard(frame), Heard::Gateway(_)), "{frame}");
        }
    }

    #[test]
    fn an_unknown_type_is_skipped_not_refused() {
        assert_eq!(
            heard(r#"{"type":"typing","connectionId":1}"#),
            Heard::Unknown {
                r#type: "typing".into()
            }
        );
    }

    #[test]
    fn a_frame_with_a_field_of_another_kind_is_unreadable() {
        for frame in [
            "",
            "hello",
            "[]",
            "42",
            r#"{"type":3}"#,
            r#"{"type":"connected"}"#,
            r#"{"type":"message","connectionId":"a","message":{"b":1},"messageId":"m","requestTimeEpoch":1}"#,
            r#"{"connectionId":"a","message":"b","messageId":"m","requestTimeEpoch":"2026-01-01"}"#,
            r#"{"connectionId":"a","message":"b","messageId":"m","requestTimeEpoch":1e300}"#,
            r#"{"connectionId":"a","messageId":"m","requestTimeEpoch":1}"#,
        ] {
            assert!(Heard::parse(frame).is_err(), "{frame}");
        }
    }
}
