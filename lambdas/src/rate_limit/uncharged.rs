//! Counts the frames that are not charged: pings, malformed frames, and those that are refused because a budget is used up.
//!
//! Charging them would cost more than handling them. A client of ours sends a few in a minute, so many of them on one
//! connection are an attack, and the connection is closed: each costs as much as its refusal.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use papo_protocol::ConnectionId;

/// How many such frames a connection may send in a minute to one process. Busy clients send three.
const MAX_FRAMES: u32 = 60;

/// How many connections are remembered.
const REMEMBERED: usize = 1_000;

/// The frames of this minute, by connection.
#[derive(Debug, Default)]
pub(super) struct Uncharged(Mutex<Frames>);

#[derive(Debug, Default)]
struct Frames {
    /// In minutes since 1970.
    minute: i64,
    counts: HashMap<ConnectionId, u32>,
}

impl Uncharged {
    /// Counts a frame of `id`. Returns whether the connection may stay open.
    pub(super) fn admit(&self, id: &ConnectionId, minute: i64) -> bool {
        let mut frames = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if frames.minute != minute || frames.counts.len() >= REMEMBERED {
            frames.counts.clear();
            frames.minute = minute;
        }
        let count = frames.counts.entry(id.clone()).or_default();
        *count = count.saturating_add(1);
        *count <= MAX_FRAMES
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_connection_is_closed_after_too_many_frames_in_a_minute() {
        let uncharged = Uncharged::default();
        let (ana, bia) = (ConnectionId::new("ana="), ConnectionId::new("bia="));
        for _ in 0..MAX_FRAMES {
            assert!(uncharged.admit(&ana, 1));
        }
        assert!(!uncharged.admit(&ana, 1));
        assert!(uncharged.admit(&bia, 1));
        assert!(uncharged.admit(&ana, 2));
    }

    #[test]
    fn counts_stay_bounded() {
        let uncharged = Uncharged::default();
        for n in 0..10 * REMEMBERED {
            uncharged.admit(&ConnectionId::new(n.to_string()), 1);
        }
        assert!(uncharged.0.lock().unwrap().counts.len() <= REMEMBERED);
    }
}
