//! What sessions ask for, and what the network makes of it.

use papo_lambdas::message_log::memory::{self, Operation};
use papo_protocol::session::{Effect, Input, SocketId};
use papo_protocol::{ClientMessageId, ConnectionId};
use serde_json::Value;

use super::{Event, World};
use crate::safeguard::Safeguard;
use crate::trace::Who;

const MINUTE: u64 = 60_000;

impl World {
    pub(super) fn carry_out(&mut self, client: usize, effect: Effect) {
        let who = Who::Client(client);
        match effect {
            Effect::Connect(socket) => {
                let (now, page) = (self.now, self.clients[client].page);
                self.note(who, || "tries to connect".to_owned());
                let attempts = &mut self.clients[client].attempts;
                attempts.retain(|at| at + MINUTE > now);
                attempts.push_back(now);
                self.soon(Event::Opens(client, page, socket));
            }
            Effect::Send(socket, frame) => {
                let Some(id) = self.clients[client].sockets.get(&socket).cloned() else {
                    return;
                };
                let Some(frame) = self.as_it_is_sent(client, frame) else {
                    return;
                };
                self.note(who, || format!("sends on {id}: {frame}"));
                let arrives = self.now + self.random.u64(1..60);
                let arrives = arrives.max(self.clients[client].sent_until + 1);
                self.clients[client].sent_until = arrives;
                self.at(arrives, Event::AtServer(id, frame));
            }
            Effect::Close(socket) => {
                if let Some(id) = self.clients[client].sockets.remove(&socket) {
                    self.note(who, || format!("closes {id}"));
                    self.backend.net.close(&id);
                }
            }
            Effect::Save => self.clients[client].save(),
        }
    }

    /// What is left of a frame when a safeguard is missing.
    fn as_it_is_sent(&mut self, client: usize, frame: String) -> Option<String> {
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
            (Some(Safeguard::Resend), "sendMessage") => {
                let id = fields.get("clientMessageId").and_then(Value::as_str)?;
                let id = ClientMessageId::parse(id).ok()?;
                let is_first = self.clients[client].sent.insert(id);
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
            self.ledger.deeds.refused += 1;
            self.note(Who::Client(client), || "is refused".to_owned());
            return self.input(client, Input::Closed(socket));
        }
        let id = ConnectionId::new(self.name("n"));
        if !self.backend.connect(&id, self.now + self.ahead) {
            return self.input(client, Input::Closed(socket));
        }
        self.note(Who::Client(client), || format!("is connected as {id}"));
        let life = if self.now < self.weather.slams_until {
            self.random.u64(300..900)
        } else {
            self.weather.life
        };
        self.at(self.now + life, Event::Ends(id.clone()));
        self.clients[client].sockets.insert(socket, id);
        self.input(client, Input::Opened(socket));
    }

    /// API Gateway ends a connection, and says so to the client if it reaches it.
    pub(super) fn ends(&mut self, id: &ConnectionId) {
        if !self.backend.net.close(id) {
            return;
        }
        self.ledger.deeds.ended += 1;
        self.note(Who::Fate, || format!("{id} is ended"));
        if let Some((client, socket)) = self.owner(id) {
            let page = self.clients[client].page;
            self.soon(Event::Closed(client, page, socket));
        }
    }

    /// The newest connection breaks: both ends hear of it, or only one.
    pub(super) fn breaks(&mut self, client: usize) {
        let Some((socket, id)) = self.clients[client].newest() else {
            return;
        };
        self.ledger.deeds.broken += 1;
        let page = self.clients[client].page;
        match self.random.u8(0..4) {
            0 | 1 => {
                self.note(Who::Fate, || format!("{id} breaks"));
                self.backend.net.close(&id);
                self.soon(Event::Closed(client, page, socket));
            }
            2 => {
                self.note(Who::Fate, || {
                    format!("{id} breaks, and the client does not know")
                });
                self.backend.net.close(&id);
            }
            _ => {
                self.note(Who::Fate, || {
                    format!("{id} breaks, and API Gateway does not know")
                });
                self.soon(Event::Closed(client, page, socket));
                let learns = self.now + self.random.u64(1_000..100_000);
                self.at(learns, Event::Ends(id));
            }
        }
    }

    /// What was posted sets out: most of it arrives, in any order.
    pub(super) fn deliver(&mut self) {
        for (to, frame) in self.backend.net.take_posted() {
            if self.chance(60) {
                self.ledger.deeds.frames_lost += 1;
                self.note(Who::Fate, || format!("lost on the way to {to}: {frame}"));
                continue;
            }
            if self.chance(40) {
                self.ledger.deeds.frames_doubled += 1;
                self.soon(Event::AtClient(to.clone(), frame.clone()));
            }
            if self.chance(30) {
                self.ledger.deeds.frames_late += 1;
                let arrives = self.now + self.random.u64(500..8_000);
                self.at(arrives, Event::AtClient(to, frame));
            } else {
                self.soon(Event::AtClient(to, frame));
            }
        }
    }

    /// Now and then, the next write fails, or nobody hears that it has not.
    pub(super) fn trouble_the_log(&mut self) {
        let fault = if self.chance(30) {
            memory::Fault::ResponseLost
        } else if self.chance(20) {
            memory::Fault::Refused
        } else {
            return;
        };
        self.ledger.deeds.writes_failed += 1;
        self.note(Who::Fate, || format!("the next write fails: {fault:?}"));
        self.backend.log.now().fail(Operation::Commit, fault);
    }
}
