//! One message or change of the outbox, and its state.

use crate::action::Action;
use crate::entry::ChangeEntry;
use crate::error::ErrorEvent;
use crate::event::Person;
use crate::id::ClientMessageId;
use crate::limits::SEND_ATTEMPTS;
use crate::position::{Epoch, Seq};
use crate::session::content::Content;
use crate::session::{Millis, SocketId};

/// A message or a change that is not known to be in the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pending {
    /// Its id.
    pub id: ClientMessageId,
    /// The content to send.
    pub content: Content,
    /// When, in milliseconds since 1970.
    pub sent_at: i64,
    /// Its state.
    pub state: SendState,
    /// Whether it waits because its author has sent too much in a short time.
    pub is_limited: bool,
    /// How many times the back end could not store it.
    attempts: u32,
    /// Whether it was sent to a back end without a log, which may have broadcast it.
    pub(in crate::session) sent_without_log: bool,
}

impl Pending {
    /// A message or a change to be sent.
    pub fn new(id: ClientMessageId, content: impl Into<Content>, sent_at: i64) -> Self {
        Self {
            id,
            content: content.into(),
            sent_at,
            state: SendState::Waiting { until: 0 },
            is_limited: false,
            attempts: 0,
            sent_without_log: false,
        }
    }

    /// The same, sent to a back end without a log that has not confirmed it.
    pub(in crate::session) fn unconfirmed(self) -> Self {
        Self {
            state: SendState::Failed(Failure::Unconfirmed),
            sent_without_log: true,
            ..self
        }
    }

    /// The action that sends it to the log `epoch`.
    pub(in crate::session) fn action(&self, epoch: Option<&Epoch>) -> Action {
        let client_message_id = Some(self.id.clone());
        match &self.content {
            Content::Message { text, reply_to } => Action::SendMessage {
                message: text.clone(),
                client_message_id,
                reply_to: reply_to
                    .as_ref()
                    .filter(|target| target.epoch.as_ref() == epoch)
                    .map(|target| target.of),
            },
            Content::Change { target, change } => change
                .clone()
                .into_action(target.clone(), client_message_id),
        }
    }

    /// The entry of the log `epoch` that this change will be, unless it has failed. `None` for a message.
    pub(in crate::session) fn expected(
        &self,
        person: &Person,
        epoch: &Epoch,
    ) -> Option<ChangeEntry> {
        let Content::Change { target, change } = &self.content else {
            return None;
        };
        if target.epoch.as_ref() != Some(epoch) || matches!(self.state, SendState::Failed(_)) {
            return None;
        }
        let person = person.clone();
        Some(ChangeEntry {
            kind: change.clone().into(),
            of: target.of,
            seq: Seq::MAX,
            request_time_epoch: self.sent_at,
            person_id: person.person_id,
            name: person.name,
            client_message_id: Some(self.id.clone()),
        })
    }

    pub(super) fn is_sending(&self) -> bool {
        matches!(self.state, SendState::Sending { .. })
    }

    pub(super) fn is_change(&self) -> bool {
        self.content.target().is_some()
    }

    /// Schedules a retry `delay` milliseconds after the rate was limited. Returns whether the message was in flight.
    pub(super) fn postpone(&mut self, delay: u32, now: Millis) -> bool {
        let SendState::Sending { .. } = self.state else {
            return false;
        };
        self.is_limited = true;
        self.state = SendState::Waiting {
            until: now.saturating_add(delay.into()),
        };
        true
    }

    /// Schedules a retry after `delay` milliseconds, within the limit of attempts. Returns whether the message was in flight.
    pub(super) fn not_stored(&mut self, delay: Option<u32>, failure: Failure, now: Millis) -> bool {
        let SendState::Sending { .. } = self.state else {
            return false;
        };
        self.attempts += 1;
        self.state = match delay {
            Some(delay) if self.attempts < SEND_ATTEMPTS => SendState::Waiting {
                until: now.saturating_add(delay.into()),
            },
            _ => SendState::Failed(failure),
        };
        true
    }
}

/// The state of an entry of the outbox.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SendState {
    /// It waits for earlier entries, or for a connection. Leads to [`Sending`](Self::Sending).
    Waiting {
        /// Not to be sent before this.
        until: Millis,
    },
    /// It was sent. Leads to [`Waiting`](Self::Waiting) when the connection ends or the acknowledgement times out, to
    /// [`Failed`](Self::Failed) when it is rejected; removed from the outbox when it is acknowledged.
    Sending {
        /// The socket that it was sent on.
        socket: SocketId,
        /// When it is resent.
        until: Millis,
    },
    /// It was rejected. Only the user can retry or discard it.
    Failed(Failure),
}

/// Why an entry failed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// The back end rejected it.
    Rejected(ErrorEvent),
    /// API Gateway could not process it; its error message.
    Gateway(String),
    /// The back end knows only the original protocol and has not confirmed it. It may have been sent, so it is not resent
    /// automatically.
    Unconfirmed,
}
