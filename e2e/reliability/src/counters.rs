//! Counts the injected events of each kind that had an effect.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::labelled::labelled;

labelled! {
    /// Something that happened to the system on purpose, or as a consequence.
    FaultEvent {
        /// A frame to a client was dropped.
        FrameDropped = "frames dropped",
        /// A frame to a client was delivered twice.
        FrameDuplicated = "frames duplicated",
        /// A frame to a client was seconds late.
        FrameDelayed = "frames delayed",
        /// A handler was stopped between two of its reads, writes and posts.
        HandlerCrashed = "handlers crashed",
        /// A write to the log failed, or its response was lost.
        WriteFailed = "writes failed",
        /// A handshake failed.
        HandshakeRefused = "handshakes refused",
        /// A connection broke, at both ends or at one.
        ConnectionBroken = "connections broken",
        /// API Gateway closed a connection.
        ConnectionExpired = "connections expired",
        /// Nothing flowed on a connection.
        ConnectionStalled = "connections stalled",
        /// Everything on a connection was late.
        ConnectionDelayed = "connections delayed",
        /// A function's process was killed.
        FunctionKilled = "functions killed",
        /// The gateway was killed.
        GatewayKilled = "gateways killed",
        /// A function outlived its gateway. Always a bug.
        FunctionOrphaned = "functions orphaned",
        /// The scheduled clean-up ran out of turn.
        CleanUpRun = "clean-ups run",
        /// A page was loaded again.
        PageReloaded = "pages reloaded",
        /// A client was online again after an interruption.
        Reconnected = "reconnections",
        /// A hostile client connected.
        HostileConnection = "hostile connections",
        /// A hostile client sent a frame.
        HostileFrame = "hostile frames",
        /// A machine was suspended.
        MachineSuspended = "machines suspended",
        /// The table was lost.
        TableLost = "tables lost",
        /// Messages reached the end of their retention.
        MessagesExpired = "expiries",
        /// A message was edited or deleted by its author or by another person, or a reaction was sent.
        ChangeSent = "changes sent",
        /// An edit or a deletion by another person was put into the log.
        ChangeForged = "changes forged",
        /// A back end that knows only the original protocol replaced ours, or was replaced by ours.
        BackendReplaced = "back ends replaced",
        /// The rows of a room could not be read for a broadcast.
        RowsUnreadable = "unreadable rows",
        /// The broadcaster was given a batch of the stream again.
        BatchRepeated = "batches repeated",
        /// A batch of the stream was given up.
        BatchGivenUp = "batches given up",
    }
}

impl FaultEvent {
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

/// One counter per kind; may be shared between tasks.
#[derive(Debug, Default)]
pub struct FaultCounters([AtomicU64; FaultEvent::ALL.len()]);

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
