//! Handles the frames of the back end.

use super::safeguard::Safeguard;
use super::step::Step;
use super::timeline::Placement;
use super::{Gap, Presence, Problem, Session, SocketId};
use crate::entry::LogEntry;
use crate::event::{Connected, Entries, Event, History, Person, Typing};
use crate::position::{Epoch, Position, Range, Seq};
use crate::server_frame::ServerFrame;

impl Session {
    /// Handles a frame that `socket` received.
    pub(super) fn receive(&mut self, socket: SocketId, frame: &str, step: &mut Step) {
        match ServerFrame::parse(frame) {
            Ok(ServerFrame::Event(event)) => {
                let is_partial = self.is_partial(socket, &event, step);
                self.on_event(socket, event, frame, is_partial, step);
            }
            Ok(ServerFrame::Gateway(error)) => {
                // A back end without a log has no route for pings, which API Gateway rejects as forbidden.
                let in_flight = self.outbox.is_sending();
                let about_ping =
                    self.link.probe_was_answered() && (error.message == "Forbidden" || !in_flight);
                if self.without_log && about_ping {
                    self.link.enable_pings(false);
                } else if !self
                    .outbox
                    .gateway_failed(&error.message, !self.without_log, step.now)
                {
                    self.problem = Some(Problem::Gateway(error.message));
                }
            }
            // Events of newer versions and invalid frames are ignored.
            Ok(ServerFrame::Unknown { .. }) | Err(_) => {}
        }
    }

    /// Handles an event, which arrived as `frame`. `is_partial` if it may lack its author.
    pub(super) fn on_event(
        &mut self,
        socket: SocketId,
        event: Event,
        frame: &str,
        is_partial: bool,
        step: &mut Step,
    ) {
        // The page that brings the message in full is kept instead.
        if !is_partial {
            self.keep(&event, frame);
        }
        match event {
            Event::Connected(connected) => self.on_connected(socket, connected, step),
            Event::Message(message) => self.on_entry(message.into(), is_partial, step),
            Event::Change(change) => self.on_entry(change.into(), false, step),
            Event::Entries(Entries { entries }) => {
                for entry in entries {
                    self.on_entry(entry, false, step);
                }
            }
            Event::History(history) => self.on_history(history),
            Event::Pong(pong) => {
                self.observe_head(pong.head);
                if let Some(count) = pong.people_count
                    && self.presence.counted(count)
                {
                    self.introduce(socket, None, step);
                }
            }
            Event::Error(error) => {
                // A request that will be retried is not worth reporting.
                if !self.outbox.rejected(&error, step.now) && error.retry_delay().is_none() {
                    self.problem = Some(Problem::Rejected(error));
                }
            }
            Event::People(people) => self.presence.listed(people, step.now),
            Event::Joined(person) => self.presence.joined(person),
            Event::Left(left) => self.presence.left(&left.person_id, step.now),
            Event::Typing(typing) => {
                let Typing {
                    person_id, name, ..
                } = typing;
                if self.person_id.as_ref() != Some(&person_id) {
                    self.presence.types(Person { person_id, name }, step.now);
                }
            }
            Event::Heads(heads) => self.rooms.arrived(heads.rooms),
        }
    }

    fn on_connected(&mut self, socket: SocketId, connected: Connected, step: &mut Step) {
        if self.connection_id() != Some(&connected.connection_id) {
            self.connection_ids.push(connected.connection_id);
        }
        if connected.person_id.is_some() {
            self.person_id = connected.person_id;
        } else {
            // This back end does not tell who is in the room.
            self.presence = Presence::default();
        }
        self.without_log = connected.head.is_none();
        if !self.without_log {
            self.link.enable_pings(true);
            self.timeline.discard_unnumbered();
        }
        self.link.greeted(socket, step);
        // The name was chosen between `connected` and its reply.
        if self.name != self.announced {
            self.introduce(socket, None, step);
        }
        if let Some(head) = connected.head {
            self.observe_head(head);
            // The reply to `resume` includes the first page of missing messages.
            self.catch_up.expect(step.now);
        }
    }

    /// The head of the log is `head`. A new log starts below the messages of the old one.
    pub(super) fn observe_head(&mut self, head: Position) {
        self.confirm_restored(&head);
        match self.timeline.end() {
            Some(end) if self.is_same_log(&end.epoch, &head.epoch) => {
                self.catch_up.observe_head(head.seq);
            }
            end => {
                let gap = end.map(|_| Gap::NewLog);
                self.cache.clear();
                self.catch_up.reset(head.seq);
                if head.seq > 0 {
                    self.catch_up.want_earlier(head.seq.saturating_add(1));
                }
                self.timeline.start_segment(head, gap);
            }
        }
    }

    pub(super) fn is_same_log(&self, ours: &Epoch, theirs: &Epoch) -> bool {
        ours == theirs || !self.safeguards.has(Safeguard::Epoch)
    }

    /// Whether `event` is a message that may lack its author, because it was broadcast before the back end knew who receives
    /// it.
    fn is_partial(&self, socket: SocketId, event: &Event, step: &Step) -> bool {
        matches!(event, Event::Message(message) if message.person_id.is_none())
            && self.expects_authors()
            && self.link.is_new(socket, step.now)
    }

    /// `is_partial` if the entry may lack fields that clients receive once they are introduced.
    fn on_entry(&mut self, entry: LogEntry, is_partial: bool, step: &mut Step) {
        let own = self.acknowledge(&entry);
        if let (LogEntry::Message(_), Some(person)) = (&entry, entry.person_id()) {
            self.presence.stopped_typing(person);
        }
        match self.timeline.insert(entry, own, is_partial) {
            Placement::Conflict => self.link.probe(step),
            Placement::New | Placement::Known => {}
        }
    }

    /// Removes an entry that is in the log from the outbox. Returns whether it is this client's own.
    fn acknowledge(&mut self, entry: &LogEntry) -> bool {
        let message = match entry {
            LogEntry::Message(message) => Some(message),
            LogEntry::Change(_) => None,
        };
        let person = entry.person_id();
        let ours = (person.is_some() && person == self.person_id.as_ref())
            || message.is_some_and(|it| self.connection_ids.contains(&it.connection_id));
        // A `seq` proves that the entry is in the log, which holds a clientMessageId once. Without a log, anyone could send
        // a message with our id.
        let proven = ours || entry.seq().is_some();
        let was_pending = match entry.client_message_id().filter(|_| proven) {
            Some(id) => self.outbox.acknowledge(id),
            // A back end without a log broadcasts no clientMessageId: the echo is the acknowledgement.
            None => message.is_some_and(|message| {
                ours && self.without_log && self.outbox.acknowledge_echo(&message.message)
            }),
        };
        if was_pending {
            self.problem = None;
        }
        ours || was_pending
    }

    fn on_history(&mut self, history: History) {
        let of_this_log = self
            .timeline
            .end()
            .is_some_and(|end| self.is_same_log(&end.epoch, &history.head.epoch));
        if !of_this_log {
            return self.observe_head(history.head);
        }
        self.catch_up.observe_head(history.head.seq);
        let entries = history.messages.iter();
        let own: Vec<Seq> = entries
            .filter(|entry| self.acknowledge(entry))
            .filter_map(LogEntry::seq)
            .collect();
        match history.range {
            Range::After(after) => {
                self.catch_up.arrived(history.complete);
                // A page that starts beyond our copy would hide the messages in between.
                if self.timeline.end().is_some_and(|end| after <= end.seq) {
                    self.timeline.append_page(history, &own);
                }
            }
            Range::Before(before) => {
                self.catch_up.earlier_arrived(before);
                self.timeline.prepend_page(history, before, &own);
            }
        }
    }
}
