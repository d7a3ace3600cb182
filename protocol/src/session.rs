//! The client's side of the conversation as a state machine: what happened goes in, what to do comes out.
//!
//! [`Session::step`] decides; whoever drives it acts. The driver owns the socket, the clock, the timer and the random
//! numbers, and does three things:
//!
//! 1. hands every happening to [`step`](Session::step), with the time and a random number,
//! 2. carries the returned [`Effect`]s out in order,
//! 3. sets one timer for [`wake_at`](Session::wake_at) and hands in [`Input::Woke`] when it fires.
//!
//! # Layout
//!
//! - [`link`]: whether there is a connection, and when to try for one. Knows nothing of chat.
//! - [`outbox`]: what was said here and has not come back yet.
//! - [`timeline`]: what everybody said, in order.

pub mod link;

pub mod outbox;

pub mod timeline;

#[cfg(test)]
mod tests;

use crate::action::Action;
use crate::event::{Event, Heard};
use crate::id::{ClientMessageId, ConnectionId};
use crate::refusal::Refusal;
use crate::text::MessageText;

use link::Link;
pub use link::Phase;
pub use outbox::{Failure, Outbox, Pending, SendState};
pub use timeline::{Entry, Timeline};

/// A time in milliseconds on the driver's clock. Only differences count; the clock must not run backwards.
pub type Millis = u64;

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The conversation begins.
    Start,
    /// The socket that [`Effect::Connect`] asked for is open.
    Opened,
    /// The socket brought a text frame.
    Received(String),
    /// The socket failed or was closed, by whomever.
    Closed,
    /// The time of [`Session::wake_at`] has come.
    Woke,
    /// Somebody asked to try now, or the network came back.
    TryNow,
    /// The person said something.
    Say {
        /// Its name, made by the driver; never used twice.
        id: ClientMessageId,
        /// What was said.
        text: MessageText,
        /// When, in milliseconds since 1970, for people to read.
        said_at: i64,
    },
    /// The person wants a failed message to be sent again, under a new name because the old one may have arrived.
    SayAgain {
        /// Which one.
        failed: ClientMessageId,
        /// Its new name.
        id: ClientMessageId,
    },
    /// The person gives a failed message up.
    Discard(ClientMessageId),
    /// The person has read the [`Problem`].
    Dismiss,
}

/// Something that the driver must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Drop the socket, if there is one, and open another. Nothing that the old one still says may be handed in.
    Connect,
    /// Send this text frame on the open socket.
    Send(String),
    /// Drop the socket.
    Hang,
}

/// Something that went wrong at the other end, about no message in particular.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Problem {
    /// API Gateway could not pass something on; its own words.
    Gateway(String),
    /// The back end refused something that names no message of ours.
    Refused(Refusal),
}

/// One person's conversation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Session {
    link: Link,
    /// The ids that we have had, newest last: a reconnection brings another one.
    ids: Vec<ConnectionId>,
    outbox: Outbox,
    timeline: Timeline,
    problem: Option<Problem>,
}

impl Session {
    /// Takes in what happened at `now` and says what to do about it.
    ///
    /// `random` is uniform in `0.0..1.0` and spreads reconnections; any number is safe.
    #[must_use]
    pub fn step(&mut self, input: Input, now: Millis, random: f64) -> Vec<Effect> {
        match input {
            Input::Start | Input::TryNow => self.link.try_now(now),
            Input::Opened => self.link.opened(now),
            Input::Received(frame) => {
                self.heard(&frame, now);
                Vec::new()
            }
            Input::Closed => {
                self.outbox.fail_all(&Failure::ConnectionLost);
                self.link.closed(now, random);
                Vec::new()
            }
            Input::Woke => {
                self.outbox.expire(now);
                self.link.woke(now, random)
            }
            Input::Say { id, text, said_at } => self.say(id, text, said_at, now),
            Input::SayAgain { failed, id } => match self.outbox.take_failed(&failed) {
                Some(pending) => self.say(id, pending.text, pending.said_at, now),
                None => Vec::new(),
            },
            Input::Discard(id) => {
                self.outbox.take_failed(&id);
                Vec::new()
            }
            Input::Dismiss => {
                self.problem = None;
                Vec::new()
            }
        }
    }

    /// When to hand in [`Input::Woke`], if ever.
    pub fn wake_at(&self) -> Option<Millis> {
        [self.link.wake_at(), self.outbox.wake_at()]
            .into_iter()
            .flatten()
            .min()
    }

    /// Whether there is a connection.
    pub fn phase(&self) -> Phase {
        self.link.phase()
    }

    /// Whether a connection was lost, or could not be made, and there is none again yet. A first attempt is no news.
    pub fn is_reconnecting(&self) -> bool {
        self.link.is_reconnecting()
    }

    /// Our newest connection id.
    pub fn me(&self) -> Option<&ConnectionId> {
        self.ids.last()
    }

    /// What everybody said.
    pub fn timeline(&self) -> &Timeline {
        &self.timeline
    }

    /// What was said here and has not come back.
    pub fn outbox(&self) -> &Outbox {
        &self.outbox
    }

    /// What went wrong at the other end, until it is dismissed or something goes well.
    pub fn problem(&self) -> Option<&Problem> {
        self.problem.as_ref()
    }

    fn say(
        &mut self,
        id: ClientMessageId,
        text: MessageText,
        said_at: i64,
        now: Millis,
    ) -> Vec<Effect> {
        if !self.phase().is_online() {
            self.outbox
                .push_failed(id, text, said_at, Failure::ConnectionLost);
            return Vec::new();
        }
        let action = Action::SendMessage {
            message: text.clone(),
            client_message_id: Some(id.clone()),
        };
        self.outbox.push(id, text, said_at, now);
        vec![Effect::Send(action.to_json())]
    }

    fn heard(&mut self, frame: &str, now: Millis) {
        match Heard::parse(frame) {
            Ok(Heard::Event(Event::Connected { connection_id })) => {
                if self.me() != Some(&connection_id) {
                    self.ids.push(connection_id);
                }
                self.link.greeted(now);
            }
            Ok(Heard::Event(Event::Message(message))) => {
                let own = self.ids.contains(&message.connection_id);
                // Only our own connection can acknowledge: anybody could repeat a clientMessageId.
                if let (true, Some(id)) = (own, &message.client_message_id) {
                    self.outbox.acknowledge(id);
                    self.problem = None;
                }
                self.timeline.insert(message, own);
            }
            Ok(Heard::Event(Event::Error(refusal))) => {
                let known = refusal.client_message_id.clone();
                match known.filter(|id| self.outbox.is_sending(id)) {
                    Some(id) => self.outbox.fail(&id, Failure::Refused(refusal)),
                    None => self.problem = Some(Problem::Refused(refusal)),
                }
            }
            Ok(Heard::Gateway(error)) => match self.outbox.only_sending() {
                Some(id) => self.outbox.fail(&id, Failure::Gateway(error.message)),
                None => self.problem = Some(Problem::Gateway(error.message)),
            },
            // An event from the future, or a frame that nobody we know would send: the conversation goes on.
            Ok(Heard::Unknown { .. }) | Err(_) => {}
        }
    }
}
