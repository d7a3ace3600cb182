//! Reads a frame that a client received.
//!
//! [`ServerFrame::parse`] never panics, and never takes an error of API Gateway for a message.

mod fields;
mod read;

use serde_json::Value;

use crate::event::Event;

use fields::Fields;

/// A frame as a client understands it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerFrame {
    /// An event of the back end.
    Event(Event),
    /// API Gateway could not process a frame.
    Gateway(GatewayError),
    /// An event whose `type` this version does not know; to be ignored.
    Unknown {
        /// Its `type`.
        r#type: String,
    },
}

/// API Gateway's own error frame, e.g.
/// `{"message": "Internal server error", "connectionId":"Qyi07eCbtjMCJKw=", "requestId":"Qyi3UG41tjMFlUg="}`.
///
/// It does not identify the rejected frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GatewayError {
    /// `Internal server error`, `Forbidden`, `Endpoint request timed out`, …
    pub message: String,
}

/// A frame that neither the back end nor API Gateway would send.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidFrame {
    /// It is not a JSON object.
    #[error("the frame is not a JSON object")]
    NotAnObject,
    /// A field of a known event is missing or invalid.
    #[error("the field {0} of the frame is missing or invalid")]
    Field(&'static str),
}

impl ServerFrame {
    /// Reads the text of a frame.
    ///
    /// # Errors
    ///
    /// [`InvalidFrame`] if it is not a JSON object, or a field of a known event is missing or invalid.
    pub fn parse(frame: &str) -> Result<Self, InvalidFrame> {
        let frame: Value = serde_json::from_str(frame).unwrap_or_default();
        let fields = Fields::of(&frame).ok_or(InvalidFrame::NotAnObject)?;
        if fields.has("type") {
            let kind = fields.string("type")?;
            let unknown = || Self::Unknown {
                r#type: kind.to_owned(),
            };
            return Ok(read::event(kind, fields)?.map_or_else(unknown, Self::Event));
        }
        // The original back end sends messages without a type. API Gateway's errors never have both of these fields.
        if fields.has("messageId") && fields.has("requestTimeEpoch") {
            return Ok(Self::Event(Event::Message(read::message(fields)?)));
        }
        Ok(Self::Gateway(GatewayError {
            message: fields.string("message")?.to_owned(),
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn parse(frame: &str) -> ServerFrame {
        ServerFrame::parse(frame).expect(frame)
    }

    #[test]
    fn a_message_without_type_is_a_message() {
        let frame = r#"{"connectionId":"a","message":"Olá","messageId":"m","requestTimeEpoch":1}"#;
        assert!(matches!(
            parse(frame),
            ServerFrame::Event(Event::Message(_))
        ));
    }

    #[test]
    fn an_error_of_api_gateway_is_never_a_message() {
        for frame in [
            r#"{"message": "Internal server error", "connectionId":"Qyi07eCbtjMCJKw=", "requestId":"Qyi3UG41tjMFlUg="}"#,
            r#"{"message": "Forbidden", "connectionId":"eHrdFcnvvHcCE-w=", "requestId":"eHrjDEuVPHcFWMg="}"#,
            r#"{"message": "Bad request body", "connectionId": "a", "messageId": "b"}"#,
        ] {
            assert!(matches!(parse(frame), ServerFrame::Gateway(_)), "{frame}");
        }
    }

    #[test]
    fn an_unknown_type_is_not_an_error() {
        assert_eq!(
            parse(r#"{"type":"fromTheFuture","connectionId":1}"#),
            ServerFrame::Unknown {
                r#type: "fromTheFuture".into()
            }
        );
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let frame = r#"{"type":"pong","epoch":"e","head":1,"future":{"a":[null]}}"#;
        assert!(matches!(parse(frame), ServerFrame::Event(Event::Pong(_))));
    }

    #[test]
    fn rejects_missing_and_invalid_fields() {
        for frame in [
            "",
            "hello",
            "[]",
            "42",
            r#"{"type":3}"#,
            r#"{"type":"connected"}"#,
            r#"{"type":"pong","epoch":"e"}"#,
            r#"{"type":"pong","epoch":"e","head":-1}"#,
            r#"{"type":"history","epoch":"e","head":1,"messages":[],"complete":true}"#,
            r#"{"type":"history","after":0,"epoch":"e","head":1,"messages":[{}],"complete":true}"#,
            r#"{"type":"message","connectionId":"a","message":{"b":1},"messageId":"m","requestTimeEpoch":1}"#,
            r#"{"type":"message","connectionId":"a","message":"b","messageId":"m","requestTimeEpoch":1,"clientMessageId":"a b"}"#,
            r#"{"connectionId":"a","message":"b","messageId":"m","requestTimeEpoch":"2026-01-01"}"#,
            r#"{"connectionId":"a","message":"b","messageId":"m","requestTimeEpoch":1e300}"#,
            r#"{"connectionId":"a","messageId":"m","requestTimeEpoch":1}"#,
        ] {
            assert!(ServerFrame::parse(frame).is_err(), "{frame}");
        }
    }
}
