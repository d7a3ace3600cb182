//! Why something was refused: a stable code for programs and a sentence for people.

use crate::id::ClientMessageId;
use crate::limits::SEND_AGAIN_MS;
use crate::text::InvalidText;

/// What was wrong, in a word that never changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ErrorCode {
    /// `malformedBody`: the frame is no JSON object.
    MalformedBody,
    /// `unknownAction`: `action` is missing or names none.
    UnknownAction,
    /// `invalidMessage`: `message` is missing or no string.
    InvalidMessage,
    /// `invalidClientMessageId`: `clientMessageId` breaks its rule.
    InvalidClientMessageId,
    /// `invalidHistory`: `history` without a range that makes sense.
    InvalidHistory,
    /// `emptyMessage`: nothing but white space.
    EmptyMessage,
    /// `messageTooLong`: more bytes than a message may have.
    MessageTooLong,
    /// `forbiddenCharacter`: a control character other than newline and tab.
    ForbiddenCharacter,
    /// `unavailable`: nothing wrong with what was said; the back end could not do it now.
    Unavailable,
    /// A code that this version does not know; clients show the sentence.
    Other(String),
}

impl ErrorCode {
    /// The word that goes over the wire.
    pub fn as_str(&self) -> &str {
        match self {
            Self::MalformedBody => "malformedBody",
            Self::UnknownAction => "unknownAction",
            Self::InvalidMessage => "invalidMessage",
            Self::InvalidClientMessageId => "invalidClientMessageId",
            Self::InvalidHistory => "invalidHistory",
            Self::EmptyMessage => "emptyMessage",
            Self::MessageTooLong => "messageTooLong",
            Self::ForbiddenCharacter => "forbiddenCharacter",
            Self::Unavailable => "unavailable",
            Self::Other(code) => code,
        }
    }
}

impl From<String> for ErrorCode {
    fn from(code: String) -> Self {
        match code.as_str() {
            "malformedBody" => Self::MalformedBody,
            "unknownAction" => Self::UnknownAction,
            "invalidMessage" => Self::InvalidMessage,
            "invalidClientMessageId" => Self::InvalidClientMessageId,
            "invalidHistory" => Self::InvalidHistory,
            "emptyMessage" => Self::EmptyMessage,
            "messageTooLong" => Self::MessageTooLong,
            "forbiddenCharacter" => Self::ForbiddenCharacter,
            "unavailable" => Self::Unavailable,
            _ => Self::Other(code),
        }
    }
}

/// The answer to something that was not done. Sent to whoever asked, and to nobody else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What was wrong.
    pub code: ErrorCode,
    /// The same as a sentence, in English.
    pub message: String,
    /// Which message it is about, if the client named it.
    pub client_message_id: Option<ClientMessageId>,
    /// When it makes sense to ask again, in milliseconds, if it does.
    pub retry_after_ms: Option<u32>,
}

impl Refusal {
    /// A refusal that is about no message in particular.
    pub fn new(code: ErrorCode, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            client_message_id: None,
            retry_after_ms: None,
        }
    }

    /// Says which message it is about.
    pub fn about(mut self, id: Option<ClientMessageId>) -> Self {
        self.client_message_id = id;
        self
    }

    /// When to ask again, in milliseconds, if that makes sense: because the back end says so, or because nothing was wrong
    /// with what was asked.
    pub(crate) fn again_after(&self) -> Option<u32> {
        match self.code {
            ErrorCode::Unavailable => Some(self.retry_after_ms.unwrap_or(SEND_AGAIN_MS)),
            _ => self.retry_after_ms,
        }
    }
}

impl From<InvalidText> for Refusal {
    fn from(reason: InvalidText) -> Self {
        let code = match reason {
            InvalidText::Empty => ErrorCode::EmptyMessage,
            InvalidText::TooLong { .. } => ErrorCode::MessageTooLong,
            InvalidText::ForbiddenCharacter { .. } => ErrorCode::ForbiddenCharacter,
        };
        Self::new(code, sentence(&reason.to_string()))
    }
}

/// An error message as a sentence: capital letter, full stop.
pub(crate) fn sentence(message: &str) -> String {
    let mut chars = message.chars();
    match chars.next() {
        Some(first) => first.to_uppercase().chain(chars).chain(['.']).collect(),
        None => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_survives_the_wire() {
        for code in [
            ErrorCode::MalformedBody,
            ErrorCode::UnknownAction,
            ErrorCode::InvalidMessage,
            ErrorCode::InvalidClientMessageId,
            ErrorCode::InvalidHistory,
            ErrorCode::EmptyMessage,
            ErrorCode::MessageTooLong,
            ErrorCode::ForbiddenCharacter,
            ErrorCode::Unavailable,
            ErrorCode::Other("fromTheFuture".into()),
        ] {
            assert_eq!(ErrorCode::from(code.as_str().to_owned()), code);
        }
    }

    #[test]
    fn the_reason_for_refusing_a_text_is_a_sentence() {
        let refusal = Refusal::from(InvalidText::TooLong { bytes: 9000 });
        assert_eq!(
            refusal.message,
            "The message has 9000 bytes; 8192 are the most."
        );
    }
}
