//! What the session does so that nothing is lost, doubled or out of order, as a list.
//!
//! With the feature `switchable-safeguards`, one of them can be left out, so that a simulation can show that it is needed.
//! Without the feature all of them are there, and asking costs nothing: the answer is a constant.

/// Something that the session does against the network and the back end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Safeguard {
    /// What comes too early is held back until what is missing has come.
    HoldBack,
    /// Numbers of a log count for that log alone.
    Epoch,
    /// A message leaves the outbox only when it comes back with its number.
    Acknowledgement,
    /// The next message goes when the one before it is acknowledged.
    OneAtATime,
    /// A connection forgives earlier failures only when it has lasted.
    BackOff,
    /// A connection that says nothing is asked whether it is alive.
    SignsOfLife,
}

/// Which safeguards there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Safeguards {
    #[cfg(feature = "switchable-safeguards")]
    without: Option<Safeguard>,
}

impl Safeguards {
    /// All but this one.
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
