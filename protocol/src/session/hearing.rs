//! What the back end says, and what follows from it: who we are, what was said, where the log ends.

use super::safeguard::Safeguard;
use super::timeline::Placed;
use super::{Cut, Effect, Entry, Millis, Problem, Session, SocketId};
use crate::event::{Event, Heard, History, Message};
use crate::log::{Epoch, Position, Range};

impl Session {
    /// Takes in a frame that `socket` has brought.
    pub(super) fn heard(
        &mut self,
        socket: SocketId,
        frame: &str,
        now: Millis,
        random: f64,
    ) -> Vec<Effect> {
        match Heard::parse(frame) {
            Ok(Heard::Event(Event::Connected {
                connection_id,
                head,
            })) => {
                if self.me() != Some(&connection_id) {
                    self.ids.push(connection_id);
                }
                let effects = self.link.greeted(socket, now, random);
                if let Some(head) = head {
                    self.log_ends(head);
                    // Who says where they stand is sent what they missed.
                    self.catch_up.expect(now);
                }
                return effects;
            }
            Ok(Heard::Event(Event::Message(message))) => {
                if self.said(message) == Placed::Strange {
                    return self.link.probe(now);
                }
            }
            Ok(Heard::Event(Event::History(history))) => self.read(history),
            Ok(Heard::Event(Event::Pong { head })) => self.log_ends(head),
            Ok(Heard::Event(Event::Error(refusal))) => {
                // What can be asked again is asked again: until that helps or the connection ends, it is no news.
                if !self.outbox.refused(&refusal, now) && refusal.again_after().is_none() {
                    self.problem = Some(Problem::Refused(refusal));
                }
            }
            Ok(Heard::Gateway(error)) => {
                if !self.outbox.not_passed_on(&error.message, now) {
                    self.problem = Some(Problem::Gateway(error.message));
                }
            }
            // An event from the future, or a frame that nobody we know would send: the conversation goes on.
            Ok(Heard::Unknown { .. }) | Err(_) => {}
        }
        Vec::new()
    }

    /// The log ends at `head`. If it is another log than ours, the conversation begins anew, below what is here.
    fn log_ends(&mut self, head: Position) {
        match self.timeline.end() {
            Some(end) if self.is_same_log(&end.epoch, &head.epoch) => {
                self.catch_up.heard_of(head.seq);
            }
            end => {
                let cut = end.map(|_| Cut::OtherLog);
                self.catch_up.begin(head.seq);
                if head.seq > 0 {
                    self.catch_up.want_earlier(head.seq.saturating_add(1));
                }
                self.timeline.begin(head, cut);
            }
        }
    }

    fn is_same_log(&self, ours: &Epoch, theirs: &Epoch) -> bool {
        ours == theirs || !self.safeguards.has(Safeguard::Epoch)
    }

    fn said(&mut self, message: Message) -> Placed {
        let own = self.settle(&message);
        self.timeline.insert(Entry { message, own })
    }

    /// Takes a message that has arrived in the log out of the outbox. Whether it is our own.
    fn settle(&mut self, message: &Message) -> bool {
        let ours = self.ids.contains(&message.connection_id);
        // A number proves that it is in the log, where a name stands once. Without, anybody could repeat a name.
        let proven = ours || message.seq.is_some();
        let id = message.client_message_id.as_ref().filter(|_| proven);
        let waited_for = id.is_some_and(|id| self.outbox.acknowledge(id));
        if waited_for {
            self.problem = None;
        }
        ours || waited_for
    }

    fn read(&mut self, history: History) {
        let of_this_log = self
            .timeline
            .end()
            .is_some_and(|end| self.is_same_log(&end.epoch, &history.head.epoch));
        if !of_this_log {
            return self.log_ends(history.head);
        }
        self.catch_up.heard_of(history.head.seq);
        let mut own = Vec::new();
        for message in &history.messages {
            if self.settle(message) {
                own.push(message.seq);
            }
        }
        let own = |message: &Message| own.contains(&message.seq);
        match history.range {
            Range::After(after) => {
                self.catch_up.arrived();
                // An answer to a question that we cannot have asked would cut off what we have not seen.
                if self.timeline.end().is_some_and(|end| after <= end.seq) {
                    self.timeline.fill(history, own);
                }
            }
            Range::Before(before) => {
                self.catch_up.earlier_arrived(before);
                self.timeline.prepend(history, before, own);
            }
        }
    }
}
