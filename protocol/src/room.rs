//! Names of rooms.

use crate::limits::ROOM_NAME_CHARS;
use crate::wire_string::wire_string;

wire_string! {
    /// The name of a room, as it appears in `?room=`.
    ///
    /// 1 to [`ROOM_NAME_CHARS`] characters: `a` to `z`, digits and `-`; the first one is not `-`.
    RoomName
}

/// A string that is not a valid [`RoomName`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the name of a room must have 1 to {ROOM_NAME_CHARS} lower-case letters, digits or '-', and not start with '-'"
)]
pub struct InvalidRoomName;

impl RoomName {
    /// Checks `name`.
    ///
    /// # Errors
    ///
    /// [`InvalidRoomName`] if it is empty, too long, starts with `-` or contains another character.
    pub fn parse(name: impl Into<String>) -> Result<Self, InvalidRoomName> {
        let name = name.into();
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        let fits = (1..=ROOM_NAME_CHARS).contains(&name.len());
        if fits && name.bytes().all(allowed) && !name.starts_with('-') {
            Ok(Self(name))
        } else {
            Err(InvalidRoomName)
        }
    }
}

impl Default for RoomName {
    /// `main`: the room of a connection that does not choose one.
    fn default() -> Self {
        Self("main".to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_only_short_lower_case_names() {
        for good in [
            "main",
            "equipe",
            "a",
            "2026-planos",
            &"x".repeat(ROOM_NAME_CHARS),
        ] {
            assert!(RoomName::parse(good).is_ok(), "{good}");
        }
        for bad in [
            "",
            "-a",
            "Equipe",
            "a b",
            "a#b",
            "ação",
            "a/b",
            &"x".repeat(ROOM_NAME_CHARS + 1),
        ] {
            assert_eq!(RoomName::parse(bad), Err(InvalidRoomName), "{bad}");
        }
    }

    #[test]
    fn the_default_room_has_a_valid_name() {
        assert_eq!(
            RoomName::parse(RoomName::default().as_str()),
            Ok(RoomName::default())
        );
    }
}
