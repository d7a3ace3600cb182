//! Reads a frame of a client.
//!
//! Field by field instead of a derived `Deserialize`, because each field that is missing or invalid has its own error
//! code, and the error names the client's message if its id could be read.

use std::fmt::Display;

use serde_json::{Map, Value};

use super::{Action, Resume, Target};
use crate::emoji::Emoji;
use crate::error::{ErrorCode, ErrorEvent, sentence};
use crate::id::{ClientMessageId, InvalidClientMessageId};
use crate::limits::HEADS_ROOMS;
use crate::person::{PersonKey, PersonName};
use crate::position::{Epoch, Range, Seq};
use crate::room::RoomName;
use crate::text::MessageText;

/// The actions as they are listed in an error message.
const KNOWN_ACTIONS: &str = r#""connected", "sendMessage", "edit", "delete", "reaction", "typing", "history", "heads" and "ping""#;

/// A misspelt action is repeated in the error message up to this many characters.
const SHOWN_CHARS: usize = 40;

impl Action {
    /// Reads the text of a frame.
    ///
    /// # Errors
    ///
    /// The [`ErrorEvent`] to reply with. It carries the `clientMessageId` if that could be read.
    pub fn parse(body: &str) -> Result<Self, ErrorEvent> {
        let Ok(fields) = serde_json::from_str::<Map<String, Value>>(body) else {
            return Err(ErrorEvent::new(
                ErrorCode::MalformedBody,
                r#"Malformed body: send one JSON object, such as {"action":"sendMessage","message":"Hello"}."#,
            ));
        };
        let fields = Fields(fields);
        let Some(action) = fields.0.get("action") else {
            return Err(unknown_action("The field action is missing."));
        };
        match action.as_str() {
            Some("connected") => connected(&fields),
            Some("sendMessage") => fields.with_id(|fields, client_message_id| {
                Ok(Self::SendMessage {
                    message: fields.message()?,
                    reply_to: fields.seq("replyTo")?,
                    client_message_id,
                })
            }),
            Some("edit") => fields.with_id(|fields, client_message_id| {
                Ok(Self::Edit {
                    target: fields.target()?,
                    message: fields.message()?,
                    client_message_id,
                })
            }),
            Some("delete") => fields.with_id(|fields, client_message_id| {
                Ok(Self::Delete {
                    target: fields.target()?,
                    client_message_id,
                })
            }),
            Some("reaction") => fields.with_id(|fields, client_message_id| {
                Ok(Self::Reaction {
                    target: fields.target()?,
                    emoji: fields.emoji()?,
                    on: fields.on()?,
                    client_message_id,
                })
            }),
            Some("typing") => Ok(Self::Typing),
            Some("heads") => heads(&fields),
            Some("history") => history(&fields),
            Some("ping") => Ok(Self::Ping),
            _ => {
                let id = fields.client_message_id().ok().flatten();
                Err(no_such_action(action).about(id))
            }
        }
    }
}

/// The members of a frame.
struct Fields(Map<String, Value>);

impl Fields {
    /// The field `name`, unless it is missing or `null`, which is JavaScript's way of omitting a field.
    fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    /// Reads an action that has a `clientMessageId`. An error in another field is about that id.
    fn with_id(
        &self,
        read: impl FnOnce(&Self, Option<ClientMessageId>) -> Result<Action, ErrorEvent>,
    ) -> Result<Action, ErrorEvent> {
        let id = self.client_message_id()?;
        read(self, id.clone()).map_err(|error| error.about(id))
    }

    fn client_message_id(&self) -> Result<Option<ClientMessageId>, ErrorEvent> {
        let Some(value) = self.get("clientMessageId") else {
            return Ok(None);
        };
        let id = value.as_str().ok_or(InvalidClientMessageId);
        id.and_then(ClientMessageId::parse)
            .map(Some)
            .map_err(|error| invalid(ErrorCode::InvalidClientMessageId, error))
    }

    fn message(&self) -> Result<MessageText, ErrorEvent> {
        let code = ErrorCode::InvalidMessage;
        match self.0.get("message") {
            Some(Value::String(text)) => Ok(MessageText::parse(text.as_str())?),
            Some(_) => Err(invalid(code, "the field message must be a string")),
            None => Err(invalid(code, "the field message is missing")),
        }
    }

    fn seq(&self, name: &str) -> Result<Option<Seq>, ErrorEvent> {
        let read = |value: &Value| {
            let reason = format!("the field {name} must be the seq of a message");
            value
                .as_u64()
                .ok_or_else(|| invalid(ErrorCode::InvalidTarget, reason))
        };
        self.get(name).map(read).transpose()
    }

    fn target(&self) -> Result<Target, ErrorEvent> {
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

    fn emoji(&self) -> Result<Emoji, ErrorEvent> {
        let emoji = self.get("emoji").and_then(Value::as_str);
        Emoji::parse(emoji.unwrap_or_default())
            .map_err(|error| invalid(ErrorCode::InvalidReaction, error))
    }

    fn on(&self) -> Result<bool, ErrorEvent> {
        let on = self.get("on").and_then(Value::as_bool);
        on.ok_or_else(|| {
            invalid(
                ErrorCode::InvalidReaction,
                "the field on must be true or false",
            )
        })
    }

    /// The optional field `name`, read from a string.
    fn parsed<T, E: Display>(
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
fn invalid(code: ErrorCode, reason: impl Display) -> ErrorEvent {
    ErrorEvent::new(code, sentence(&reason.to_string()))
}

fn connected(fields: &Fields) -> Result<Action, ErrorEvent> {
    Ok(Action::Connected {
        name: fields.parsed("name", ErrorCode::InvalidName, PersonName::parse)?,
        key: fields.parsed("key", ErrorCode::InvalidKey, |key| PersonKey::parse(key))?,
        resume: fields.get("resume").and_then(resume),
    })
}

fn heads(fields: &Fields) -> Result<Action, ErrorEvent> {
    let rooms = fields.get("rooms").and_then(Value::as_array);
    let rooms = rooms.filter(|rooms| rooms.len() <= HEADS_ROOMS);
    let room = |room: &Value| RoomName::parse(room.as_str()?).ok();
    let rooms = rooms.and_then(|rooms| rooms.iter().map(room).collect());
    let rooms = rooms.ok_or_else(|| {
        let reason = format!("the field rooms must list at most {HEADS_ROOMS} names of rooms");
        invalid(ErrorCode::InvalidRooms, reason)
    })?;
    Ok(Action::Heads { rooms })
}

/// An invalid `resume` is ignored: the client learns the head of the log and asks for what it misses.
fn resume(value: &Value) -> Option<Resume> {
    Some(Resume {
        epoch: Epoch::new(value.get("epoch")?.as_str()?),
        after: value.get("after")?.as_u64()?,
    })
}

fn history(fields: &Fields) -> Result<Action, ErrorEvent> {
    let code = ErrorCode::InvalidHistory;
    let seq = |name| fields.get(name).map(Value::as_u64);
    let range = match (seq("after"), seq("before")) {
        (Some(Some(after)), None) => Range::After(after),
        (None, Some(Some(before))) => Range::Before(before),
        _ => {
            let reason = "send either after or before, with a whole number that is not negative";
            return Err(invalid(code, reason));
        }
    };
    let limit = match fields.get("limit") {
        None => None,
        Some(limit) => {
            let Some(Ok(limit)) = limit.as_u64().map(u16::try_from) else {
                let reason = "the field limit must be a whole number from 0 to 65535";
                return Err(invalid(code, reason));
            };
            Some(limit)
        }
    };
    Ok(Action::History { range, limit })
}

fn no_such_action(action: &Value) -> ErrorEvent {
    let text = action.to_string();
    let shown: String = text.chars().take(SHOWN_CHARS).collect();
    let ellipsis = if shown.len() < text.len() { "…" } else { "" };
    unknown_action(&format!("There is no action {shown}{ellipsis}."))
}

fn unknown_action(problem: &str) -> ErrorEvent {
    let message = format!("{problem} The actions are {KNOWN_ACTIONS}.");
    ErrorEvent::new(ErrorCode::UnknownAction, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONNECTED: Action = Action::Connected {
        name: None,
        key: None,
        resume: None,
    };

    #[track_caller]
    fn rejects(body: &str, code: ErrorCode) -> ErrorEvent {
        let error = Action::parse(body).expect_err(body);
        assert_eq!(error.code, code, "{body}");
        error
    }

    #[test]
    fn rejects_input_that_is_not_a_json_object() {
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
            "\u{feff}{}",
            &"[".repeat(100_000),
            &"{\"a\":".repeat(100_000),
        ] {
            let error = rejects(body, ErrorCode::MalformedBody);
            assert!(error.message.starts_with("Malformed body"));
        }
    }

    #[test]
    fn an_unknown_action_is_repeated_in_the_error() {
        for (body, part) in [
            ("{}", "missing"),
            (r#"{"action":"shout"}"#, r#""shout""#),
            (r#"{"action":1}"#, "action 1."),
            (r#"{"action":null}"#, "action null."),
            (r#"{"action":["ping"]}"#, r#"action ["ping"]."#),
        ] {
            let error = rejects(body, ErrorCode::UnknownAction);
            assert!(error.message.contains(part), "{}", error.message);
        }
        let error = rejects(
            r#"{"action":"shout","clientMessageId":"c-1"}"#,
            ErrorCode::UnknownAction,
        );
        assert_eq!(error.client_message_id, ClientMessageId::parse("c-1").ok());
        let long = format!(r#"{{"action":"{}"}}"#, "é".repeat(10_000));
        assert!(rejects(&long, ErrorCode::UnknownAction).message.len() < 250);
    }

    #[test]
    fn a_message_must_be_a_string() {
        for message in ["null", "42", "{}", r#"["a"]"#, "true"] {
            rejects(
                &format!(r#"{{"action":"sendMessage","message":{message}}}"#),
                ErrorCode::InvalidMessage,
            );
        }
        rejects(r#"{"action":"sendMessage"}"#, ErrorCode::InvalidMessage);
    }

    #[test]
    fn an_error_names_the_message_it_is_about() {
        let body = r#"{"action":"sendMessage","message":" ","clientMessageId":"c-1"}"#;
        let about = rejects(body, ErrorCode::EmptyMessage).client_message_id;
        assert_eq!(about, ClientMessageId::parse("c-1").ok());
    }

    #[test]
    fn rejects_an_invalid_client_message_id() {
        for id in ["42", "{}", r#""""#, r#""a b""#] {
            let body =
                format!(r#"{{"action":"sendMessage","message":"a","clientMessageId":{id}}}"#);
            rejects(&body, ErrorCode::InvalidClientMessageId);
        }
        let absent = r#"{"action":"sendMessage","message":"a","clientMessageId":null}"#;
        assert!(Action::parse(absent).is_ok());
    }

    #[test]
    fn ignores_an_invalid_resume() {
        for resume in [
            "null",
            "1",
            "{}",
            r#"{"epoch":"e"}"#,
            r#"{"epoch":1,"after":1}"#,
            r#"{"epoch":"e","after":-1}"#,
        ] {
            let body = format!(r#"{{"action":"connected","resume":{resume}}}"#);
            assert_eq!(Action::parse(&body), Ok(CONNECTED));
        }
    }

    #[test]
    fn history_needs_exactly_one_range() {
        for fields in [
            "",
            r#","after":1,"before":2"#,
            r#","after":"1""#,
            r#","before":-1"#,
            r#","after":1.5"#,
            r#","after":18446744073709551616"#,
            r#","after":1,"limit":"all""#,
            r#","after":1,"limit":70000"#,
        ] {
            rejects(
                &format!(r#"{{"action":"history"{fields}}}"#),
                ErrorCode::InvalidHistory,
            );
        }
        let absent = r#"{"action":"history","after":0,"before":null,"limit":null}"#;
        let (range, limit) = (Range::After(0), None);
        assert_eq!(Action::parse(absent), Ok(Action::History { range, limit }));
    }

    #[test]
    fn ignores_unknown_fields_and_takes_the_last_of_two() {
        let body = r#"{"action":"ping","action":"connected","connectionId":"forged","future":[1]}"#;
        assert_eq!(Action::parse(body), Ok(CONNECTED));
    }

    #[test]
    fn an_introduction_needs_a_valid_name_and_key() {
        for (field, code) in [
            (r#""name":"""#, ErrorCode::InvalidName),
            (r#""name":1"#, ErrorCode::InvalidName),
            ("\"name\":\"A\u{202e}na\"", ErrorCode::InvalidName),
            (r#""key":"short""#, ErrorCode::InvalidKey),
            (r#""key":["0123456789abcdef"]"#, ErrorCode::InvalidKey),
        ] {
            rejects(&format!(r#"{{"action":"connected",{field}}}"#), code);
        }
        let absent = r#"{"action":"connected","name":null,"key":null}"#;
        assert_eq!(Action::parse(absent), Ok(CONNECTED));
    }

    #[test]
    fn rejects_entries_without_a_valid_target() {
        for action in ["edit", "delete", "reaction"] {
            for target in [
                "",
                r#","of":"1""#,
                r#","of":-1"#,
                r#","of":1.5"#,
                r#","of":1,"epoch":1"#,
            ] {
                let body = format!(
                    r#"{{"action":"{action}","message":"a","emoji":"👍","on":true,"clientMessageId":"c-1"{target}}}"#
                );
                let error = rejects(&body, ErrorCode::InvalidTarget);
                assert!(error.client_message_id.is_some(), "{body}");
            }
        }
        let body = r#"{"action":"sendMessage","message":"a","replyTo":"1"}"#;
        rejects(body, ErrorCode::InvalidTarget);
    }

    #[test]
    fn rejects_invalid_reactions_and_edits() {
        for fields in [
            r#""on":true"#,
            r#""emoji":"a","on":true"#,
            r#""emoji":"👍""#,
            r#""emoji":"👍","on":1"#,
        ] {
            let body = format!(r#"{{"action":"reaction","of":1,{fields}}}"#);
            rejects(&body, ErrorCode::InvalidReaction);
        }
        rejects(r#"{"action":"edit","of":1}"#, ErrorCode::InvalidMessage);
        rejects(
            r#"{"action":"edit","of":1,"message":" "}"#,
            ErrorCode::EmptyMessage,
        );
    }

    #[test]
    fn heads_needs_a_list_of_room_names() {
        let many = vec![r#""main""#; HEADS_ROOMS + 1].join(",");
        for rooms in [
            "null",
            "1",
            r#""main""#,
            r#"["A"]"#,
            "[1]",
            &format!("[{many}]"),
        ] {
            let body = format!(r#"{{"action":"heads","rooms":{rooms}}}"#);
            rejects(&body, ErrorCode::InvalidRooms);
        }
    }
}
