//! Who sent something: a person, as opposed to a connection.
//!
//! A client proves its identity with a [`PersonKey`], which is never shown to others. The back end shows others a [`PersonId`] that is
//! derived from it, and the [`PersonName`] that the person chose.

use std::fmt;

use serde::Serialize;

use crate::limits::{NAME_BYTES, NAME_CHARACTERS, PERSON_KEY_CHARS};
use crate::unicode::{count_characters, first_character, is_default_ignorable};
use crate::wire_string::wire_string;

wire_string! {
    /// Identifies a person. Assigned by the back end: a hash of the person's key, or the signed-in user.
    opaque PersonId
}

impl PersonId {
    /// A hue in degrees, 0 to 359, the same for the same id everywhere.
    pub fn hue(&self) -> u16 {
        crate::id::hue(&self.0)
    }
}

/// A client's secret, chosen at random once and kept. Anyone who knows it can act as the person.
///
/// [`PERSON_KEY_CHARS`] characters: ASCII letters, digits, `-` and `_`.
#[derive(Clone, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PersonKey(String);

/// A string that is not a valid [`PersonKey`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "a key must have {} to {} letters, digits, '-' or '_'",
    PERSON_KEY_CHARS.start(),
    PERSON_KEY_CHARS.end()
)]
pub struct InvalidPersonKey;

impl PersonKey {
    /// Checks `key`.
    ///
    /// # Errors
    ///
    /// [`InvalidPersonKey`] if it is too short, too long or contains another character.
    pub fn parse(key: impl Into<String>) -> Result<Self, InvalidPersonKey> {
        let key = key.into();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if PERSON_KEY_CHARS.contains(&key.len()) && key.bytes().all(allowed) {
            Ok(Self(key))
        } else {
            Err(InvalidPersonKey)
        }
    }

    /// The key as it appears on the wire. Never log it, and never send it to another client.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for PersonKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonKey(…)")
    }
}

wire_string! {
    /// The name that a person chose.
    ///
    /// 1 to [`NAME_CHARACTERS`] characters, as a reader counts them, in at most [`NAME_BYTES`] bytes; no control, invisible or bidirectional
    /// formatting characters. Runs of white space are replaced by one space, and removed at both ends.
    PersonName
}

/// Why a string is not a valid [`PersonName`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidName {
    /// Nothing but white space.
    #[error("the name is empty")]
    Empty,
    /// More than [`NAME_CHARACTERS`] or [`NAME_BYTES`].
    #[error(
        "the name is too long; the limit is {NAME_CHARACTERS} characters or {NAME_BYTES} bytes"
    )]
    TooLong,
    /// A control, invisible or bidirectional formatting character.
    #[error("the name contains the character U+{:04X}, which is invisible", u32::from(*character))]
    ForbiddenCharacter {
        /// The first one found.
        character: char,
    },
}

impl PersonName {
    /// Checks `name`.
    ///
    /// # Errors
    ///
    /// The first rule of [`InvalidName`] that `name` breaks. The length is checked first.
    pub fn parse(name: &str) -> Result<Self, InvalidName> {
        if name.len() > 4 * NAME_BYTES {
            return Err(InvalidName::TooLong);
        }
        let name = name.split_whitespace().collect::<Vec<_>>().join(" ");
        if name.is_empty() {
            return Err(InvalidName::Empty);
        }
        if name.len() > NAME_BYTES || count_characters(&name) > NAME_CHARACTERS {
            return Err(InvalidName::TooLong);
        }
        match name
            .char_indices()
            .find(|(at, c)| is_forbidden(&name, *at, *c))
        {
            Some((_, character)) => Err(InvalidName::ForbiddenCharacter { character }),
            None => Ok(Self(name)),
        }
    }

    /// The first character of the first and of the last word, for an avatar.
    pub fn initials(&self) -> String {
        let last = self.0.rsplit_once(' ').map(|(_, last)| last);
        [&*self.0, last.unwrap_or_default()]
            .map(first_character)
            .concat()
    }
}

/// Whether the character `c` at the byte offset `at` of `name` is not allowed there.
fn is_forbidden(name: &str, at: usize, c: char) -> bool {
    // Emoji and some scripts need joiners and variation selectors. Next to ASCII they only produce look-alikes.
    let is_visible = |it: char| {
        !it.is_ascii()
            && !matches!(it, '\u{200c}' | '\u{200d}')
            && (it == '\u{fe0f}' || !is_default_ignorable(it))
    };
    let (before, rest) = name.split_at_checked(at).unwrap_or((name, ""));
    let (before, after) = (before.chars().next_back(), rest.chars().nth(1));
    match c {
        '\u{fe0f}' => !before.is_some_and(|it| is_visible(it) && it != '\u{fe0f}'),
        '\u{200c}' | '\u{200d}' => {
            !(before.is_some_and(is_visible)
                && after.is_some_and(|it| is_visible(it) && it != '\u{fe0f}'))
        }
        _ => c.is_control() || is_default_ignorable(c),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn rejects(name: &str, reason: InvalidName) {
        assert_eq!(PersonName::parse(name), Err(reason), "{name:?}");
    }

    #[test]
    fn accepts_names_of_many_scripts() {
        for name in [
            "Ana",
            "José da Silva",
            "李小龙",
            "محمد",
            "می\u{200c}خواهم",
            "Ana 👩\u{200d}💻",
            "❤\u{fe0f}\u{200d}🔥",
            "O'Neill-Şahin 3.",
        ] {
            assert_eq!(PersonName::parse(name).unwrap().as_str(), name);
        }
    }

    #[test]
    fn initials_are_whole_characters_of_the_first_and_the_last_word() {
        for (name, initials) in [
            ("Ana", "A"),
            ("José da Silva", "JS"),
            ("👩\u{200d}💻 Ana", "👩\u{200d}💻A"),
        ] {
            assert_eq!(PersonName::parse(name).unwrap().initials(), initials);
        }
    }

    #[test]
    fn normalizes_white_space() {
        let name = PersonName::parse(" \u{3000}Ana\u{a0}\t Lima\n").unwrap();
        assert_eq!(name.as_str(), "Ana Lima");
        for blank in ["", " ", "\u{2003}\n"] {
            rejects(blank, InvalidName::Empty);
        }
    }

    #[test]
    fn counts_characters_and_bytes() {
        assert!(PersonName::parse(&"e\u{301}".repeat(NAME_CHARACTERS)).is_ok());
        rejects(&"x".repeat(NAME_CHARACTERS + 1), InvalidName::TooLong);
        rejects(
            &format!("a{}", "\u{301}".repeat(NAME_BYTES)),
            InvalidName::TooLong,
        );
        rejects(&" ".repeat(1_000_000), InvalidName::TooLong);
    }

    #[test]
    fn rejects_invisible_characters_and_direction_overrides() {
        for name in [
            "A\u{202e}na",
            "A\u{2066}na",
            "\u{200f}Ana",
            "A\u{200b}na",
            "A\u{ad}na",
            "\u{feff}Ana",
            "Ana\u{3164}",
            "A\u{0}na",
            "A\u{1b}na",
            "\u{200d}",
            "Ana\u{200d}",
            "A\u{200d}na",
            "A\u{fe0f}na",
            "é\u{200d}",
            "é\u{200d}\u{200d}é",
            "é\u{fe0f}\u{fe0f}",
            "\u{e0041}",
        ] {
            let error = PersonName::parse(name).expect_err(name);
            assert!(
                matches!(error, InvalidName::ForbiddenCharacter { .. }),
                "{name:?}: {error}"
            );
        }
    }

    #[test]
    fn accepts_only_long_ascii_keys() {
        let (shortest, longest) = (*PERSON_KEY_CHARS.start(), *PERSON_KEY_CHARS.end());
        for good in [
            "k".repeat(shortest),
            "aZ09-_".repeat(4),
            "k".repeat(longest),
        ] {
            assert!(PersonKey::parse(good.as_str()).is_ok(), "{good}");
        }
        for bad in [
            String::new(),
            "k".repeat(shortest - 1),
            "k".repeat(longest + 1),
            "é".repeat(10),
            " ".repeat(20),
        ] {
            assert_eq!(
                PersonKey::parse(bad.as_str()),
                Err(InvalidPersonKey),
                "{bad}"
            );
        }
    }

    #[test]
    fn a_key_is_not_printed() {
        let key = PersonKey::parse("z".repeat(20)).unwrap();
        assert!(!format!("{key:?}").contains('z'));
    }
}
