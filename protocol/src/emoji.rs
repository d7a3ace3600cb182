//! The emoji of a reaction.

use crate::limits::EMOJI_BYTES;
use crate::unicode::{count_characters, is_invisible};
use crate::wire_string::wire_string;

wire_string! {
    /// One emoji: a single character, as a reader counts, of at most [`EMOJI_BYTES`] bytes that is not text.
    Emoji
}

/// A string that is not a valid [`Emoji`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the field emoji must be one emoji of at most {EMOJI_BYTES} bytes")]
pub struct InvalidEmoji;

impl Emoji {
    /// Checks `emoji`.
    ///
    /// # Errors
    ///
    /// [`InvalidEmoji`] if it is empty, too long, text, or more than one character.
    pub fn parse(emoji: impl Into<String>) -> Result<Self, InvalidEmoji> {
        let emoji = emoji.into();
        let is_part = |c: char| is_symbol(c) || is_invisible(c) || is_keycap(c);
        let fits = emoji.len() <= EMOJI_BYTES;
        if fits
            && count_characters(&emoji) == 1
            && emoji.chars().any(is_symbol)
            && emoji.chars().all(is_part)
        {
            Ok(Self(emoji))
        } else {
            Err(InvalidEmoji)
        }
    }
}

/// Whether `c` is in a block of symbols that has emoji, or an emoji elsewhere, as in Unicode's `emoji-data.txt`.
fn is_symbol(c: char) -> bool {
    matches!(
        c,
        '\u{a9}' | '\u{ae}' | '\u{203c}' | '\u{2049}' | '\u{20e3}' | '\u{2122}' | '\u{2139}'
            | '\u{2190}'..='\u{2bff}'
            | '\u{3030}' | '\u{303d}' | '\u{3297}' | '\u{3299}'
            | '\u{1f000}'..='\u{1faff}'
    )
}

/// Whether `c` is the base of a keycap, such as 1️⃣.
fn is_keycap(c: char) -> bool {
    c.is_ascii_digit() || c == '#' || c == '*'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_one_emoji_of_any_kind() {
        for emoji in [
            "👍",
            "👍🏽",
            "❤\u{fe0f}",
            "👩\u{200d}👩\u{200d}👧\u{200d}👦",
            "🇧🇷",
            "1\u{fe0f}\u{20e3}",
            "©\u{fe0f}",
            "㊗\u{fe0f}",
            "🏴\u{e0067}\u{e0062}\u{e0065}\u{e006e}\u{e0067}\u{e007f}",
        ] {
            assert!(Emoji::parse(emoji).is_ok(), "{emoji:?}");
        }
    }

    #[test]
    fn rejects_text_and_more_than_one_emoji() {
        let zalgo = format!("👍{}", "\u{301}".repeat(EMOJI_BYTES));
        for text in [
            "",
            " ",
            "a",
            "1",
            "é",
            "👍👍",
            "👍a",
            "漢",
            "\u{200d}",
            "\u{202e}",
            "<",
            "a\u{20e3}",
            "é\u{1f3fd}",
            "ℂ",
            "†",
            &zalgo,
        ] {
            assert_eq!(Emoji::parse(text), Err(InvalidEmoji), "{text:?}");
        }
    }
}
