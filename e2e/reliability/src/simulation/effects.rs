//! What the effects of sessions do, and how the network interferes.

use papo_lambdas::message_log::memory::{self, Operation};
use papo_protocol::session::{Effect, Input, SocketId};
use papo_protocol::{ClientMessageId, ConnectionId};
use serde_json::Value;

use super::safeguard::Safeguard;
use super::trace::Actor;
use super::{Event, Simulation};
use crate::counters::FaultEvent;

impl Simulation {
    pub(super) fn carry_out(&mut self, client: usize, effect: Effect) {
        let actor = Actor::Client(client);
        match effect {
            Effect::Connect(socket) => {
                let (now, page) = (self.now, self.clients[client].page);
                self.note(actor, || "connects".to_owned());
                self.clients[client].recorder.connect(now);
                self.soon(Event::Opens(client, page, socket));
            }
            Effect::Send(socket, frame) => {
                let Some(id) = self.clients[client].sockets.get(&socket).cloned() else {
                    return;
                };
                let Some(frame) = self.without_safeguard(client, frame) else {
                    return;
                };
                self.note(actor, || format!("sends on {id}: {frame}"));
                self.check_sent_once(client, &id, &frame);
                let arrives = self.now + self.random.u64(1..60);
                let arrives = arrives.max(self.clients[client].sent_until + 1);
                self.clients[client].sent_until = arrives;
                self.at(arrives, Event::AtServer(id, frame));
            }
            Effect::Close(socket) => {
                if let Some(id) = self.clients[client].sockets.remove(&socket) {
                    self.note(actor, || format!("closes {id}"));
                    self.backend.network.close(&id);
                }
            }
            Effect::Save => self.clients[client].save(),
        }
    }

    /// The frame as it is sent with a safeguard disabled, if it is sent.
    fn without_safeguard(&mut self, client: usize, frame: String) -> Option<String> {
        if !matches!(self.without, Some(Safeguard::Resend | Safeguard::CatchUp)) {
            return Some(frame);
        }
        let mut action: Value = serde_json::from_str(&frame).ok()?;
        let fields = action.as_object_mut()?;
        let word = fields
            .get("action")
            .and_then(Value::as_str)
            .unwrap_or_default();
        match (self.without, word) {
            (Some(Safeguard::Resend), "sendMessage" | "edit" | "delete" | "reaction") => {
                let id = fields.get("clientMessageId").and_then(Value::as_str)?;
                let id = ClientMessageId::parse(id).ok()?;
                let is_first = self.clients[client].sent_once.insert(id);
                is_first.then_some(frame)
            }
            (Some(Safeguard::CatchUp), "connected") => {
                fields.remove("resume");
                Some(action.to_string())
            }
            (Some(Safeguard::CatchUp), "history") if fields.contains_key("after") => None,
            _ => Some(frame),
        }
    }

    pub(super) fn opens(&mut self, client: usize, socket: SocketId) {
        if self.chance(200) {
            self.counters.count(FaultEvent::HandshakeRefused);
            self.note(Actor::Client(client), || "is refused".to_owned());
            return self.input(client, Input::Closed(socket));
        }
        let id = ConnectionId::new(self.new_id("n"));
        let room = self.clients[client].room.clone();
        let at = self.now + self.clock_offset;
        if self.original.is_used {
            self.backend.network.open(&id, &room);
            self.original.connections.insert(id.clone());
        } else if !self.backend.connect(&id, &room, at) {
            return self.input(client, Input::Closed(socket));
        }
        self.clients[client].is_on_original = self.original.is_used;
        self.note(Actor::Client(client), || format!("is connected as {id}"));
        let lifetime = if self.now < self.plan.short_connections_until {
            self.random.u64(300..900)
        } else {
            self.plan.max_connection
        };
        self.at(self.now + lifetime, Event::Expires(id.clone()));
        self.clients[client].sockets.insert(socket, id);
        self.input(client, Input::Opened(socket));
    }

    /// API Gateway closes a connection, and tells the client if it can.
    pub(super) fn expires(&mut self, id: &ConnectionId) {
        if !self.backend.network.close(id) {
            return;
        }
        self.counters.count(FaultEvent::ConnectionExpired);
        self.note(Actor::Environment, || format!("{id} is closed"));
        if let Some((client, socket)) = self.owner(id) {
            let page = self.clients[client].page;
            self.soon(Event::Closed(client, page, socket));
        }
    }

    /// The newest connection breaks, which both ends notice, or only one.
    pub(super) fn break_connection(&mut self, client: usize) {
        let Some((socket, id)) = self.clients[client].newest() else {
            return;
        };
        self.counters.count(FaultEvent::ConnectionBroken);
        let page = self.clients[client].page;
        match self.random.u8(0..4) {
            0 | 1 => {
                self.note(Actor::Environment, || format!("{id} breaks"));
                self.backend.network.close(&id);
                self.soon(Event::Closed(client, page, socket));
            }
            2 => {
                self.note(Actor::Environment, || {
                    format!("{id} breaks, unnoticed by the client")
                });
                self.backend.network.close(&id);
            }
            _ => {
                self.note(Actor::Environment, || {
                    format!("{id} breaks, unnoticed by API Gateway")
                });
                self.soon(Event::Closed(client, page, socket));
                let learns = self.now + self.random.u64(1_000..100_000);
                self.at(learns, Event::Expires(id));
            }
        }
    }

    /// Delivers posted frames: most of them, in any order.
    pub(super) fn deliver(&mut self) {
        for (to, frame) in self.backend.network.take_posted() {
            if self.chance(60) {
                self.counters.count(FaultEvent::FrameDropped);
                self.note(Actor::Environment, || {
                    format!("dropped on the way to {to}: {frame}")
                });
                continue;
            }
            if self.chance(40) {
                self.counters.count(FaultEvent::FrameDuplicated);
                self.soon(Event::AtClient(to.clone(), frame.clone()));
            }
            if self.chance(30) {
                self.counters.count(FaultEvent::FrameDelayed);
                let arrives = self.now + self.random.u64(500..8_000);
                self.at(arrives, Event::AtClient(to, frame));
            } else {
                self.soon(Event::AtClient(to, frame));
            }
        }
    }

    /// Sometimes makes the next write fail, or loses its response.
    pub(super) fn fail_next_write(&mut self) {
        let fault = if self.chance(30) {
            memory::Fault::ResponseLost
        } else if self.chance(20) {
            memory::Fault::Refused
        } else {
            return;
        };
        self.counters.count(FaultEvent::WriteFailed);
        self.note(Actor::Environment, || {
            format!("the next write fails: {fault:?}")
        });
        let log = self.backend.log.current();
        log.fail(Operation::Commit, fault);
    }
}
