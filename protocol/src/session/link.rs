//! The connection: when to connect, probe, reconnect and rotate.
//!
//! Decides phases, timeouts, back-off, heartbeats, and the change to a new connection before the old one ends. Leaves the
//! sockets to the driver and the frames to the session.

use super::safeguard::{Safeguard, Safeguards};
use super::step::Step;
use super::{Millis, SocketId};
use crate::action::Action;
use crate::backoff::{Backoff, share};
use crate::limits::{
    BACK_OFF_CEILING_MS, BACK_OFF_FLOOR_MS, GREETING_TIMEOUT_MS, HEARTBEAT_BUSY_MS,
    HEARTBEAT_IDLE_MS, INTRODUCTION_MS, OPEN_TIMEOUT_MS, PONG_TIMEOUT_MS, ROTATE_AFTER_MS,
    ROTATE_JITTER_MS, ROTATE_RETRY_MS, STABLE_MS,
};

/// Spreads the clients that were disconnected together. The first delay is up to 1 s.
const RECONNECT: Backoff = Backoff {
    floor: BACK_OFF_FLOOR_MS,
    base: 2 * BACK_OFF_FLOOR_MS,
    cap: BACK_OFF_CEILING_MS,
};

/// The state of the connection.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Phase {
    /// Before [`Input::Start`](super::Input::Start), which leads to [`Opening`](Self::Opening).
    #[default]
    Idle,
    /// The socket is being opened. Leads to [`Greeting`](Self::Greeting) when it opens, to [`Waiting`](Self::Waiting) when
    /// it fails or times out.
    Opening {
        /// When the attempt times out.
        until: Millis,
    },
    /// The socket is open and `connected` was sent. Leads to [`Online`](Self::Online) on the reply, to
    /// [`Waiting`](Self::Waiting) when the socket closes or the reply times out.
    Greeting {
        /// When the attempt times out.
        until: Millis,
    },
    /// The connection works. Leads to [`Waiting`](Self::Waiting) when the socket closes or is found dead. A rotation to
    /// the next connection does not leave this phase.
    Online {
        /// When this phase began.
        since: Millis,
    },
    /// There is no socket. Leads to [`Opening`](Self::Opening) when the back-off ends, or at once on request.
    Waiting {
        /// When the next attempt is due.
        until: Millis,
    },
}

impl Phase {
    /// Whether messages can be sent.
    pub fn is_online(self) -> bool {
        matches!(self, Self::Online { .. })
    }
}

/// The state machine of the connection.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Link {
    phase: Phase,
    /// The socket of [`Phase::Opening`], [`Phase::Greeting`] and [`Phase::Online`].
    socket: SocketId,
    /// The id that was assigned last.
    newest: SocketId,
    /// The connection that will replace the one that is online.
    successor: Option<Successor>,
    /// When to open the successor, while online.
    rotate_at: Millis,
    /// When the last frame was received, while online.
    received_at: Millis,
    /// When the connection is considered dead unless a frame is received.
    probe_until: Option<Millis>,
    /// Whether the last frame arrived while a ping was outstanding.
    probe_answered: bool,
    /// The back end does not know `ping`.
    no_pings: bool,
    /// Failures since the last stable connection.
    failures: u32,
    pub(super) safeguards: Safeguards,
}

/// A connection that is being opened while another one is online.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Successor {
    socket: SocketId,
    /// When the attempt is given up.
    until: Millis,
}

impl Link {
    pub(super) fn phase(&self) -> Phase {
        self.phase
    }

    pub(super) fn is_reconnecting(&self) -> bool {
        self.failures > 0 && !self.phase.is_online()
    }

    /// The socket of [`Phase::Opening`], [`Phase::Greeting`] and [`Phase::Online`].
    pub(super) fn socket(&self) -> SocketId {
        self.socket
    }

    /// The socket on which everything works.
    pub(super) fn online(&self) -> Option<SocketId> {
        self.phase.is_online().then_some(self.socket)
    }

    /// Whether a frame on `socket` may have been addressed before the back end knew who receives it.
    pub(super) fn is_new(&self, socket: SocketId, now: Millis) -> bool {
        match self.phase {
            Phase::Online { since } if socket == self.socket => {
                now.saturating_sub(since) < INTRODUCTION_MS
            }
            _ => true,
        }
    }

    /// When the next timeout or action is due. `busy` while a message is in flight or being typed.
    pub(super) fn wake_at(&self, busy: bool) -> Option<Millis> {
        match self.phase {
            Phase::Idle => None,
            Phase::Opening { until } | Phase::Greeting { until } | Phase::Waiting { until } => {
                Some(until)
            }
            Phase::Online { .. } => {
                let alive = self.probe_until.unwrap_or(self.heartbeat_at(busy));
                let next = self.successor.map_or(self.rotate_at, |next| next.until);
                if self.safeguards.has(Safeguard::Heartbeat) && !self.no_pings {
                    Some(alive.min(next))
                } else {
                    Some(next)
                }
            }
        }
    }

    /// Connects at once if there is no connection, and probes an existing one. Does not disturb an attempt in progress.
    pub(super) fn try_now(&mut self, step: &mut Step) {
        match self.phase {
            Phase::Idle | Phase::Waiting { .. } => self.open(step),
            Phase::Opening { .. } | Phase::Greeting { .. } => {}
            Phase::Online { .. } => self.probe(step),
        }
    }

    /// Opens a connection with other credentials: the successor of the one that is online, or else in place of any attempt.
    pub(super) fn replace(&mut self, step: &mut Step) {
        if self.phase.is_online() {
            if let Some(outdated) = self.successor.take() {
                step.close(outdated.socket);
            }
            self.rotate_at = step.now;
            self.rotate(step);
        } else {
            step.close(self.socket);
            self.open(step);
        }
    }

    /// Sends a ping, unless one is outstanding.
    pub(super) fn probe(&mut self, step: &mut Step) {
        let enabled = self.safeguards.has(Safeguard::Heartbeat) && !self.no_pings;
        if self.phase.is_online() && self.probe_until.is_none() && enabled {
            self.probe_until = Some(step.after(PONG_TIMEOUT_MS));
            step.send(self.socket, &Action::Ping);
        }
    }

    /// `socket` is open. Returns whether to send `connected` on it.
    pub(super) fn opened(&mut self, socket: SocketId, step: &Step) -> bool {
        let until = step.after(GREETING_TIMEOUT_MS);
        match &mut self.successor {
            Some(next) if next.socket == socket => {
                next.until = until;
                true
            }
            _ if socket == self.socket && matches!(self.phase, Phase::Opening { .. }) => {
                self.phase = Phase::Greeting { until };
                true
            }
            _ => false,
        }
    }

    /// `socket` received a frame. Returns whether to handle the frame.
    pub(super) fn received(&mut self, socket: SocketId, now: Millis) -> bool {
        let is_current =
            socket == self.socket && !matches!(self.phase, Phase::Idle | Phase::Waiting { .. });
        if is_current {
            self.received_at = now;
            self.probe_answered = self.probe_until.take().is_some();
        }
        is_current || self.successor.is_some_and(|next| next.socket == socket)
    }

    /// `socket` received the reply to `connected`. A successor replaces the current connection.
    pub(super) fn greeted(&mut self, socket: SocketId, step: &mut Step) {
        match self.successor {
            Some(next) if next.socket == socket => step.close(self.socket),
            _ if matches!(self.phase, Phase::Greeting { .. }) => {}
            _ => return,
        }
        if !self.safeguards.has(Safeguard::BackOff) {
            self.failures = 0;
        }
        self.phase = Phase::Online { since: step.now };
        self.socket = socket;
        self.successor = None;
        self.received_at = step.now;
        self.probe_until = None;
        let jitter = share(2 * ROTATE_JITTER_MS, step.random);
        self.rotate_at = step.after(ROTATE_AFTER_MS - ROTATE_JITTER_MS + jitter);
    }

    /// Whether the frame that was received last may be the reply to a ping.
    pub(super) fn probe_was_answered(&self) -> bool {
        self.probe_answered
    }

    /// Enables or disables pings. Back ends that know only the original protocol reject them.
    pub(super) fn enable_pings(&mut self, enabled: bool) {
        self.no_pings = !enabled;
    }

    /// `socket` has ended.
    pub(super) fn closed(&mut self, socket: SocketId, step: &mut Step) {
        if self.successor.is_some_and(|next| next.socket == socket) {
            self.successor = None;
            self.rotate_at = step.after(ROTATE_RETRY_MS);
        } else if socket == self.socket {
            match self.phase {
                Phase::Idle | Phase::Waiting { .. } => {}
                Phase::Opening { .. } | Phase::Greeting { .. } | Phase::Online { .. } => {
                    self.lost(step);
                }
            }
        }
    }

    /// Does what is due; nothing if the timer fired early.
    pub(super) fn timer_fired(&mut self, busy: bool, step: &mut Step) {
        match self.phase {
            Phase::Waiting { until } if step.now >= until => self.open(step),
            Phase::Opening { until } | Phase::Greeting { until } if step.now >= until => {
                self.hang_up(step);
            }
            Phase::Online { .. } => {
                match self.probe_until {
                    Some(until) if step.now >= until => return self.hang_up(step),
                    None if step.now >= self.heartbeat_at(busy) => self.probe(step),
                    Some(_) | None => {}
                }
                self.rotate(step);
            }
            _ => {}
        }
    }

    fn heartbeat_at(&self, busy: bool) -> Millis {
        let silence = if busy {
            HEARTBEAT_BUSY_MS
        } else {
            HEARTBEAT_IDLE_MS
        };
        self.received_at.saturating_add(silence)
    }

    /// Opens the successor, or gives up opening it, if due.
    fn rotate(&mut self, step: &mut Step) {
        match self.successor {
            Some(next) if step.now >= next.until => {
                self.successor = None;
                self.rotate_at = step.after(ROTATE_RETRY_MS);
                step.close(next.socket);
            }
            None if step.now >= self.rotate_at => {
                let socket = self.next_socket();
                let until = step.after(OPEN_TIMEOUT_MS);
                self.successor = Some(Successor { socket, until });
                step.connect(socket);
            }
            _ => {}
        }
    }

    fn open(&mut self, step: &mut Step) {
        self.socket = self.next_socket();
        let until = step.after(OPEN_TIMEOUT_MS);
        self.phase = Phase::Opening { until };
        step.connect(self.socket);
    }

    fn next_socket(&mut self) -> SocketId {
        self.newest = self.newest.next();
        self.newest
    }

    fn hang_up(&mut self, step: &mut Step) {
        step.close(self.socket);
        self.lost(step);
    }

    /// The socket is gone. A successor that is still being opened is dropped too: it may use the same dead network.
    fn lost(&mut self, step: &mut Step) {
        if let Phase::Online { since } = self.phase
            && step.now.saturating_sub(since) >= STABLE_MS
        {
            self.failures = 0;
        }
        let wait = RECONNECT.delay(self.failures, step.random);
        self.failures = self.failures.saturating_add(1);
        self.phase = Phase::Waiting {
            until: step.after(wait),
        };
        if let Some(abandoned) = self.successor.take() {
            step.close(abandoned.socket);
        }
    }
}
