//! The client as a state machine: inputs go in, effects come out.
//!
//! [`Session::step`] decides; a driver acts. The driver owns the sockets, the clock, the timer and the random numbers, and
//! does three things:
//!
//! 1. passes every [`Input`] to [`step`](Session::step), with the time and a random number,
//! 2. carries out the returned [`Effect`]s in order,
//! 3. keeps one timer set to [`wake_at`](Session::wake_at) and passes [`Input::Timer`] when it fires.
//!
//! Sockets have ids, because the next connection is opened before the old one ends: for a while there are two.
//!
//! # Layout
//!
//! - `driver`: inputs and effects.
//! - `step`: the state that the parts of a step share.
//! - `view`: the state that an app shows.
//! - [`link`]: connecting, heartbeats, reconnecting. Knows nothing about chat.
//! - [`content`]: what a client sends to the log, and which changes of a message it may request.
//! - [`outbox`]: what this client sent that is not known to be in the log.
//! - [`timeline`]: the messages in order with their edits and reactions, and the gaps between them.
//! - [`presence`]: who is in the room, and who is typing.
//! - `rooms`: the heads of other rooms.
//! - [`saved`]: the outbox as JSON.
//! - `cache`: the newest frames as text.
//! - `catch_up`: when to ask for a part of the log.
//! - `incoming`: handles the frames of the back end.
//! - `safeguard`: the safeguards that the simulation can disable.

mod driver;

pub mod link;

pub mod content;

pub mod outbox;

pub mod timeline;

pub mod presence;

pub mod saved;

mod cache;

mod rooms;

mod catch_up;

mod incoming;

mod safeguard;

mod step;

mod view;

#[cfg(test)]
mod tests;

use crate::action::{Action, Resume};
use crate::id::ConnectionId;
use crate::limits::SUSPENDED_MS;
use crate::person::{PersonId, PersonKey, PersonName};

use cache::Cache;
use catch_up::CatchUp;
pub use content::Content;
use driver::earliest;
pub use driver::{Effect, Input, Millis, Problem, SocketId};
use link::Link;
pub use link::Phase;
pub use outbox::{Failure, Outbox, Pending, SendState};
pub use presence::Presence;
use rooms::Rooms;
pub use safeguard::Safeguard;
use safeguard::Safeguards;
use step::Step;
pub use timeline::{Entry, Gap, Reactions, Segment, Timeline};

/// One client's conversation.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Session {
    link: Link,
    /// Every connection id of this client, newest last: each connection has its own.
    connection_ids: Vec<ConnectionId>,
    outbox: Outbox,
    timeline: Timeline,
    catch_up: CatchUp,
    presence: Presence,
    rooms: Rooms,
    problem: Option<Problem>,
    /// The name and key that introduce the client.
    name: Option<PersonName>,
    key: Option<PersonKey>,
    /// The name in the last `connected` that was sent.
    announced: Option<PersonName>,
    /// This client's person, as the back end calls it.
    person_id: Option<PersonId>,
    /// The back end knows only the original protocol.
    without_log: bool,
    cache: Cache,
    /// The messages are those of an earlier page, and no head has confirmed them yet.
    is_restored: bool,
    composing: bool,
    safeguards: Safeguards,
    /// When the driver's timer fires at the latest.
    alarm: Option<Millis>,
}

impl Session {
    /// A session that takes over the outbox of an earlier one.
    pub fn with_outbox(outbox: impl IntoIterator<Item = Pending>) -> Self {
        let mut session = Self::default();
        for pending in outbox {
            session.outbox.push(pending);
        }
        session
    }

    /// The same session, which treats messages from these connections as its own.
    #[must_use]
    pub fn with_connection_ids(mut self, ids: impl IntoIterator<Item = ConnectionId>) -> Self {
        self.connection_ids.extend(ids);
        self
    }

    /// The same session, which introduces itself with this key and name.
    #[must_use]
    pub fn introduced(mut self, key: PersonKey, name: Option<PersonName>) -> Self {
        self.key = Some(key);
        self.name = name;
        self
    }

    /// The same session with one safeguard disabled.
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

    /// Advances the state machine; returns the effects to carry out, in order.
    ///
    /// `random` is uniform in `0.0..1.0` and spreads reconnections; any number is safe.
    #[must_use]
    pub fn step(&mut self, input: Input, now: Millis, random: f64) -> Vec<Effect> {
        let before = self.outbox.entries().len();
        let mut step = Step {
            now,
            random,
            effects: Vec::new(),
        };
        self.apply(input, &mut step);
        // Messages in flight on a connection that has ended must be resent, unless that could duplicate them.
        if self.without_log {
            self.outbox.fail_unconfirmed(self.link.online(), now);
        }
        self.outbox.requeue_except(self.link.online());
        self.send_due(&mut step);
        if self.outbox.entries().len() != before {
            step.effects.push(Effect::Save);
        }
        self.show_unconfirmed();
        self.presence.expire(now);
        self.alarm = self.wake_at();
        step.effects
    }

    /// When to pass [`Input::Timer`], if ever.
    pub fn wake_at(&self) -> Option<Millis> {
        let online = self.link.online().is_some();
        let mut at = earliest(self.link.wake_at(self.is_busy()), self.presence.wake_at());
        at = earliest(at, self.outbox.wake_at(online));
        if online {
            at = earliest(at, self.catch_up.wake_at());
        }
        if online && self.knows_rooms() {
            at = earliest(at, self.rooms.wake_at());
        }
        at
    }

    fn apply(&mut self, input: Input, step: &mut Step) {
        match input {
            Input::Start | Input::TryNow => self.link.try_now(step),
            Input::Replace => self.link.replace(step),
            Input::Opened(socket) => {
                if self.link.opened(socket, step) {
                    self.timeline.discard_unplaced();
                    let resume = self.timeline.end().cloned().map(Resume::from);
                    self.introduce(socket, resume, step);
                }
            }
            Input::Received(socket, frame) => {
                if self.link.received(socket, step.now) {
                    self.receive(socket, &frame, step);
                }
            }
            Input::Closed(socket) => self.link.closed(socket, step),
            Input::Timer => self.timer_fired(step),
            Input::Send {
                id,
                content,
                sent_at,
            } => self.outbox.push(Pending::new(id, content, sent_at)),
            Input::Adopt(pending) => self.outbox.push(pending),
            Input::Retry(id) => self.outbox.retry(&id),
            Input::Discard(id) => drop(self.outbox.take_failed(&id)),
            Input::Rename(name) => {
                self.name = Some(name);
                if let Some(socket) = self.link.online() {
                    self.introduce(socket, None, step);
                }
            }
            Input::Dismiss => self.problem = None,
            Input::Composing(composing) => self.composing = composing,
            Input::Typing => {
                if let Some(me) = self.person_id.as_ref().filter(|_| !self.without_log)
                    && let Some(socket) = self.link.online()
                    && self.presence.announces_typing(me, step.now)
                {
                    step.send(socket, &Action::Typing);
                }
            }
            Input::Restore(cache) => self.restore(&cache, step),
            Input::Reading(reading) => self.timeline.is_being_read = reading,
            Input::WatchRooms(rooms) => self.rooms.watch(rooms),
            Input::LoadEarlier => {
                if let Some(first) = self.timeline.earlier_before() {
                    self.catch_up.want_earlier(first);
                }
            }
        }
    }

    /// Sends `connected` on `socket`.
    fn introduce(&mut self, socket: SocketId, resume: Option<Resume>, step: &mut Step) {
        self.announced.clone_from(&self.name);
        let (name, key) = (self.name.clone(), self.key.clone());
        step.send(socket, &Action::Connected { name, key, resume });
    }

    /// Whether the back end knows `heads`: it has assigned this client a person.
    fn knows_rooms(&self) -> bool {
        self.person_id.is_some() && !self.without_log
    }

    /// Whether the back end tells this client the authors of messages, or may do so after its introduction.
    fn expects_authors(&self) -> bool {
        self.person_id.is_some() || (self.key.is_some() && !self.phase().is_online())
    }

    fn is_busy(&self) -> bool {
        self.composing || self.outbox.is_busy()
    }

    fn timer_fired(&mut self, step: &mut Step) {
        self.link.timer_fired(self.is_busy(), step);
        let late = self
            .alarm
            .is_some_and(|alarm| step.now >= alarm.saturating_add(SUSPENDED_MS));
        // An overdue acknowledgement, or a suspended machine, may mean that the connection is dead.
        let overdue = if self.without_log {
            self.outbox.fail_unconfirmed(self.link.online(), step.now)
        } else {
            self.outbox.expire(step.now)
        };
        if overdue || late {
            self.link.probe(step);
        }
    }

    /// Sends what is due: a request for missing messages, and the next message of the outbox.
    fn send_due(&mut self, step: &mut Step) {
        let now = step.now;
        let Some(socket) = self.link.online() else {
            self.catch_up.disconnected();
            self.presence.disconnected();
            self.rooms.disconnected();
            return;
        };
        if let Some(end) = self.timeline.end() {
            self.catch_up
                .update(end.seq, self.timeline.holds_back(), now);
            if let Some(action) = self.catch_up.next_request(end.seq, now) {
                step.send(socket, &action);
            }
        }
        if self.knows_rooms()
            && let Some(action) = self.rooms.next_request(now)
        {
            step.send(socket, &action);
        }
        if let Some(next) = self.outbox.next(socket, now) {
            next.sent_without_log = self.without_log;
            if next.sent_without_log {
                // A reload must not send it again.
                step.effects.push(Effect::Save);
            }
            let action = next.action(self.timeline.end().map(|end| &end.epoch));
            step.send(socket, &action);
            if !self.safeguards.has(Safeguard::Acknowledgement) {
                let id = next.id.clone();
                self.outbox.acknowledge(&id);
            }
        }
    }
}
