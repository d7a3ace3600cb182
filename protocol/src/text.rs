//! The text of a message. The app checks it before sending; the back end checks it again, because anyone can connect.

use crate::limits::TEXT_BYTES;
use crate::unicode::is_invisible;
use crate::wire_string::wire_string;

wire_string! {
    /// The text of a message: something visible, at most [`TEXT_BYTES`] bytes of UTF-8, no control characters but newline and tab.
    ///
    /// Kept as typed, including surrounding white space.
    MessageText
}

/// Why a string is not a valid [`MessageText`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidText {
    /// Nothing visible: only white space and invisible characters.
    #[error("the message is empty")]
    Empty,
    /// More than [`TEXT_BYTES`].
    #[error("the message has {bytes} bytes; the limit is {TEXT_BYTES}")]
    TooLong {
        /// Its length in bytes of UTF-8.
        bytes: usize,
    },
    /// A control character other than newline and tab.
    #[error("the message contains the control character U+{:04X}; only newline and tab are allowed", u32::from(*character))]
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
    /// The first rule of [`InvalidText`] that `text` breaks. The length is checked first, so that a huge text is not
    /// scanned.
    pub fn parse(text: impl Into<String>) -> Result<Self, InvalidText> {
        let text = text.into();
        if text.len() > TEXT_BYTES {
            return Err(InvalidText::TooLong { bytes: text.len() });
        }
        if text.chars().all(is_invisible) {
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
    fn rejects(text: &str, reason: InvalidText) {
        assert_eq!(MessageText::parse(text), Err(reason));
    }

    #[test]
    fn rejects_text_without_anything_visible() {
        for blank in [
            "",
            " ",
            "\n\t ",
            "\u{2003}",
            "\u{a0}",
            "\u{200b}\u{200d}",
            "\u{3164} \u{ad}",
            "\u{202e}\u{2066}\n",
            "\u{e0041}\u{fe0f}",
        ] {
            rejects(blank, InvalidText::Empty);
        }
    }

    #[test]
    fn measures_length_in_bytes_of_utf_8() {
        assert!(MessageText::parse("é".repeat(TEXT_BYTES / 2)).is_ok());
        let bytes = TEXT_BYTES + 2;
        rejects(&"é".repeat(bytes / 2), InvalidText::TooLong { bytes });
    }

    #[test]
    fn rejects_control_characters_except_newline_and_tab() {
        assert_eq!(MessageText::parse(" a\n\tb ").unwrap().as_str(), " a\n\tb ");
        for character in ['\0', '\u{7}', '\r', '\u{1b}', '\u{7f}', '\u{85}'] {
            rejects(
                &format!("a{character}b"),
                InvalidText::ForbiddenCharacter { character },
            );
        }
    }
}
