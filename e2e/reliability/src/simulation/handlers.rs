//! The steps of handlers, and what follows when one ends.

use papo_protocol::ConnectionId;

use super::backend::Progress;
use super::trace::Actor;
use super::{Event, Simulation};
use crate::counters::FaultEvent;

impl Simulation {
    pub(super) fn at_server(&mut self, from: ConnectionId, frame: String) {
        if self.original.is_used {
            return self.original_receives(&from, &frame);
        }
        self.fail_next_write();
        let at = self.now + self.clock_offset;
        let text = frame.clone();
        let id = from.clone();
        let person = self.owner(&from);
        let person =
            person.and_then(|(client, _)| self.clients[client].session.person_id().cloned());
        if let Some(number) = self.backend.invoke(from, person, frame, at) {
            self.note(Actor::Handler(number), || {
                format!("receives from {id}: {text}")
            });
            self.soon(Event::Steps(number));
        }
    }

    pub(super) fn steps(&mut self, number: usize) {
        let crashes = self.chance(25);
        let progress = self.backend.step(number, crashes);
        self.collect_appended(number);
        self.deliver();
        match progress {
            Progress::Pending => {
                let delay = self.random.u64(1..15);
                self.at(self.now + delay, Event::Steps(number));
            }
            Progress::Done => {
                self.note(Actor::Handler(number), || "completes".to_owned());
                self.ended(number, true);
            }
            Progress::Broadcast(response) => {
                if response.is_none() {
                    self.counters.count(FaultEvent::HandlerCrashed);
                }
                self.batch_ended(number, response.as_ref());
            }
            Progress::Failed(from) => {
                if crashes {
                    self.counters.count(FaultEvent::HandlerCrashed);
                }
                self.note(Actor::Handler(number), || {
                    if crashes { "crashes" } else { "fails" }.to_owned()
                });
                let frame = format!(
                    r#"{{"message":"Internal server error","connectionId":"{}","requestId":"r"}}"#,
                    from.as_str()
                );
                self.soon(Event::AtClient(from, frame));
                self.ended(number, false);
            }
            Progress::Ended => {}
        }
    }
}
