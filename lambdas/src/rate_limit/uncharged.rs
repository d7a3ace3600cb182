//! Counts the frames that are not charged: pings, malformed frames, and those that are refused because a budget is used up.
//!
//! Charging them would cost more than handling them. The app sends a few in a minute, so many of them on one connection are a
//! flood, and the connection is closed.

use papo_protocol::ConnectionId;

use crate::bounded_map::BoundedMap;

/// How many such frames a connection may send in a minute to one process. Busy clients send three.
const MAX_FRAMES: u32 = 60;

/// What to do with a connection that has sent a frame that is not charged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Tolerance {
    /// It may stay open.
    Tolerated,
    /// It has just sent too many.
    Exceeded,
    /// It had sent too many before this frame, so it is being closed already.
    ExceededBefore,
}

/// The last minute in which each connection sent such frames, in minutes since 1970, and their number.
#[derive(Debug, Default)]
pub(super) struct Uncharged(BoundedMap<ConnectionId, (i64, u32)>);

impl Uncharged {
    /// Counts a frame of `id`.
    pub(super) fn count(&self, id: &ConnectionId, minute: i64) -> Tolerance {
        let (_, count) = self.0.update(id.clone(), |last| match last {
            Some((last_minute, count)) if last_minute == minute => {
                (minute, count.saturating_add(1))
            }
            _ => (minute, 1),
        });
        match count {
            ..=MAX_FRAMES => Tolerance::Tolerated,
            count if count == MAX_FRAMES + 1 => Tolerance::Exceeded,
            _ => Tolerance::ExceededBefore,
        }
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
            assert_eq!(uncharged.count(&ana, 1), Tolerance::Tolerated);
        }
        assert_eq!(uncharged.count(&ana, 1), Tolerance::Exceeded);
        assert_eq!(uncharged.count(&ana, 1), Tolerance::ExceededBefore);
        assert_eq!(uncharged.count(&bia, 1), Tolerance::Tolerated);
        assert_eq!(uncharged.count(&ana, 2), Tolerance::Tolerated);
    }
}
