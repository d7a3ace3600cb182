//! Everything that a client may say.
//!
//! [`Action::parse`] is what the back end trusts: whatever anybody sends becomes an action or a [`Refusal`], never a panic.

use crate::id::{ClientMessageId, InvalidClientMessageId};
use crate::json::{Object, Value, Writer};
use crate::log::{Epoch, Position, Range, Seq};
use crate::refusal::{ErrorCode, Refusal, sentence};
use crate::text::MessageText;

/// One thing that a client says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// `{"action":"connected"}`: asks for one's own connection id and where the log ends.
    Connected {
        /// `"resume":{"epoch":"m3k2x1","after":41}`: where the client's copy of the log ends. What it missed is sent too.
        resume: Option<Position>,
    },
    /// `{"action":"sendMessage","message":"Olá!","clientMessageId":"c-1"}`: says something to everybody.
    SendMessage {
        /// What is said.
        message: MessageText,
        /// The sender's own name for the message; comes back with the broadcast.
        client_message_id: Option<ClientMessageId>,
    },
    /// `{"action":"history","after":41}` or `{"action":"history","before":42,"limit":50}`: asks for a part of the log.
    History {
        /// Which part.
        range: Range,
        /// How many messages at most, if the client cares.
        limit: Option<u16>,
    },
    /// `{"action":"ping"}`: asks whether the connection is alive, and where the log ends.
    Ping,
}

impl Action {
    /// Reads the text of a frame.
    ///
    /// # Errors
    ///
    /// The [`Refusal`] to send back. It names the client's message if that could still be read.
    pub fn parse(body: &str) -> Result<Self, Refusal> {
        let Some(fields) = Object::parse(body) else {
            return Err(Refusal::new(
                ErrorCode::MalformedBody,
                r#"Malformed body: send one JSON object, such as {"action":"sendMessage","message":"Hello"}."#,
            ));
        };
        let action = fields.get("action");
        match action.and_then(Value::string).as_deref() {
            Some("connected") => Ok(Self::Connected {
                resume: resume(&fields),
            }),
            Some("sendMessage") => Self::parse_send_message(&fields),
            Some("history") => history(&fields),
            Some("ping") => Ok(Self::Ping),
            _ => Err(unknown_action(action)),
        }
    }

    fn parse_send_message(fields: &Object<'_>) -> Result<Self, Refusal> {
        let client_message_id = client_message_id(fields.get_some("clientMessageId"))?;
        let message = match fields.get("message").map(Value::string) {
            Some(Some(text)) => MessageText::parse(text).map_err(Refusal::from),
            Some(None) => Err(Refusal::new(
                ErrorCode::InvalidMessage,
                "The field message must be a string.",
            )),
            None => Err(Refusal::new(
                ErrorCode::InvalidMessage,
                "The field message is missing.",
            )),
        };
        match message {
            Ok(message) => Ok(Self::SendMessage {
                message,
                client_message_id,
            }),
            Err(refusal) => Err(refusal.about(client_message_id)),
        }
    }

    /// The text of the frame that says this.
    pub fn to_json(&self) -> String {
        let writer = Writer::new();
        match self {
            Self::Connected { resume } => {
                let writer = writer.string("action", "connected");
                match resume {
                    Some(position) => {
                        let resume = Writer::new()
                            .string("epoch", position.epoch.as_str())
                            .count("after", position.seq);
                        writer.raw("resume", &resume.end())
                    }
                    None => writer,
                }
            }
            Self::SendMessage {
                message,
                client_message_id,
            } => writer
                .string("action", "sendMessage")
                .string("message", message.as_str())
                .optional_string(
                    "clientMessageId",
                    client_message_id.as_ref().map(ClientMessageId::as_str),
                ),
            Self::History { range, limit } => {
                let writer = writer.string("action", "history");
                let writer = match range {
                    Range::After(seq) => writer.count("after", *seq),
                    Range::Before(seq) => writer.count("before", *seq),
                };
                match limit {
                    Some(limit) => writer.count("limit", (*limit).into()),
                    None => writer,
                }
            }
            Self::Ping => writer.string("action", "ping"),
        }
        .end()
    }
}

fn client_message_id(field: Option<Value<'_>>) -> Result<Option<ClientMessageId>, Refusal> {
    let Some(value) = field else { return Ok(None) };
    let id = value.string().ok_or(InvalidClientMessageId);
    match id.and_then(ClientMessageId::parse) {
        Ok(id) => Ok(Some(id)),
        Err(error) => Err(Refusal::new(
            ErrorCode::InvalidClientMessageId,
            sentence(&error.to_string()),
        )),
    }
}

/// Where a client goes on. One that makes no sense is as good as none: the client hears where the log ends and sees that
/// it must ask.
fn resume(fields: &Object<'_>) -> Option<Position> {
    let resume = fields.get("resume")?.object()?;
    Some(Position {
        epoch: Epoch::new(resume.get("epoch")?.string()?),
        seq: resume.get("after")?.number()?,
    })
}

fn history(fields: &Object<'_>) -> Result<Action, Refusal> {
    let number = |name| fields.get_some(name).map(Value::number::<Seq>);
    let range = match (number("after"), number("before")) {
        (Some(Some(after)), None) => Range::After(after),
        (None, Some(Some(before))) => Range::Before(before),
        _ => {
            return Err(Refusal::new(
                ErrorCode::InvalidHistory,
                "Ask with either after or before, and a whole number.",
            ));
        }
    };
    let limit = fields.get_some("limit").map(Value::number);
    match limit {
        Some(None) => Err(Refusal::new(
            ErrorCode::InvalidHistory,
            "The field limit must be a whole number, 65535 at most.",
        )),
        limit => Ok(Action::History {
            range,
            limit: limit.flatten(),
        }),
    }
}

fn unknown_action(action: Option<Value<'_>>) -> Refusal {
    /// Long enough for a misspelt name, short enough not to send somebody's novel back.
    const SHOWN_CHARS: usize = 40;
    let known = r#"Known are "connected", "sendMessage", "history" and "ping"."#;
    let message = match action {
        None => format!("The field action is missing. {known}"),
        Some(action) => {
            let text = action.raw();
            let shown: String = text.chars().take(SHOWN_CHARS).collect();
            let more = if shown.len() < text.len() { "…" } else { "" };
            format!("There is no action {shown}{more}. {known}")
        }
    };
    Refusal::new(ErrorCode::UnknownAction, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(body: &str, code: ErrorCode) -> Refusal {
        let refusal = Action::parse(body).expect_err(body);
        assert_eq!(refusal.code, code, "{body}");
        refusal
    }

    #[test]
    fn what_is_no_json_object_is_malformed() {
        for body in [
            "",
            " ",
            "hello",
            "null",
            "42",
            r#""sendMessage""#,
            "[1,2]",
            r#"{"action":"sendMessage""#,
            r#"{action:"sendMessage"}"#,
            r#"{"action":"sendMessage","message":"\ud800"}"#,
            &"[".repeat(100_000),
        ] {
            let refusal = refused(body, ErrorCode::MalformedBody);
            assert!(refusal.message.starts_with("Malformed body"));
        }
    }

    #[test]
    fn an_action_that_is_none_is_named_in_the_answer() {
        assert!(
            refused("{}", ErrorCode::UnknownAction)
                .message
                .contains("missing")
        );
        assert!(
            refused(r#"{"action":"shout"}"#, ErrorCode::UnknownAction)
                .message
                .contains(r#""shout""#)
        );
        assert!(
            refused(r#"{"action":1}"#, ErrorCode::UnknownAction)
                .message
                .contains("action 1.")
        );
        let long = format!(r#"{{"action":"{}"}}"#, "é".repeat(10_000));
        assert!(refused(&long, ErrorCode::UnknownAction).message.len() < 200);
    }

    #[test]
    fn a_message_must_be_a_string() {
        for message in ["null", "42", "{}", r#"["a"]"#, "true"] {
            refused(
                &format!(r#"{{"action":"sendMessage","message":{message}}}"#),
                ErrorCode::InvalidMessage,
            );
        }
        refused(r#"{"action":"sendMessage"}"#, ErrorCode::InvalidMessage);
    }

    #[test]
    fn a_refusal_names_the_message_it_is_about() {
        let body = r#"{"action":"sendMessage","message":" ","clientMessageId":"c-1"}"#;
        let about = refused(body, ErrorCode::EmptyMessage).client_message_id;
        assert_eq!(about, ClientMessageId::parse("c-1").ok());
    }

    #[test]
    fn a_client_message_id_of_another_shape_is_refused() {
        for id in ["42", "{}", r#""""#, r#""a b""#] {
            let body =
                format!(r#"{{"action":"sendMessage","message":"a","clientMessageId":{id}}}"#);
            refused(&body, ErrorCode::InvalidClientMessageId);
        }
        let absent = r#"{"action":"sendMessage","message":"a","clientMessageId":null}"#;
        assert!(Action::parse(absent).is_ok());
    }

    #[test]
    fn a_resume_that_makes_no_sense_is_as_good_as_none() {
        for resume in [
            "null",
            "1",
            "{}",
            r#"{"epoch":"e"}"#,
            r#"{"epoch":1,"after":1}"#,
            r#"{"epoch":"e","after":-1}"#,
        ] {
            let body = format!(r#"{{"action":"connected","resume":{resume}}}"#);
            assert_eq!(Action::parse(&body), Ok(Action::Connected { resume: None }));
        }
    }

    #[test]
    fn history_is_asked_for_in_one_direction() {
        for fields in [
            "",
            r#","after":1,"before":2"#,
            r#","after":"1""#,
            r#","before":-1"#,
            r#","after":1.5"#,
            r#","after":1,"limit":"all""#,
            r#","after":1,"limit":70000"#,
        ] {
            refused(
                &format!(r#"{{"action":"history"{fields}}}"#),
                ErrorCode::InvalidHistory,
            );
        }
        let absent = r#"{"action":"history","after":0,"before":null,"limit":null}"#;
        let (range, limit) = (Range::After(0), None);
        assert_eq!(Action::parse(absent), Ok(Action::History { range, limit }));
    }

    #[test]
    fn unknown_fields_are_ignored() {
        let body = r#"{"action":"connected","connectionId":"forged","future":[1]}"#;
        assert_eq!(Action::parse(body), Ok(Action::Connected { resume: None }));
    }
}
