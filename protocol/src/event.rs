//! Everything that a client may hear.
//!
//! [`Heard::parse`] is what a client trusts: whatever arrives becomes something it knows or an [`Unreadable`], never a
//! panic, and never somebody's message unless it is one.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::{ClientMessageId, ConnectionId, MessageId};
use crate::refusal::Refusal;

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
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
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
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub client_message_id: Option<ClientMessageId>,
}

/// The wire's form of [`Event`]: the fields in the order in which a person reads them, `type` where it has always been.
#[derive(Serialize)]
#[serde(untagged)]
enum Wire<'a> {
    #[serde(rename_all = "camelCase")]
    Connected {
        r#type: &'static str,
        connection_id: &'a ConnectionId,
    },
    #[serde(rename_all = "camelCase")]
    Message {
        connection_id: &'a ConnectionId,
        message: &'a str,
        message_id: &'a MessageId,
        request_time_epoch: i64,
        r#type: &'static str,
        #[serde(skip_serializing_if = "Option::is_none")]
        client_message_id: Option<&'a ClientMessageId>,
    },
    Error {
        r#type: &'static str,
        #[serde(flatten)]
        refusal: &'a Refusal,
    },
}

impl Serialize for Event {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Connected { connection_id } => Wire::Connected {
                r#type: "connected",
                connection_id,
            },
            Self::Message(said) => Wire::Message {
                connection_id: &said.connection_id,
                message: &said.message,
                message_id: &said.message_id,
                request_time_epoch: said.request_time_epoch,
                r#type: "message",
                client_message_id: said.client_message_id.as_ref(),
            },
            Self::Error(refusal) => Wire::Error {
                r#type: "error",
                refusal,
            },
        }
        .serialize(serializer)
    }
}

impl Event {
    /// The text of the frame that says this.
    pub fn to_json(&self) -> String {
        // Strings, numbers and string keys only: serialising them into memory cannot fail.
        serde_json::to_string(self).unwrap_or_default()
    }
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
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct GatewayError {
    /// `Internal server error`, `Forbidden`, `Endpoint request timed out`, …
    pub message: String,
}

/// A frame that is nothing that a back end or API Gateway would say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the frame is no event: {reason}")]
pub struct Unreadable {
    reason: String,
}

impl Heard {
    /// Reads the text of a frame.
    ///
    /// # Errors
    ///
    /// [`Unreadable`] if it is no JSON object, or a field of an event that is known is missing or of another kind.
    pub fn parse(frame: &str) -> Result<Self, Unreadable> {
        let value: Value = serde_json::from_str(frame)?;
        match value.get("type") {
            Some(Value::String(r#type)) => match r#type.as_str() {
                "connected" => Ok(Self::Event(connected(&value)?)),
                "message" => Ok(Self::Event(Event::Message(Message::deserialize(&value)?))),
                "error" => Ok(Self::Event(Event::Error(Refusal::deserialize(&value)?))),
                other => Ok(Self::Unknown {
                    r#type: other.to_owned(),
                }),
            },
            Some(_) => Err(Unreadable {
                reason: "its type is no string".to_owned(),
            }),
            // The oldest back ends send messages without a type. Only `messageId` tells them from API Gateway's errors.
            None if value.get("messageId").is_some() && value.get("requestTimeEpoch").is_some() => {
                Ok(Self::Event(Event::Message(Message::deserialize(&value)?)))
            }
            None => Ok(Self::Gateway(GatewayError::deserialize(&value)?)),
        }
    }
}

fn connected(value: &Value) -> Result<Event, Unreadable> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Connected {
        connection_id: ConnectionId,
    }
    let Connected { connection_id } = Connected::deserialize(value)?;
    Ok(Event::Connected { connection_id })
}

impl From<serde_json::Error> for Unreadable {
    fn from(error: serde_json::Error) -> Self {
        Self {
            reason: error.to_string(),
        }
    }
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
