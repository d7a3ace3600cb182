//! One step of the session.

use super::{Effect, Millis, SocketId};
use crate::action::Action;

/// When a step happens, its random number, and the effects that it has so far.
pub(super) struct Step {
    pub(super) now: Millis,
    /// Uniform in `0.0..1.0`.
    pub(super) random: f64,
    pub(super) effects: Vec<Effect>,
}

impl Step {
    /// The time in `wait` milliseconds.
    pub(super) fn after(&self, wait: Millis) -> Millis {
        self.now.saturating_add(wait)
    }

    pub(super) fn connect(&mut self, socket: SocketId) {
        self.effects.push(Effect::Connect(socket));
    }

    pub(super) fn send(&mut self, socket: SocketId, action: &Action) {
        self.effects.push(Effect::Send(socket, action.to_json()));
    }

    pub(super) fn close(&mut self, socket: SocketId) {
        self.effects.push(Effect::Close(socket));
    }
}
