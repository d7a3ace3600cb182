//! Room ids.

use std::fmt;

use papo_protocol::RoomName;
use papo_protocol::room::InvalidRoomName;

/// Identifies a room: its name, as part of the keys in the tables. Without `#`, it can never equal the key of an id item.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct RoomId(RoomName);

impl RoomId {
    /// The default room.
    pub fn main() -> Self {
        Self(RoomName::default())
    }

    /// Validates `id`.
    ///
    /// # Errors
    ///
    /// As [`RoomName::parse`].
    pub fn parse(id: impl Into<String>) -> Result<Self, InvalidRoomName> {
        RoomName::parse(id).map(Self)
    }

    /// The id as stored in the table.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The room's name on the wire.
    pub fn name(&self) -> &RoomName {
        &self.0
    }
}

impl From<RoomName> for RoomId {
    fn from(name: RoomName) -> Self {
        Self(name)
    }
}

impl fmt::Display for RoomId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
