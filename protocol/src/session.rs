//! The client's side of the conversation as a state machine: what happened goes in, what to do comes out.
//!
//! [`Session::step`] decides; whoever drives it acts. The driver owns the socket, the clock, the timer and the random
//! numbers, and does three things:
//!
//! 1. hands every happening to [`step`](Session::step), with the time and a random number,
//! 2. carries the returned [`Effect`]s out in order,
//! 3. sets one timer for [`wake_at`](Session::wake_at) and hands in [`Input::Woke`] when it fires.
//!
//! Sockets have numbers, because the next connection is made before the old one ends: for a while there are two.
//!
//! # Layout
//!
//! - [`link`]: whether there is a connection, and when to try for one. Knows nothing of chat.
//! - [`outbox`]: what was said here and is not in the log yet.
//! - [`timeline`]: what everybody said, in order, and where something is missing.
//! - [`saved`]: the outbox as text.
//! - `catch_up`: when to ask for a part of the log.
//! - `hearing`: what the back end says, and what follows from it.
//! - `safeguard`: what of all this a simulation can leave out.

pub mod link;

pub mod outbox;

pub mod timeline;

pub mod saved;

mod catch_up;

mod hearing;

mod safeguard;

#[cfg(test)]
mod tests;

use crate::action::Action;
use crate::id::{ClientMessageId, ConnectionId};
use crate::limits::SLEPT_MS;
use crate::refusal::Refusal;
use crate::text::MessageText;

use catch_up::CatchUp;
use link::Link;
pub use link::Phase;
pub use outbox::{Failure, Outbox, Pending, SendState};
pub use safeguard::Safeguard;
use safeguard::Safeguards;
pub use timeline::{Cut, Entry, Segment, Timeline};

/// A time in milliseconds on the driver's clock. Only differences count; the clock must not run backwards.
pub type Millis = u64;

/// Names a socket, so that what it says is told from what another one says. Never used twice in a session.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocketId(u32);

impl SocketId {
    /// The name of the socket after this one.
    pub(crate) fn next(self) -> Self {
        Self(self.0.wrapping_add(1))
    }
}

/// Something that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// The conversation begins.
    Start,
    /// The socket that [`Effect::Connect`] asked for is open.
    Opened(SocketId),
    /// The socket brought a text frame.
    Received(SocketId, String),
    /// The socket failed or was closed, by whomever.
    Closed(SocketId),
    /// The time of [`Session::wake_at`] has come.
    Woke,
    /// Somebody asked to try now, the network came back, or somebody looks again: connect, or make sure of the connection.
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
    /// The person wants a failed message to be sent after all.
    SayAgain(ClientMessageId),
    /// The person gives a failed message up.
    Discard(ClientMessageId),
    /// The person has read the [`Problem`].
    Dismiss,
    /// The person writes, or has stopped writing.
    Composing(bool),
    /// The person wants to read what was said earlier.
    Earlier,
}

/// Something that the driver must do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Open a socket under this name.
    Connect(SocketId),
    /// Send this text frame on that socket.
    Send(SocketId, String),
    /// Close that socket. Nothing that it still says counts.
    Close(SocketId),
    /// Put the [outbox](Session::outbox) where it survives the driver.
    Save,
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
    catch_up: CatchUp,
    problem: Option<Problem>,
    composing: bool,
    safeguards: Safeguards,
    /// When the driver was told to wake us.
    alarm: Option<Millis>,
}

impl Session {
    /// A conversation that goes on with what an earlier one has left in its outbox.
    pub fn with_outbox(left: impl IntoIterator<Item = Pending>) -> Self {
        let mut session = Self::default();
        for pending in left {
            session.outbox.push(pending);
        }
        session
    }

    /// The same conversation of somebody who has had these ids: what they said is our own.
    #[must_use]
    pub fn known_as(mut self, ids: impl IntoIterator<Item = ConnectionId>) -> Self {
        self.ids.extend(ids);
        self
    }

    /// The same conversation without one of its safeguards.
    #[cfg(feature = "switchable-safeguards")]
    #[must_use]
    pub fn without(mut self, safeguard: Safeguard) -> Self {
        let safeguards = Safeguards::without(safeguard);
        self.safeguards = safeguards;
        self.link.safeguards = safeguards;
        self.outbox.safeguards = safeguards;
        self.timeline.safeguards = safeguards;
        self
    }

    /// Takes in what happened at `now` and says what to do about it.
    ///
    /// `random` is uniform in `0.0..1.0` and spreads reconnections; any number is safe.
    #[must_use]
    pub fn step(&mut self, input: Input, now: Millis, random: f64) -> Vec<Effect> {
        let before = self.outbox.entries().len();
        let mut effects = self.take(input, now, random);
        // What was on its way with a connection that is no more has to go again.
        self.outbox.lost_but(self.link.online());
        self.send_what_is_due(now, &mut effects);
        if self.outbox.entries().len() != before {
            effects.push(Effect::Save);
        }
        self.alarm = self.wake_at();
        effects
    }

    /// When to hand in [`Input::Woke`], if ever.
    pub fn wake_at(&self) -> Option<Millis> {
        let online = self.link.online().is_some();
        [
            self.link.wake_at(self.is_busy()),
            self.outbox.wake_at(online),
            self.catch_up.wake_at().filter(|_| online),
        ]
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

    /// The ids that we have had, newest last.
    pub fn ids(&self) -> &[ConnectionId] {
        &self.ids
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

    /// Whether [`Input::Earlier`] would bring anything.
    pub fn has_earlier(&self) -> bool {
        self.timeline.earlier_than().is_some()
    }

    fn take(&mut self, input: Input, now: Millis, random: f64) -> Vec<Effect> {
        match input {
            Input::Start | Input::TryNow => return self.link.try_now(now),
            Input::Opened(socket) => {
                if self.link.opened(socket, now) {
                    self.timeline.forget_unnamed();
                    let resume = self.timeline.end().cloned();
                    let greeting = Action::Connected { resume };
                    return vec![Effect::Send(socket, greeting.to_json())];
                }
            }
            Input::Received(socket, frame) => {
                if self.link.hears(socket, now) {
                    return self.heard(socket, &frame, now, random);
                }
            }
            Input::Closed(socket) => return self.link.closed(socket, now, random),
            Input::Woke => return self.woke(now, random),
            Input::Say { id, text, said_at } => self.outbox.push(Pending::new(id, text, said_at)),
            Input::SayAgain(id) => self.outbox.retry(&id),
            Input::Discard(id) => drop(self.outbox.take_failed(&id)),
            Input::Dismiss => self.problem = None,
            Input::Composing(composing) => self.composing = composing,
            Input::Earlier => {
                if let Some(first) = self.timeline.earlier_than() {
                    self.catch_up.want_earlier(first);
                }
            }
        }
        Vec::new()
    }

    fn is_busy(&self) -> bool {
        self.composing || self.outbox.is_busy()
    }

    fn woke(&mut self, now: Millis, random: f64) -> Vec<Effect> {
        let mut effects = self.link.woke(now, random, self.is_busy());
        let late = self
            .alarm
            .is_some_and(|alarm| now >= alarm.saturating_add(SLEPT_MS));
        // An answer that is overdue may have been lost with a connection that is dead and does not know it.
        if self.outbox.expire(now) || late {
            effects.extend(self.link.probe(now));
        }
        effects
    }

    /// Gives the connection what waits for it: the next message, and the question for what is missing.
    fn send_what_is_due(&mut self, now: Millis, effects: &mut Vec<Effect>) {
        let Some(socket) = self.link.online() else {
            self.catch_up.disconnected();
            return;
        };
        if let Some(end) = self.timeline.end() {
            self.catch_up.look(end.seq, self.timeline.holds_back(), now);
            let question = self.catch_up.ask(end.seq, now);
            effects.extend(question.map(|action| Effect::Send(socket, action.to_json())));
        }
        if let Some(next) = self.outbox.next(socket, now) {
            let action = Action::SendMessage {
                message: next.text.clone(),
                client_message_id: Some(next.id.clone()),
            };
            effects.push(Effect::Send(socket, action.to_json()));
            if !self.safeguards.has(Safeguard::Acknowledgement) {
                let id = next.id.clone();
                self.outbox.acknowledge(&id);
            }
        }
    }
}
