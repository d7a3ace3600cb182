//! What a message may contain. Both sides ask here: the app before it sends, the back end because anybody can connect.

use std::fmt;

use crate::limits::TEXT_BYTES;

/// The text of a message: not blank, at most [`TEXT_BYTES`] bytes of UTF-8, no control character but newline and tab.
///
/// Kept as it was typed; white space around it is the sender's business.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MessageText(String);

/// Why a string is no [`MessageText`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// Nothing but white space.
    #[error("the message is empty")]
    Empty,
    /// More than [`TEXT_BYTES`].
    #[error("the message has {bytes} bytes; {TEXT_BYTES} are the most")]
    TooLong {
        /// Its length in bytes of UTF-8.
        bytes: usize,
    },
    /// A control character other than newline and tab.
    #[error("the message has the control character U+{:04X}; only newline and tab are allowed", u32::from(*character))]
    ForbiddenCharacter {
        /// The first one found.
        character: char,
    },
}

impl MessageText {
    /// Checks `text`.
    ///
    /// # Errors
    ///
    /// The first rule of [`InvalidText`] that `text` breaks. Length comes first, so that a huge text is not searched.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidText> {
        let text = text.into();
        if text.len() > TEXT_BYTES {
            return Err(InvalidText::TooLong { bytes: text.len() });
        }
        if text.trim().is_empty() {
            return Err(InvalidText::Empty);
        }
        match text
            .chars()
            .find(|c| c.is_control() && !matches!(c, '\n' | '\t'))
        {
            Some(character) => Err(InvalidText::ForbiddenCharacter { character }),
            None => Ok(Self(text)),
        }
    }

    /// The text as it was typed.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MessageText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<MessageText> for String {
    fn from(text: MessageText) -> Self {
        text.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn refused(text: &str, because: InvalidText) {
        assert_eq!(MessageText::parse(text), Err(because));
    }

    #[test]
    fn blank_text_is_empty() {
        for blank in ["", " ", "\n\t ", "\u{2003}", "\u{a0}"] {
            refused(blank, InvalidText::Empty);
        }
    }

    #[test]
    fn length_counts_bytes_of_utf_8() {
        assert!(MessageText::parse("é".repeat(TEXT_BYTES / 2)).is_ok());
        let bytes = TEXT_BYTES + 2;
        refused(&"é".repeat(bytes / 2), InvalidText::TooLong { bytes });
    }

    #[test]
    fn control_characters_are_refused_but_newline_and_tab_stay() {
        assert_eq!(MessageText::parse(" a\n\tb ").unwrap().as_str(), " a\n\tb ");
        for character in ['\0', '\u{7}', '\r', '\u{1b}', '\u{7f}', '\u{85}'] {
            refused(
                &format!("a{character}b"),
                InvalidText::ForbiddenCharacter { character },
            );
        }
    }
}
