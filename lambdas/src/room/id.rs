//! Names of rooms.

use std::fmt;

/// Names a room. Part of the keys in the table; never seen by clients.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomId(String);

impl RoomId {
    /// The room that everybody is in.
    pub fn main() -> Self {
        Self("main".to_owned())
    }

    /// Checks `id`.
    ///
    /// # Errors
    ///
    /// [`InvalidRoomId`] if it is empty or has another character than letters, digits and `-`. Without `#`, no room's key is
    /// the key of a name in another room.
    pub fn parse(id: impl Into<String>) -> Result<Self, InvalidRoomId> {
        let id = id.into();
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
        if !id.is_empty() && id.bytes().all(allowed) {
            Ok(Self(id))
        } else {
            Err(InvalidRoomId)
        }
    }

    /// The id as it stands in the table.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for RoomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a string is no [`RoomId`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the name of a room consists of letters, digits and '-'")]
pub struct InvalidRoomId;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_room_is_named_so_that_no_key_is_anothers() {
        for good in ["main", "a-1"] {
            assert_eq!(RoomId::parse(good).unwrap().as_str(), good);
        }
        for bad in ["", "main#c-1", "a b", "é"] {
            assert_eq!(RoomId::parse(bad), Err(InvalidRoomId), "{bad}");
        }
    }
}
