//! What was said here and is not in the log yet, as far as we know.
//!
//! A message leaves when it comes back with its number in the log, or when the person gives it up; never because a socket
//! took it. Sending it twice does no harm: the back end writes one `clientMessageId` once. Messages go out one at a time,
//! because two that are under way at once may arrive in the wrong order.

use super::safeguard::{Safeguard, Safeguards};
use super::{Millis, SocketId};
use crate::id::ClientMessageId;
use crate::limits::{ACKNOWLEDGEMENT_TIMEOUT_MS, SEND_AGAIN_MS, SEND_ATTEMPTS};
use crate::refusal::Refusal;
use crate::text::MessageText;

/// A message that is not yet known to be in the log.
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
    /// How often the back end could not take it.
    attempts: u32,
}

impl Pending {
    /// A message that is to be sent.
    pub fn new(id: ClientMessageId, text: MessageText, said_at: i64) -> Self {
        Self {
            id,
            text,
            said_at,
            state: SendState::Waiting { until: 0 },
            attempts: 0,
        }
    }
}

/// How a message that was said here stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendState {
    /// It waits for its turn, or for a connection. Left for [`Sending`](Self::Sending), or by being acknowledged after all.
    Waiting {
        /// Not to be sent before this.
        until: Millis,
    },
    /// It was given to the socket. Left for [`Waiting`](Self::Waiting) when the connection ends or no answer comes, for
    /// [`Failed`](Self::Failed) by a refusal, or by leaving the outbox when it is acknowledged.
    Sending {
        /// The socket that has it.
        socket: SocketId,
        /// When it is sent again.
        until: Millis,
    },
    /// The back end will not take it. Left only by the person.
    Failed(Failure),
}

/// Why a message was not taken.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The back end refused it.
    Refused(Refusal),
    /// API Gateway could not pass it on; its own words.
    Gateway(String),
}

/// The messages that are pending, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outbox {
    entries: Vec<Pending>,
    pub(super) safeguards: Safeguards,
}

impl Outbox {
    /// The messages, oldest first.
    pub fn entries(&self) -> &[Pending] {
        &self.entries
    }

    /// Whether something will be sent as soon as it can be.
    pub fn is_busy(&self) -> bool {
        let failed = |pending: &Pending| matches!(pending.state, SendState::Failed(_));
        !self.entries.iter().all(failed)
    }

    pub(super) fn push(&mut self, pending: Pending) {
        if self.find(&pending.id).is_none() {
            self.entries.push(pending);
        }
    }

    /// The message that is next to be given to `socket`, which is then on its way. `None` while another one is.
    pub(super) fn next(&mut self, socket: SocketId, now: Millis) -> Option<&Pending> {
        let sending = |pending: &Pending| matches!(pending.state, SendState::Sending { .. });
        if self.entries.iter().any(sending) && self.safeguards.has(Safeguard::OneAtATime) {
            return None;
        }
        let waiting = |pending: &&mut Pending| matches!(pending.state, SendState::Waiting { .. });
        let next = self.entries.iter_mut().find(waiting)?;
        match next.state {
            SendState::Waiting { until } if until > now => None,
            _ => {
                let until = now.saturating_add(ACKNOWLEDGEMENT_TIMEOUT_MS);
                next.state = SendState::Sending { socket, until };
                Some(next)
            }
        }
    }

    /// It is in the log. Whether it was here.
    pub(super) fn acknowledge(&mut self, id: &ClientMessageId) -> bool {
        self.take(|pending| pending.id == *id).is_some()
    }

    /// What was given to any other socket than `to` must be sent again.
    pub(super) fn lost_but(&mut self, to: Option<SocketId>) {
        for pending in &mut self.entries {
            if let SendState::Sending { socket, .. } = pending.state
                && Some(socket) != to
            {
                pending.state = SendState::Waiting { until: 0 };
            }
        }
    }

    /// What had no answer in time must be sent again. Whether there was any.
    pub(super) fn expire(&mut self, now: Millis) -> bool {
        let mut expired = false;
        for pending in &mut self.entries {
            if let SendState::Sending { until, .. } = pending.state
                && until <= now
            {
                pending.state = SendState::Waiting { until: now };
                expired = true;
            }
        }
        expired
    }

    /// The back end did not take it. Whether it was on its way.
    pub(super) fn refused(&mut self, refusal: &Refusal, now: Millis) -> bool {
        let Some(id) = &refusal.client_message_id else {
            return false;
        };
        let failure = Failure::Refused(refusal.clone());
        match self.find(id) {
            Some(pending) => pending.not_taken(refusal.again_after(), failure, now),
            None => false,
        }
    }

    /// API Gateway could not pass on what is on its way. Whether anything was.
    pub(super) fn not_passed_on(&mut self, message: &str, now: Millis) -> bool {
        let sending = |pending: &&mut Pending| matches!(pending.state, SendState::Sending { .. });
        match self.entries.iter_mut().find(sending) {
            Some(pending) => {
                let failure = Failure::Gateway(message.to_owned());
                pending.not_taken(Some(SEND_AGAIN_MS), failure, now)
            }
            None => false,
        }
    }

    /// When to look again: for an answer, or, while `online`, to send what had to wait.
    pub(super) fn wake_at(&self, online: bool) -> Option<Millis> {
        let sent = self.entries.iter().find_map(|pending| match pending.state {
            SendState::Sending { until, .. } => Some(until),
            SendState::Waiting { .. } | SendState::Failed(_) => None,
        });
        let due = || {
            self.entries.iter().find_map(|pending| match pending.state {
                SendState::Waiting { until } => Some(until),
                SendState::Sending { .. } | SendState::Failed(_) => None,
            })
        };
        sent.or_else(|| due().filter(|_| online))
    }

    /// Sends a failed message after all, behind what was said since.
    pub(super) fn retry(&mut self, id: &ClientMessageId) {
        if let Some(failed) = self.take_failed(id) {
            self.push(Pending::new(failed.id, failed.text, failed.said_at));
        }
    }

    /// Takes a failed message out; one that is on its way stays.
    pub(super) fn take_failed(&mut self, id: &ClientMessageId) -> Option<Pending> {
        let failed =
            |pending: &Pending| pending.id == *id && matches!(pending.state, SendState::Failed(_));
        self.take(failed)
    }

    fn take(&mut self, which: impl Fn(&Pending) -> bool) -> Option<Pending> {
        let index = self.entries.iter().position(which)?;
        Some(self.entries.remove(index))
    }

    fn find(&mut self, id: &ClientMessageId) -> Option<&mut Pending> {
        self.entries.iter_mut().find(|pending| pending.id == *id)
    }
}

impl Pending {
    /// Tries again after `again` milliseconds unless that was tried too often. Whether it was on its way.
    fn not_taken(&mut self, again: Option<u32>, failure: Failure, now: Millis) -> bool {
        let SendState::Sending { .. } = self.state else {
            return false;
        };
        self.attempts += 1;
        self.state = match again {
            Some(wait) if self.attempts < SEND_ATTEMPTS => SendState::Waiting {
                until: now.saturating_add(wait.into()),
            },
            _ => SendState::Failed(failure),
        };
        true
    }
}
