//! Messages and changes of this client that are not known to be in the log.
//!
//! An entry leaves the outbox when it comes back with its `seq`, or when the user discards it; never because a socket
//! accepted it. Resending is safe: the back end stores a `clientMessageId` once. Entries are sent one at a time, because
//! two in flight may arrive in the wrong order.

mod pending;

use super::safeguard::{Safeguard, Safeguards};
use super::{Millis, SocketId};
use crate::error::{ErrorCode, ErrorEvent};
use crate::id::ClientMessageId;
use crate::limits::{ACKNOWLEDGEMENT_TIMEOUT_MS, RESEND_DELAY_MS};
use crate::text::MessageText;

pub use pending::{Failure, Pending, SendState};

/// The pending entries, oldest first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outbox {
    entries: Vec<Pending>,
    pub(super) safeguards: Safeguards,
}

impl Outbox {
    /// The messages and changes, oldest first.
    pub fn entries(&self) -> &[Pending] {
        &self.entries
    }

    /// The messages, oldest first. The timeline shows the changes.
    pub fn messages(&self) -> impl DoubleEndedIterator<Item = &Pending> {
        let entries = self.entries.iter();
        entries.filter(|pending| pending.content.message().is_some())
    }

    /// The changes that failed, oldest first. The timeline does not show them.
    pub fn failed_changes(&self) -> impl DoubleEndedIterator<Item = (&Pending, &Failure)> {
        let changes = self.entries.iter().filter(|it| it.is_change());
        changes.filter_map(|pending| match &pending.state {
            SendState::Failed(failure) => Some((pending, failure)),
            SendState::Waiting { .. } | SendState::Sending { .. } => None,
        })
    }

    /// Whether any entry is waiting or in flight.
    pub fn is_busy(&self) -> bool {
        let failed = |pending: &Pending| matches!(pending.state, SendState::Failed(_));
        !self.entries.iter().all(failed)
    }

    /// Whether an entry is in flight.
    pub(super) fn is_sending(&self) -> bool {
        self.entries.iter().any(Pending::is_sending)
    }

    pub(super) fn push(&mut self, pending: Pending) {
        if self.find(&pending.id).is_none() {
            self.entries.push(pending);
        }
    }

    /// The next message to send on `socket`, which is marked as in flight. `None` while another one is.
    pub(super) fn next(&mut self, socket: SocketId, now: Millis) -> Option<&mut Pending> {
        if self.is_sending() && self.safeguards.has(Safeguard::OneAtATime) {
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

    /// The message `id` is in the log. Returns whether it was pending.
    pub(super) fn acknowledge(&mut self, id: &ClientMessageId) -> bool {
        self.take(|pending| pending.id == *id).is_some()
    }

    /// Fails the messages in flight that a back end without a log will not confirm any more: those on any socket but
    /// `current`, and those that are overdue. Returns whether there were any.
    pub(super) fn fail_unconfirmed(&mut self, current: Option<SocketId>, now: Millis) -> bool {
        let mut failed = false;
        for pending in &mut self.entries {
            if let SendState::Sending { socket, until } = pending.state
                && (Some(socket) != current || until <= now)
            {
                pending.state = SendState::Failed(Failure::Unconfirmed);
                failed = true;
            }
        }
        failed
    }

    /// A back end without a log broadcast a message with this text on our connection. Removes the message in flight if it
    /// is the same. Returns whether it was.
    pub(super) fn acknowledge_echo(&mut self, text: &str) -> bool {
        let echoed = |pending: &Pending| {
            let ours = pending.content.message().map(MessageText::as_str);
            pending.is_sending() && ours == Some(text)
        };
        self.take(echoed).is_some()
    }

    /// Requeues the messages in flight on any socket but `current`.
    pub(super) fn requeue_except(&mut self, current: Option<SocketId>) {
        for pending in &mut self.entries {
            if let SendState::Sending { socket, .. } = pending.state
                && Some(socket) != current
            {
                pending.state = SendState::Waiting { until: 0 };
            }
        }
    }

    /// Requeues the messages whose acknowledgement is overdue. Returns whether there were any.
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

    /// The back end rejected a message. Returns whether it was in flight.
    pub(super) fn rejected(&mut self, error: &ErrorEvent, now: Millis) -> bool {
        let rejected = match &error.client_message_id {
            Some(id) => self.find(id),
            // An older back end does not read the id of an action that it does not know.
            None if error.code == ErrorCode::UnknownAction => {
                let mut entries = self.entries.iter_mut();
                entries.find(|pending| pending.is_sending() && pending.is_change())
            }
            None => None,
        };
        let failure = Failure::Rejected(error.clone());
        match rejected {
            // The back end limits the rate, not the message: it is never given up.
            Some(pending) if error.code == ErrorCode::RateLimited => {
                pending.postpone(error.retry_delay().unwrap_or_default(), now)
            }
            Some(pending) => pending.not_stored(error.retry_delay(), failure, now),
            None => false,
        }
    }

    /// API Gateway could not process the message in flight, which is resent if `retry`. Returns whether there was one.
    pub(super) fn gateway_failed(&mut self, message: &str, retry: bool, now: Millis) -> bool {
        match self.entries.iter_mut().find(|it| it.is_sending()) {
            Some(pending) => {
                let failure = Failure::Gateway(message.to_owned());
                pending.not_stored(retry.then_some(RESEND_DELAY_MS), failure, now)
            }
            None => false,
        }
    }

    /// When an acknowledgement is overdue, or, while `online`, a waiting message is due.
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

    /// Queues a failed entry again, at the end of the queue.
    pub(super) fn retry(&mut self, id: &ClientMessageId) {
        if let Some(failed) = self.take_failed(id) {
            self.push(Pending::new(failed.id, failed.content, failed.sent_at));
        }
    }

    /// Removes the entry `id` if it has failed.
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
