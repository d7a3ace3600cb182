//! Counts the injected events of each kind that had an effect.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};

/// Something that happened to the system on purpose, or as a consequence.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FaultEvent {
    /// A frame to a client was dropped.
    FrameDropped,
    /// A frame to a client was delivered twice.
    FrameDuplicated,
    /// A frame to a client was seconds late.
    FrameDelayed,
    /// A handler was stopped between two of its reads, writes and posts.
    HandlerCrashed,
    /// A write to the log failed, or its response was lost.
    WriteFailed,
    /// A handshake failed.
    HandshakeRefused,
    /// A connection broke, at both ends or at one.
    ConnectionBroken,
    /// API Gateway closed a connection.
    ConnectionExpired,
    /// Nothing flowed on a connection.
    ConnectionStalled,
    /// Everything on a connection was late.
    ConnectionDelayed,
    /// A function's process was killed.
    FunctionKilled,
    /// The gateway was killed.
    GatewayKilled,
    /// A function outlived its gateway. Always a bug.
    FunctionOrphaned,
    /// The scheduled clean-up ran out of turn.
    CleanUpRun,
    /// A page was loaded again.
    PageReloaded,
    /// A client was online again after an interruption.
    Reconnected,
    /// A hostile client connected.
    HostileConnection,
    /// A hostile client sent a frame.
    HostileFrame,
    /// A machine was suspended.
    MachineSuspended,
    /// The table was lost.
    TableLost,
    /// Messages reached the end of their retention.
    MessagesExpired,
    /// A message was edited or deleted by its author or by another person, or a reaction was sent.
    ChangeSent,
    /// An edit or a deletion by another person was put into the log.
    ChangeForged,
    /// A back end that knows only the original protocol replaced ours, or was replaced by ours.
    BackendReplaced,
    /// The rows of a room could not be read for a broadcast.
    RowsUnreadable,
    /// The broadcaster was given a batch of the stream again.
    BatchRepeated,
    /// A batch of the stream was given up.
    BatchGivenUp,
}

impl FaultEvent {
    /// How many kinds there are.
    const COUNT: usize = Self::BatchGivenUp as usize + 1;

    /// The kinds that the simulation injects.
    pub const SIMULATED: [Self; 18] = [
        Self::FrameDropped,
        Self::FrameDuplicated,
        Self::FrameDelayed,
        Self::HandlerCrashed,
        Self::WriteFailed,
        Self::HandshakeRefused,
        Self::ConnectionBroken,
        Self::ConnectionExpired,
        Self::PageReloaded,
        Self::MachineSuspended,
        Self::TableLost,
        Self::MessagesExpired,
        Self::ChangeSent,
        Self::ChangeForged,
        Self::BackendReplaced,
        Self::RowsUnreadable,
        Self::BatchRepeated,
        Self::BatchGivenUp,
    ];

    /// The kinds that an attack on the local stack injects or counts.
    pub const CHAOS: [Self; 11] = [
        Self::ConnectionBroken,
        Self::ConnectionStalled,
        Self::ConnectionDelayed,
        Self::FunctionKilled,
        Self::GatewayKilled,
        Self::CleanUpRun,
        Self::PageReloaded,
        Self::Reconnected,
        Self::HostileConnection,
        Self::HostileFrame,
        Self::FunctionOrphaned,
    ];
}

impl fmt::Display for FaultEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::FrameDropped => "frames dropped",
            Self::FrameDuplicated => "frames duplicated",
            Self::FrameDelayed => "frames delayed",
            Self::HandlerCrashed => "handlers crashed",
            Self::WriteFailed => "writes failed",
            Self::HandshakeRefused => "handshakes refused",
            Self::ConnectionBroken => "connections broken",
            Self::ConnectionExpired => "connections expired",
            Self::ConnectionStalled => "connections stalled",
            Self::ConnectionDelayed => "connections delayed",
            Self::FunctionKilled => "functions killed",
            Self::GatewayKilled => "gateways killed",
            Self::FunctionOrphaned => "functions orphaned",
            Self::CleanUpRun => "clean-ups run",
            Self::PageReloaded => "pages reloaded",
            Self::Reconnected => "reconnections",
            Self::HostileConnection => "hostile connections",
            Self::HostileFrame => "hostile frames",
            Self::MachineSuspended => "machines suspended",
            Self::TableLost => "tables lost",
            Self::MessagesExpired => "expiries",
            Self::ChangeSent => "changes sent",
            Self::ChangeForged => "changes forged",
            Self::BackendReplaced => "back ends replaced",
            Self::RowsUnreadable => "unreadable rows",
            Self::BatchRepeated => "batches repeated",
            Self::BatchGivenUp => "batches given up",
        })
    }
}

/// One counter per kind; may be shared between tasks.
#[derive(Debug, Default)]
pub struct FaultCounters([AtomicU64; FaultEvent::COUNT]);

impl FaultCounters {
    /// Counts one event.
    pub fn count(&self, event: FaultEvent) {
        self.add(event, 1);
    }

    /// Counts several events of a kind.
    pub fn add(&self, event: FaultEvent, times: u64) {
        self.0[event as usize].fetch_add(times, Ordering::Relaxed);
    }

    /// How many events of a kind there were.
    pub fn get(&self, event: FaultEvent) -> u64 {
        self.0[event as usize].load(Ordering::Relaxed)
    }

    /// Adds the counts of another run.
    pub fn merge(&self, other: &Self) {
        for (own, other) in self.0.iter().zip(&other.0) {
            own.fetch_add(other.load(Ordering::Relaxed), Ordering::Relaxed);
        }
    }
}
