//! The safeguards that prevent lost, duplicated and reordered messages.
//!
//! With the feature `switchable-safeguards`, one of them can be disabled, so that the simulation can show that it is
//! needed. Without the feature, [`Safeguards::has`] is a constant.

/// A safeguard of the session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Safeguard {
    /// Messages that arrive early are held back until the missing ones have arrived.
    HoldBack,
    /// Sequence numbers are only compared within one epoch.
    Epoch,
    /// A message leaves the outbox only when it comes back with its `seq`.
    Acknowledgement,
    /// The next message is sent when the previous one is acknowledged.
    OneAtATime,
    /// Only a stable connection resets the back-off.
    BackOff,
    /// A silent connection is probed with a ping.
    Heartbeat,
    /// An edit or a deletion counts only if it is by the author of the message.
    Author,
    /// Edits and reactions are folded in the order of the log. Without it, in the order of arrival.
    FoldOrder,
}

/// Which safeguards are enabled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Safeguards {
    #[cfg(feature = "switchable-safeguards")]
    without: Option<Safeguard>,
}

impl Safeguards {
    /// All but `safeguard`.
    #[cfg(feature = "switchable-safeguards")]
    pub(super) fn without(safeguard: Safeguard) -> Self {
        Self {
            without: Some(safeguard),
        }
    }

    #[cfg(feature = "switchable-safeguards")]
    pub(super) fn has(self, safeguard: Safeguard) -> bool {
        self.without != Some(safeguard)
    }

    #[cfg(not(feature = "switchable-safeguards"))]
    #[expect(clippy::unused_self, reason = "the same call as with the feature")]
    pub(super) const fn has(self, _: Safeguard) -> bool {
        true
    }
}
