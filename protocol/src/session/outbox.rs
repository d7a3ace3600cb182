//! What was said here and has not come back yet.
//!
//! A message leaves when the back end sends it to us like to everybody else, or when the person gives it up; never
//! because the socket took it.

use super::Millis;
use crate::id::ClientMessageId;
use crate::limits::ACKNOWLEDGEMENT_TIMEOUT_MS;
use crate::refusal::Refusal;
use crate::text::MessageText;

/// A message that is not yet known to have arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Our name for it.
    pub id: ClientMessageId,
    /// What was said.
    pub text: MessageText,
    /// When, in milliseconds since 1970.
    pub said_at: i64,
    /// How it stands.
    pub state: SendState,
}

/// How a message that was said here stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendState {
    /// It was given to the socket. Left for [`Failed`](Self::Failed), or by leaving the outbox when it comes back.
    Sending {
        /// When it counts as failed.
        until: Millis,
    },
    /// It is not known to have arrived. Left only by the person, or if it comes back after all.
    Failed(Failure),
}

/// Why a message is not known to have arrived.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The connection ended first. It may have arrived.
    ConnectionLost,
    /// It did not come back in time. It may have arrived.
    NoAnswer,
    /// The back end refused it.
    Refused(Refusal),
    /// API Gateway could not pass it on; its own words.
    Gateway(String),
}

/// The messages that are pending, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outbox {
    entries: Vec<Pending>,
}

impl Outbox {
    /// The messages, oldest first.
    pub fn entries(&self) -> &[Pending] {
        &self.entries
    }

    /// Whether `id` is on its way.
    pub fn is_sending(&self, id: &ClientMessageId) -> bool {
        self.sending().any(|pending| pending.id == *id)
    }

    /// Whether nothing is on its way.
    pub fn only_failed(&self) -> bool {
        self.sending().next().is_none()
    }

    pub(super) fn push(
        &mut self,
        id: ClientMessageId,
        text: MessageText,
        said_at: i64,
        now: Millis,
    ) {
        let until = now.saturating_add(ACKNOWLEDGEMENT_TIMEOUT_MS);
        self.entries.push(Pending {
            id,
            text,
            said_at,
            state: SendState::Sending { until },
        });
    }

    pub(super) fn push_failed(
        &mut self,
        id: ClientMessageId,
        text: MessageText,
        said_at: i64,
        why: Failure,
    ) {
        self.entries.push(Pending {
            id,
            text,
            said_at,
            state: SendState::Failed(why),
        });
    }

    /// It came back, perhaps late.
    pub(super) fn acknowledge(&mut self, id: &ClientMessageId) {
        self.entries.retain(|pending| pending.id != *id);
    }

    pub(super) fn fail(&mut self, id: &ClientMessageId, why: Failure) {
        if let Some(pending) = self.entries.iter_mut().find(|pending| pending.id == *id) {
            pending.state = SendState::Failed(why);
        }
    }

    pub(super) fn fail_all(&mut self, why: &Failure) {
        self.fail_where(why, |_| true);
    }

    pub(super) fn expire(&mut self, now: Millis) {
        self.fail_where(&Failure::NoAnswer, |until| until <= now);
    }

    pub(super) fn wake_at(&self) -> Option<Millis> {
        self.entries.iter().filter_map(Pending::sending_until).min()
    }

    /// Takes a failed message out; one that is on its way stays.
    pub(super) fn take_failed(&mut self, id: &ClientMessageId) -> Option<Pending> {
        let failed = |pending: &Pending| pending.id == *id && pending.sending_until().is_none();
        let index = self.entries.iter().position(failed)?;
        Some(self.entries.remove(index))
    }

    /// The message on its way, if there is exactly one.
    pub(super) fn only_sending(&self) -> Option<ClientMessageId> {
        let mut sending = self.sending();
        match (sending.next(), sending.next()) {
            (Some(only), None) => Some(only.id.clone()),
            _ => None,
        }
    }

    fn sending(&self) -> impl Iterator<Item = &Pending> {
        self.entries
            .iter()
            .filter(|pending| pending.sending_until().is_some())
    }

    fn fail_where(&mut self, why: &Failure, due: impl Fn(Millis) -> bool) {
        for pending in &mut self.entries {
            if pending.sending_until().is_some_and(&due) {
                pending.state = SendState::Failed(why.clone());
            }
        }
    }
}

impl Pending {
    fn sending_until(&self) -> Option<Millis> {
        match self.state {
            SendState::Sending { until } => Some(until),
            SendState::Failed(_) => None,
        }
    }
}
