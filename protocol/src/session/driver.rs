//! Inputs that a driver passes to the session, and effects that it carries out.

use super::content::Content;
use super::outbox::Pending;
use crate::error::ErrorEvent;
use crate::id::ClientMessageId;
use crate::person::PersonName;
use crate::room::RoomName;

/// A time on the driver's monotonic clock, in milliseconds since any fixed point.
pub type Millis = u64;

/// The earlier of two times, if any.
pub(super) fn earliest(a: Option<Millis>, b: Option<Millis>) -> Option<Millis> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a.min(b)),
        _ => a.or(b),
    }
}

/// Identifies a socket of a session. Never reused.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocketId(u32);

impl SocketId {
    pub(super) fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

/// Something that happened to the client.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Start connecting.
    Start,
    /// The socket that [`Effect::Connect`] asked for is open.
    Opened(SocketId),
    /// The socket received a text frame.
    Received(SocketId, String),
    /// The socket failed, or was closed by either side.
    Closed(SocketId),
    /// The timer set to [`wake_at`](super::Session::wake_at) fired.
    Timer,
    /// The user asked to reconnect, the network is back, or the page is visible again: connect now, or check the connection.
    TryNow,
    /// New connections have other credentials than the current one: replace it.
    Replace,
    /// What [`cache`](super::Session::cache) returned in an earlier page. To be passed before the client is online; later it is
    /// ignored.
    Restore(String),
    /// The user sent a message, or changed one.
    Send {
        /// Chosen by the driver; unique.
        id: ClientMessageId,
        /// A text, or what [`reply`](super::Session::reply), [`edit`](super::Session::edit),
        /// [`delete`](super::Session::delete) or [`react`](super::Session::react) returned.
        content: Content,
        /// When, in milliseconds since 1970, to be displayed.
        sent_at: i64,
    },
    /// An earlier page left this in its outbox, as [`saved::restore`](super::saved::restore) returned it.
    Adopt(Pending),
    /// The user retries a failed message or change.
    Retry(ClientMessageId),
    /// The user discards a failed message or change.
    Discard(ClientMessageId),
    /// The user chose a name.
    Rename(PersonName),
    /// The user dismissed the [`Problem`].
    Dismiss,
    /// There is text in the composer, or none any more. With text, the connection is probed more often.
    Composing(bool),
    /// The user typed. May be passed with every key: the others are told at most once in
    /// [`TYPING_INTERVAL_MS`](crate::limits::TYPING_INTERVAL_MS).
    Typing,
    /// The heads of these rooms are wanted, every [`HEADS_INTERVAL_MS`](crate::limits::HEADS_INTERVAL_MS) from now on. An
    /// empty list ends it.
    WatchRooms(Vec<RoomName>),
    /// The user wants to read earlier messages.
    LoadEarlier,
    /// The user reads earlier messages, or follows the newest ones again. What is read is kept although the timeline is
    /// longer than [`TIMELINE_MESSAGES`](crate::limits::TIMELINE_MESSAGES).
    Reading(bool),
}

/// Something that the driver must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Open a socket with this id.
    Connect(SocketId),
    /// Send this text frame on that socket.
    Send(SocketId, String),
    /// Close that socket. Frames that it still receives are ignored.
    Close(SocketId),
    /// Persist the [outbox](super::Session::outbox).
    Save,
}

/// An error of the server that is not about a particular message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// API Gateway could not process a frame; its error message.
    Gateway(String),
    /// The back end rejected a request.
    Rejected(ErrorEvent),
}
