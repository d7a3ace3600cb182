//! The heads of other rooms, to show where something is new.

use super::Millis;
use crate::action::Action;
use crate::event::RoomHead;
use crate::limits::{HEADS_INTERVAL_MS, HEADS_ROOMS};
use crate::position::{Position, Seq};
use crate::room::RoomName;

/// The rooms whose heads this client asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Rooms {
    names: Vec<RoomName>,
    heads: Vec<RoomHead>,
    ask_at: Millis,
}

impl Rooms {
    /// Asks for these rooms from now on, at most [`HEADS_ROOMS`]; for none if there are none.
    pub(super) fn watch(&mut self, mut names: Vec<RoomName>) {
        names.truncate(HEADS_ROOMS);
        self.heads.retain(|head| names.contains(&head.room));
        self.names = names;
        self.ask_at = 0;
    }

    /// The last known heads.
    pub(super) fn heads(&self) -> &[RoomHead] {
        &self.heads
    }

    /// The heads have arrived.
    pub(super) fn arrived(&mut self, mut heads: Vec<RoomHead>) {
        heads.retain(|head| self.names.contains(&head.room));
        self.heads = heads;
    }

    /// The connection has ended; the next one asks at once.
    pub(super) fn disconnected(&mut self) {
        self.ask_at = 0;
    }

    /// When the next request is due.
    pub(super) fn wake_at(&self) -> Option<Millis> {
        (!self.names.is_empty()).then_some(self.ask_at)
    }

    /// The request that is due at `now`, if any.
    pub(super) fn next_request(&mut self, now: Millis) -> Option<Action> {
        self.wake_at().filter(|at| *at <= now)?;
        self.ask_at = now.saturating_add(HEADS_INTERVAL_MS);
        let rooms = self.names.clone();
        Some(Action::Heads { rooms })
    }
}

impl RoomHead {
    /// How many entries follow `read`, up to which the room was read. Counts edits, deletions and reactions too, so it is
    /// the most that can be new. All entries of another log are new.
    pub fn unread(&self, read: Option<&Position>) -> Seq {
        match read {
            Some(read) if self.epoch.as_ref() == Some(&read.epoch) => {
                self.head.saturating_sub(read.seq)
            }
            _ => self.head,
        }
    }
}
