//! What the events of the fault plan do.

use papo_protocol::session::Input;
use papo_protocol::{ClientMessageId, MessageText};

use super::fault_plan::PlannedEvent;
use super::stream::Served;
use super::trace::Actor;
use super::{Event, Simulation};
use crate::counters::FaultEvent;

impl PlannedEvent {
    /// The client that it happens to, if it happens to one.
    pub(super) fn client(self) -> Option<usize> {
        match self {
            Self::Send(client)
            | Self::BreakConnection(client)
            | Self::Reload(client)
            | Self::Suspend(client, _)
            | Self::Resume(client)
            | Self::ScrollUp(client)
            | Self::Compose(client, _)
            | Self::Change(client)
            | Self::Rename(client) => Some(client),
            Self::Forge(_)
            | Self::LoseTable
            | Self::ExpireMessages(_)
            | Self::UseOriginal
            | Self::UsePapo => None,
        }
    }
}

impl Simulation {
    pub(super) fn carry_out_planned(&mut self, event: PlannedEvent) {
        match event {
            PlannedEvent::Send(client) => self.send(client),
            PlannedEvent::BreakConnection(client) => self.break_connection(client),
            PlannedEvent::Reload(client) => self.reload(client),
            PlannedEvent::Suspend(client, time) => self.suspend(client, time),
            PlannedEvent::Resume(client) => {
                self.note(Actor::Client(client), || "returns to the page".to_owned());
                self.input(client, Input::TryNow);
            }
            PlannedEvent::ScrollUp(client) => self.input(client, Input::LoadEarlier),
            PlannedEvent::Compose(client, composes) => {
                self.input(client, Input::Composing(composes));
            }
            PlannedEvent::Change(client) => self.change(client),
            PlannedEvent::Rename(client) => self.rename(client),
            PlannedEvent::Forge(client) => self.forge(client),
            PlannedEvent::LoseTable => {
                self.counters.count(FaultEvent::TableLost);
                self.note(Actor::Environment, || "the table is lost".to_owned());
                self.backend.log.lose();
                // Recreating a table takes longer than any frame is in flight.
                self.stop_backend();
                self.stream.lose();
            }
            PlannedEvent::UseOriginal => self.replace_backend(true),
            PlannedEvent::UsePapo => self.replace_backend(false),
            PlannedEvent::ExpireMessages(time) => {
                self.counters.count(FaultEvent::MessagesExpired);
                self.note(Actor::Environment, || "all messages expire".to_owned());
                self.clock_offset += time;
                self.backend.sweep(self.now + self.clock_offset);
            }
        }
    }

    /// Drops all invocations and all frames in flight.
    pub(super) fn stop_backend(&mut self) {
        self.backend.stop();
        self.stream.batch_ended(Served::Nothing);
        self.events.retain(|_, event| {
            !matches!(
                event,
                Event::AtClient(..) | Event::AtServer(..) | Event::MustBePosted(_)
            )
        });
        self.poll_stream();
    }

    fn send(&mut self, client: usize) {
        let text = self.new_id("m");
        // A letter and digits are a valid id and a valid text.
        let (Ok(id), Ok(text)) = (
            ClientMessageId::parse(text.clone()),
            MessageText::parse(text),
        ) else {
            return;
        };
        let recorder = &mut self.clients[client].recorder;
        recorder.send(id.clone(), text.as_str().to_owned());
        self.note(Actor::Client(client), || format!("sends {id}"));
        let sent_at = 0;
        self.input(
            client,
            Input::Send {
                id,
                content: text.into(),
                sent_at,
            },
        );
    }

    fn reload(&mut self, client: usize) {
        self.counters.count(FaultEvent::PageReloaded);
        let (knows_its_ids, says_goodbye) = (self.random.bool(), self.random.bool());
        self.note(Actor::Client(client), || "reloads the page".to_owned());
        for id in self.clients[client].reload(knows_its_ids).into_values() {
            if says_goodbye {
                self.backend.network.close(&id);
            } else {
                let learns = self.now + self.random.u64(1_000..100_000);
                self.at(learns, Event::Expires(id));
            }
        }
        self.input(client, Input::Start);
        if let Some(cache) = self.clients[client].cache.clone() {
            self.input(client, Input::Restore(cache));
        }
    }

    fn suspend(&mut self, client: usize, time: u64) {
        // Every client must be awake during the drain.
        let until = (self.now + time).min(self.plan.inject_until);
        self.counters.count(FaultEvent::MachineSuspended);
        self.clients[client].suspended_until = until;
        self.note(Actor::Client(client), || {
            format!("is suspended until {}.{:03}", until / 1_000, until % 1_000)
        });
        if self.random.bool() {
            for id in self.clients[client].sockets.values() {
                self.backend.network.close(id);
            }
        }
    }
}
