//! Everything that a client may hear.
//!
//! [`Heard::parse`] is what a client trusts: whatever arrives becomes something it knows or an [`Unreadable`], never a
//! panic, and never somebody's message unless it is one.

use crate::id::{ClientMessageId, ConnectionId, MessageId};
use crate::json::{Object, Value, Writer};
use crate::log::{Epoch, Position, Range, Seq};
use crate::refusal::{ErrorCode, Refusal};

/// One thing that the back end says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// `{"type":"connected","connectionId":"L0SM9cOFvHcCIhw=","epoch":"m3k2x1","head":41}`: the answer to `connected`.
    Connected {
        /// The id of whoever asked.
        connection_id: ConnectionId,
        /// Where the log ends. The oldest back ends have none.
        head: Option<Position>,
    },
    /// `{"connectionId":"…","message":"Olá!","messageId":"…","requestTimeEpoch":1733702400000,"type":"message"}`:
    /// somebody said something.
    Message(Message),
    /// `{"type":"history","after":41,"epoch":"m3k2x1","head":42,"messages":[…],"complete":true}`: a part of the log.
    History(History),
    /// `{"type":"pong","epoch":"m3k2x1","head":42}`: the answer to `ping`.
    Pong {
        /// Where the log ends.
        head: Position,
    },
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
    /// Its number in the log. The oldest back ends have none.
    pub seq: Option<Seq>,
    /// The sender's own name for it, if there was one.
    pub client_message_id: Option<ClientMessageId>,
}

/// A part of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct History {
    /// What was asked for.
    pub range: Range,
    /// Where the log ends.
    pub head: Position,
    /// The messages, oldest first. Where a number is missing, the message is not kept any more.
    pub messages: Vec<Message>,
    /// Whether the log holds no more in the direction that was asked for.
    pub complete: bool,
}

impl Message {
    fn fields(&self) -> Writer {
        let writer = Writer::new()
            .string("connectionId", self.connection_id.as_str())
            .string("message", &self.message)
            .string("messageId", self.message_id.as_str())
            .number("requestTimeEpoch", self.request_time_epoch)
            .string("type", "message");
        match self.seq {
            Some(seq) => writer.count("seq", seq),
            None => writer,
        }
        .optional_string("clientMessageId", name(self.client_message_id.as_ref()))
    }
}

impl Event {
    /// The text of the frame that says this: the fields in the order in which a person reads them.
    pub fn to_json(&self) -> String {
        let writer = Writer::new();
        match self {
            Self::Connected {
                connection_id,
                head,
            } => {
                let writer = writer
                    .string("type", "connected")
                    .string("connectionId", connection_id.as_str());
                match head {
                    Some(head) => position(writer, head),
                    None => writer,
                }
            }
            Self::Message(said) => said.fields(),
            Self::History(history) => {
                let messages: Vec<String> = history
                    .messages
                    .iter()
                    .map(|said| said.fields().end())
                    .collect();
                let writer = writer.string("type", "history");
                let writer = match history.range {
                    Range::After(seq) => writer.count("after", seq),
                    Range::Before(seq) => writer.count("before", seq),
                };
                position(writer, &history.head)
                    .raw("messages", &format!("[{}]", messages.join(",")))
                    .raw("complete", if history.complete { "true" } else { "false" })
            }
            Self::Pong { head } => position(writer.string("type", "pong"), head),
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

fn position(writer: Writer, head: &Position) -> Writer {
    writer
        .string("epoch", head.epoch.as_str())
        .count("head", head.seq)
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
                        head: match fields.get_some("epoch") {
                            Some(_) => Some(head(&fields)?),
                            None => None,
                        },
                    }),
                    "message" => Self::Event(Event::Message(message(&fields)?)),
                    "history" => Self::Event(Event::History(history(&fields)?)),
                    "pong" => Self::Event(Event::Pong {
                        head: head(&fields)?,
                    }),
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
        seq: match fields.get_some("seq") {
            Some(seq) => Some(seq.number().ok_or(Unreadable::Field { field: "seq" })?),
            None => None,
        },
        client_message_id: client_message_id(fields)?,
    })
}

fn head(fields: &Object<'_>) -> Result<Position, Unreadable> {
    let field = "head";
    Ok(Position {
        epoch: Epoch::new(string(fields, "epoch")?),
        seq: fields
            .get(field)
            .and_then(Value::number)
            .ok_or(Unreadable::Field { field })?,
    })
}

fn history(fields: &Object<'_>) -> Result<History, Unreadable> {
    let field = "messages";
    let elements = fields
        .get(field)
        .and_then(Value::array)
        .ok_or(Unreadable::Field { field })?;
    let read = |value: Value<'_>| message(&value.object().ok_or(Unreadable::Field { field })?);
    let complete = fields.get("complete").and_then(Value::boolean);
    let number = |name| fields.get(name).and_then(Value::number);
    let range = match (number("after"), number("before")) {
        (Some(after), None) => Range::After(after),
        (None, Some(before)) => Range::Before(before),
        _ => {
            return Err(Unreadable::Field {
                field: "after or before",
            });
        }
    };
    Ok(History {
        range,
        head: head(fields)?,
        messages: elements.into_iter().map(read).collect::<Result<_, _>>()?,
        complete: complete.ok_or(Unreadable::Field { field: "complete" })?,
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
