//! The `error` event: a stable code for programs and a sentence for people.

use serde::Serialize;

use crate::id::ClientMessageId;
use crate::limits::RESEND_DELAY_MS;
use crate::text::InvalidText;

/// Declares the codes with their names on the wire.
macro_rules! error_codes {
    ($($(#[$doc:meta])* $code:ident = $name:literal,)+) => {
        /// Stable identifier of an error.
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[cfg_attr(test, derive(schemars::JsonSchema))]
        #[serde(into = "String")]
        #[cfg_attr(test, schemars(with = "String"))]
        pub enum ErrorCode {
            $($(#[$doc])* $code,)+
            /// A code that this version does not know. Clients show the message.
            Other(String),
        }

        impl ErrorCode {
            /// Every code that this version knows.
            pub const KNOWN: &[Self] = &[$(Self::$code,)+];

            /// The code as it appears on the wire.
            pub fn as_str(&self) -> &str {
                match self {
                    $(Self::$code => $name,)+
                    Self::Other(code) => code,
                }
            }
        }
    };
}

error_codes! {
    /// The frame is not a JSON object.
    MalformedBody = "malformedBody",
    /// `action` is missing or unknown.
    UnknownAction = "unknownAction",
    /// `message` is missing or not a string.
    InvalidMessage = "invalidMessage",
    /// `clientMessageId` is not valid, or is already in use for another message.
    InvalidClientMessageId = "invalidClientMessageId",
    /// The range or limit of `history` is missing or not valid.
    InvalidHistory = "invalidHistory",
    /// Nothing visible.
    EmptyMessage = "emptyMessage",
    /// Longer than [`TEXT_BYTES`](crate::limits::TEXT_BYTES).
    MessageTooLong = "messageTooLong",
    /// A control character other than newline and tab.
    ForbiddenCharacter = "forbiddenCharacter",
    /// `name` is not a valid [`PersonName`](crate::person::PersonName).
    InvalidName = "invalidName",
    /// `key` is not a valid [`PersonKey`](crate::person::PersonKey).
    InvalidKey = "invalidKey",
    /// `of` is missing, `of`, `replyTo` or `epoch` is of a wrong type, or the message was edited too often.
    InvalidTarget = "invalidTarget",
    /// `emoji` is not an [`Emoji`](crate::emoji::Emoji), or `on` is not a boolean.
    InvalidReaction = "invalidReaction",
    /// `rooms` is not a list of at most [`HEADS_ROOMS`](crate::limits::HEADS_ROOMS) room names.
    InvalidRooms = "invalidRooms",
    /// The action is only available to clients that have introduced themselves.
    NotIntroduced = "notIntroduced",
    /// The log has no message with the number `of`, or has another epoch.
    UnknownMessage = "unknownMessage",
    /// Only the author may edit or delete a message.
    NotAuthor = "notAuthor",
    /// The message was deleted.
    MessageDeleted = "messageDeleted",
    /// Too many frames. Nothing was stored; the client retries after `retryAfterMs`.
    RateLimited = "rateLimited",
    /// The request was valid, but the back end is temporarily unable to serve it.
    Unavailable = "unavailable",
}

impl From<&str> for ErrorCode {
    fn from(code: &str) -> Self {
        let known = Self::KNOWN.iter().find(|it| it.as_str() == code).cloned();
        known.unwrap_or_else(|| Self::Other(code.to_owned()))
    }
}

impl From<ErrorCode> for String {
    fn from(code: ErrorCode) -> Self {
        code.as_str().to_owned()
    }
}

/// Tells a client that its request was not carried out. Sent to that client only.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub struct ErrorEvent {
    /// The kind of error.
    pub code: ErrorCode,
    /// The same as a sentence, in English.
    pub message: String,
    /// The message it is about, if the client gave it an id.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub client_message_id: Option<ClientMessageId>,
    /// When to retry, in milliseconds. Absent if retrying is pointless.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub retry_after_ms: Option<u32>,
}

impl ErrorEvent {
    /// An error that is not about a particular message.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            client_message_id: None,
            retry_after_ms: None,
        }
    }

    /// The same error, about the message `id`.
    pub fn about(mut self, id: Option<ClientMessageId>) -> Self {
        self.client_message_id = id;
        self
    }

    /// When to retry, in milliseconds: as the back end asks, or after a default if the request itself was valid. `None` if
    /// retrying is pointless.
    pub(crate) fn retry_delay(&self) -> Option<u32> {
        match self.code {
            ErrorCode::Unavailable | ErrorCode::RateLimited => {
                Some(self.retry_after_ms.unwrap_or(RESEND_DELAY_MS))
            }
            _ => self.retry_after_ms,
        }
    }
}

impl From<InvalidText> for ErrorEvent {
    fn from(reason: InvalidText) -> Self {
        let code = match reason {
            InvalidText::Empty => ErrorCode::EmptyMessage,
            InvalidText::TooLong { .. } => ErrorCode::MessageTooLong,
            InvalidText::ForbiddenCharacter { .. } => ErrorCode::ForbiddenCharacter,
        };
        Self::new(code, sentence(&reason.to_string()))
    }
}

/// Turns an error message into a sentence: capital letter, full stop.
pub(crate) fn sentence(message: &str) -> String {
    let mut chars = message.chars();
    match chars.next() {
        Some(first) => std::iter::once(first.to_ascii_uppercase())
            .chain(chars)
            .chain(['.'])
            .collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_survives_the_wire() {
        let unknown = ErrorCode::Other("fromTheFuture".into());
        for code in ErrorCode::KNOWN.iter().cloned().chain([unknown]) {
            assert_eq!(ErrorCode::from(code.as_str()), code);
        }
    }

    #[test]
    fn an_invalid_text_is_explained_in_a_sentence() {
        let error = ErrorEvent::from(InvalidText::TooLong { bytes: 9000 });
        assert_eq!(
            error.message,
            "The message has 9000 bytes; the limit is 8192."
        );
    }
}
