//! Estimates what a message costs before it is broadcast.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use papo_protocol::RoomName;

/// How many rooms [`RoomSizes`] remembers.
const REMEMBERED_ROOMS: usize = 1_000;

/// How many recipients the last broadcast of this process had in each room: the estimate for the next charge.
#[derive(Debug, Default)]
pub struct RoomSizes(Mutex<HashMap<RoomName, u32>>);

impl RoomSizes {
    /// The estimate for `room`; 1 if this process has not broadcast there.
    pub fn estimate(&self, room: &RoomName) -> u32 {
        let sizes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sizes.get(room).copied().unwrap_or(1)
    }

    /// Remembers how many recipients a broadcast had.
    pub fn observe(&self, room: &RoomName, recipients: usize) {
        let mut sizes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if sizes.len() >= REMEMBERED_ROOMS && !sizes.contains_key(room) {
            sizes.clear();
        }
        let recipients = u32::try_from(recipients).unwrap_or(u32::MAX);
        sizes.insert(room.clone(), recipients);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_sizes_stay_bounded() {
        let sizes = RoomSizes::default();
        for n in 0..10 * REMEMBERED_ROOMS {
            sizes.observe(&RoomName::parse(n.to_string()).unwrap(), n);
        }
        assert!(sizes.0.lock().unwrap().len() <= REMEMBERED_ROOMS);
        assert_eq!(sizes.estimate(&RoomName::default()), 1);
    }
}
