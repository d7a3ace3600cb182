//! Room ids.

use std::fmt;

/// Longest id of a room, in characters.
const MAX_CHARS: usize = 64;

/// Identifies a room. Part of the keys in the tables.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomId(String);

impl RoomId {
    /// The default room.
    pub fn main() -> Self {
        Self("main".to_owned())
    }

    /// Validates `id`.
    ///
    /// # Errors
    ///
    /// [`InvalidRoomId`] if it is empty, longer than 64 characters, or contains anything but letters, digits and `-`.
    /// Without `#`, a room's key can never equal the key of an id item.
    pub fn parse(id: impl Into<String>) -> Result<Self, InvalidRoomId> {
        let id = id.into();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if (1..=MAX_CHARS).contains(&id.len()) && id.bytes().all(allowed) {
            Ok(Self(id))
        } else {
            Err(InvalidRoomId)
        }
    }

    /// The id as stored in the table.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A string is not a valid [`RoomId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("a room id consists of 1 to 64 letters, digits and '-'")]
pub struct InvalidRoomId;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn accepts_only_ids_that_cannot_collide_with_other_keys() {
        for good in ["main", "a-1", &"x".repeat(64)] {
            assert_eq!(RoomId::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "main#c-1", "a b", "é", &"x".repeat(65)] {
            assert_eq!(RoomId::parse(bad), Err(InvalidRoomId), "{bad}");
        }
    }
}
