//! The state of a session that an app shows.

use super::{Outbox, Phase, Presence, Problem, Session, Timeline};
use crate::event::RoomHead;
use crate::id::ConnectionId;
use crate::person::{PersonId, PersonName};

impl Session {
    /// The state of the connection.
    pub fn phase(&self) -> Phase {
        self.link.phase()
    }

    /// Whether the last connection was lost or could not be opened. `false` during the first attempt.
    pub fn is_reconnecting(&self) -> bool {
        self.link.is_reconnecting()
    }

    /// Every connection id of this client, newest last.
    pub fn connection_ids(&self) -> &[ConnectionId] {
        &self.connection_ids
    }

    /// The id of the current connection.
    pub fn connection_id(&self) -> Option<&ConnectionId> {
        self.connection_ids.last()
    }

    /// This client's person, once the back end has assigned it.
    pub fn person_id(&self) -> Option<&PersonId> {
        self.person_id.as_ref()
    }

    /// The name that introduces this client.
    pub fn name(&self) -> Option<&PersonName> {
        self.name.as_ref()
    }

    /// Whether the back end keeps a log. One that knows only the original protocol does not: messages are sent once, and
    /// what is missed is lost.
    pub fn has_log(&self) -> bool {
        !self.without_log
    }

    /// Whether this client is online and has the newest messages, as far as it knows.
    pub fn is_caught_up(&self) -> bool {
        self.link.online().is_some() && self.catch_up.is_done()
    }

    /// The messages of the room.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// Messages and changes of this client that are not known to be in the log.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// Who is in the room, and who is typing.
    pub fn presence(&self) -> &Presence {
        &self.presence
    }

    /// The last known heads of the rooms that are [watched](super::Input::WatchRooms). A room is missing until its head is known.
    pub fn room_heads(&self) -> &[RoomHead] {
        self.rooms.heads()
    }

    /// The last error, until it is dismissed or a message is stored.
    pub fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    /// Whether [`Input::LoadEarlier`](super::Input::LoadEarlier) would load anything.
    pub fn has_earlier(&self) -> bool {
        self.timeline.earlier_before().is_some()
    }
}
