//! Estimates what a message costs before it is broadcast.

use papo_protocol::RoomName;

use crate::bounded_map::BoundedMap;

/// How many recipients the last broadcast of this process had in each room: the estimate for the next charge.
#[derive(Debug, Default)]
pub struct RoomSizes(BoundedMap<RoomName, u32>);

impl RoomSizes {
    /// The estimate for `room`; 1 if this process has not broadcast there.
    pub fn estimate(&self, room: &RoomName) -> u32 {
        self.0.get(room).unwrap_or(1)
    }

    /// Remembers how many recipients a broadcast had.
    pub fn observe(&self, room: &RoomName, recipients: usize) {
        let recipients = u32::try_from(recipients).unwrap_or(u32::MAX);
        self.0.insert(room.clone(), recipients);
    }
}
