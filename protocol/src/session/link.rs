//! Whether there is a connection, and when to try for one.
//!
//! Decides phases, time limits and back-off. Leaves the socket to the driver and all that is said to the session.

use super::{Effect, Millis};
use crate::action::Action;
use crate::limits::{
    BACK_OFF_CEILING_MS, BACK_OFF_FLOOR_MS, GREETING_TIMEOUT_MS, OPEN_TIMEOUT_MS, STABLE_MS,
};

/// Where the connection stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Before the start; left by it for [`Opening`](Self::Opening), never to return.
    #[default]
    Idle,
    /// A socket was asked for. Left for [`Greeting`](Self::Greeting) when it opens, for
    /// [`Waiting`](Self::Waiting) when it fails or takes too long.
    Opening {
        /// When the attempt is given up.
        until: Millis,
    },
    /// The socket is open and we have asked who we are. Left for [`Online`](Self::Online) by the answer, for
    /// [`Waiting`](Self::Waiting) when the socket closes or no answer comes.
    Greeting {
        /// When the attempt is given up.
        until: Millis,
    },
    /// We know who we are: everything works. Left only for [`Waiting`](Self::Waiting), when the socket closes.
    Online {
        /// When we got here.
        since: Millis,
    },
    /// There is no socket. Left for [`Opening`](Self::Opening) when the time has come, or at once on request.
    Waiting {
        /// When the next attempt is due.
        until: Millis,
    },
}

impl Phase {
    /// Whether something that is said now can be sent.
    pub fn is_online(self) -> bool {
        matches!(self, Self::Online { .. })
    }
}

/// The state machine of the connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Link {
    phase: Phase,
    /// Attempts that failed since the last connection that lasted.
    failures: u32,
}

impl Link {
    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    pub(super) fn is_reconnecting(&self) -> bool {
        self.failures > 0 && !self.phase.is_online()
    }

    pub(super) fn wake_at(&self) -> Option<Millis> {
        match self.phase {
            Phase::Idle | Phase::Online { .. } => None,
            Phase::Opening { until } | Phase::Greeting { until } | Phase::Waiting { until } => {
                Some(until)
            }
        }
    }

    /// An attempt that is under way is left alone.
    pub(super) fn try_now(&mut self, now: Millis) -> Vec<Effect> {
        match self.phase {
            Phase::Idle | Phase::Waiting { .. } => self.open(now),
            Phase::Opening { .. } | Phase::Greeting { .. } | Phase::Online { .. } => Vec::new(),
        }
    }

    pub(super) fn opened(&mut self, now: Millis) -> Vec<Effect> {
        match self.phase {
            Phase::Opening { .. } => {
                self.phase = Phase::Greeting {
                    until: now.saturating_add(GREETING_TIMEOUT_MS),
                };
                vec![Effect::Send(Action::Connected.to_json())]
            }
            _ => Vec::new(),
        }
    }

    pub(super) fn greeted(&mut self, now: Millis) {
        if matches!(self.phase, Phase::Greeting { .. }) {
            self.phase = Phase::Online { since: now };
        }
    }

    pub(super) fn closed(&mut self, now: Millis, random: f64) {
        match self.phase {
            Phase::Idle | Phase::Waiting { .. } => {}
            Phase::Online { since } if now.saturating_sub(since) >= STABLE_MS => {
                self.failures = 0;
                self.wait(now, random);
            }
            Phase::Opening { .. } | Phase::Greeting { .. } | Phase::Online { .. } => {
                self.wait(now, random);
            }
        }
    }

    /// Does what is due. A timer that fires early finds nothing to do.
    pub(super) fn woke(&mut self, now: Millis, random: f64) -> Vec<Effect> {
        match self.phase {
            Phase::Waiting { until } if now >= until => self.open(now),
            Phase::Opening { until } | Phase::Greeting { until } if now >= until => {
                self.wait(now, random);
                vec![Effect::Hang]
            }
            _ => Vec::new(),
        }
    }

    fn open(&mut self, now: Millis) -> Vec<Effect> {
        self.phase = Phase::Opening {
            until: now.saturating_add(OPEN_TIMEOUT_MS),
        };
        vec![Effect::Connect]
    }

    fn wait(&mut self, now: Millis, random: f64) {
        self.phase = Phase::Waiting {
            until: now.saturating_add(back_off(self.failures, random)),
        };
        self.failures = self.failures.saturating_add(1);
    }
}

/// How long to wait after `failures` earlier failures, in milliseconds: anything between the floor and a ceiling that
/// doubles each time ("full jitter"), so that clients that were cut off together do not come back together.
fn back_off(failures: u32, random: f64) -> u64 {
    let doubled =
        BACK_OFF_FLOOR_MS.saturating_mul(2_u64.saturating_pow(failures.saturating_add(1)));
    let range = doubled.min(BACK_OFF_CEILING_MS) - BACK_OFF_FLOOR_MS;
    let share = if random.is_finite() {
        random.clamp(0.0, 1.0)
    } else {
        0.5
    };
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "both factors are small and not negative"
    )]
    let jitter = (range as f64 * share) as u64;
    BACK_OFF_FLOOR_MS + jitter
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn back_off_stays_between_floor_and_ceiling() {
        for failures in [0, 1, 5, 31, 63, 64, u32::MAX] {
            for random in [0.0, 0.5, 0.999, 1.0, -3.0, 7.0, f64::NAN, f64::INFINITY] {
                let wait = back_off(failures, random);
                assert!(
                    (BACK_OFF_FLOOR_MS..=BACK_OFF_CEILING_MS).contains(&wait),
                    "{failures} {random}: {wait}"
                );
            }
        }
    }

    #[test]
    fn back_off_grows_with_failures() {
        let waits: Vec<u64> = (0..8).map(|failures| back_off(failures, 1.0)).collect();
        assert_eq!(
            waits,
            [1000, 2000, 4000, 8000, 16_000, 30_000, 30_000, 30_000]
        );
    }
}
