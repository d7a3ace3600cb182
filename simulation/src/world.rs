//! A world: its events in their order, and what each of them does.

mod deeds;

mod effects;

use std::collections::BTreeMap;
use std::num::NonZeroU16;

use fastrand::Rng;
use papo_lambdas::message_log::{Retention, RoomId};
use papo_protocol::session::{Input, SendState, SocketId};
use papo_protocol::{ClientMessageId, ConnectionId};

use crate::backend::{Backend, Progress};
use crate::check;
use crate::client::Client;
use crate::ledger::{Fault, Ledger};
use crate::safeguard::Safeguard;
use crate::trace::{Trace, Who};
use crate::weather::{Deed, Weather};

/// How long a person looks at a message that failed before sending it again, in milliseconds.
const SECOND_THOUGHT: u64 = 5_000;

/// Messages expire after 30 days, as in the template.
const RETENTION: Retention = Retention::of_days(NonZeroU16::MIN.saturating_add(29));

/// What happens next.
enum Event {
    /// A socket that was asked for opens, or fails.
    Opens(usize, u32, SocketId),
    /// A frame arrives at API Gateway.
    AtServer(ConnectionId, String),
    /// A frame arrives at a client.
    AtClient(ConnectionId, String),
    /// A client learns that its socket is closed.
    Closed(usize, u32, SocketId),
    /// API Gateway ends a connection.
    Ends(ConnectionId),
    /// A client's timer fires.
    Wakes(usize, u32),
    /// A handler takes its next step.
    Steps(usize),
    /// A person sends a message again that had failed.
    Again(usize, ClientMessageId),
    /// The weather.
    Happens(Deed),
}

/// How a world ended.
#[derive(Debug)]
pub struct Outcome {
    /// What became of every message.
    pub ledger: Ledger,
    /// What happened, if it was to be kept.
    pub trace: Trace,
}

struct World {
    now: u64,
    /// By how much the back end's clock is ahead.
    ahead: u64,
    random: Rng,
    weather: Weather,
    events: BTreeMap<(u64, u64), Event>,
    scheduled: u64,
    clients: Vec<Client>,
    backend: Backend,
    without: Option<Safeguard>,
    names: u64,
    ledger: Ledger,
    trace: Trace,
}

/// Lets the world of `seed` live through its storm and its calm, without one of the safeguards if one is named.
pub fn live(seed: u64, without: Option<Safeguard>, trace: Trace) -> Outcome {
    let mut random = Rng::with_seed(seed);
    let weather = Weather::draw(&mut random);
    let clients = (0..weather.clients).map(|_| Client::new(without));
    let mut world = World {
        now: 0,
        ahead: 0,
        random,
        events: BTreeMap::new(),
        scheduled: 0,
        clients: clients.collect(),
        backend: Backend::new(RETENTION, without),
        without,
        names: 0,
        ledger: Ledger::default(),
        trace,
        weather,
    };
    world.run();
    Outcome {
        ledger: world.ledger,
        trace: world.trace,
    }
}

impl World {
    fn run(&mut self) {
        for (at, deed) in std::mem::take(&mut self.weather.deeds) {
            self.at(at, Event::Happens(deed));
        }
        for client in 0..self.clients.len() {
            self.input(client, Input::Start);
        }
        let end = self.weather.end();
        while let Some(((now, _), event)) = self.events.pop_first()
            && now < end
        {
            self.now = now;
            self.happens(event);
            // What comes after something that is wrong only hides it.
            if !self.ledger.is_clean() {
                return;
            }
        }
        self.now = end;
        let log = self.backend.log.now().messages(&RoomId::main());
        check::end(
            &self.clients,
            &log,
            &self.backend.log,
            &self.weather,
            &mut self.ledger,
        );
    }

    fn is_stormy(&self) -> bool {
        self.now < self.weather.storm
    }

    fn chance(&mut self, of_a_thousand: u32) -> bool {
        self.is_stormy() && self.random.u32(0..1_000) < of_a_thousand
    }

    fn at(&mut self, time: u64, event: Event) {
        self.scheduled += 1;
        self.events.insert((time, self.scheduled), event);
    }

    fn soon(&mut self, event: Event) {
        let delay = self.random.u64(1..120);
        self.at(self.now + delay, event);
    }

    fn name(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    fn note(&mut self, who: Who, what: impl FnOnce() -> String) {
        self.trace.note(self.now, who, what);
    }

    /// The client that this event is for, if it is for one.
    fn client_of(&self, event: &Event) -> Option<usize> {
        match event {
            Event::Opens(client, ..)
            | Event::Closed(client, ..)
            | Event::Wakes(client, _)
            | Event::Again(client, _) => Some(*client),
            Event::AtClient(to, _) => self.owner(to).map(|(client, _)| client),
            Event::Happens(deed) => deed.client(),
            Event::AtServer(..) | Event::Ends(_) | Event::Steps(_) => None,
        }
    }

    fn owner(&self, id: &ConnectionId) -> Option<(usize, SocketId)> {
        self.clients.iter().enumerate().find_map(|(index, client)| {
            let found = client.sockets.iter().find(|(_, of)| *of == id);
            found.map(|(socket, _)| (index, *socket))
        })
    }

    fn happens(&mut self, event: Event) {
        if let Some(client) = self.client_of(&event)
            && self.now < self.clients[client].sleeps_until
        {
            return self.at(self.clients[client].sleeps_until, event);
        }
        match event {
            Event::Opens(client, page, socket) => {
                if page == self.clients[client].page {
                    self.opens(client, socket);
                }
            }
            Event::AtServer(from, frame) => self.at_server(from, frame),
            Event::AtClient(to, frame) => {
                if let Some((client, socket)) = self.owner(&to) {
                    self.note(Who::Client(client), || format!("hears on {to}: {frame}"));
                    self.input(client, Input::Received(socket, frame));
                }
            }
            Event::Closed(client, page, socket) => {
                if page == self.clients[client].page
                    && let Some(id) = self.clients[client].sockets.remove(&socket)
                {
                    self.note(Who::Client(client), || format!("hears that {id} is closed"));
                    self.input(client, Input::Closed(socket));
                }
            }
            Event::Ends(id) => self.ends(&id),
            Event::Wakes(client, page) => {
                let due = self.clients[client].session.wake_at();
                if page == self.clients[client].page && due.is_some_and(|at| at <= self.now) {
                    self.input(client, Input::Woke);
                }
            }
            Event::Steps(handler) => self.steps(handler),
            Event::Again(client, id) => {
                self.note(Who::Client(client), || format!("sends {id} again"));
                self.clients[client].thinking_about.remove(&id);
                self.input(client, Input::SayAgain(id));
            }
            Event::Happens(deed) => self.commit(deed),
        }
    }

    /// Hands something to a session, does what it says, and looks at what has become of it.
    fn input(&mut self, client: usize, input: Input) {
        let before = self.clients[client].waiting();
        let random = self.random.f64();
        let effects = self.clients[client].session.step(input, self.now, random);
        for effect in effects {
            self.carry_out(client, effect);
        }
        if let Some(at) = self.clients[client].session.wake_at() {
            let page = self.clients[client].page;
            self.at(at.max(self.now + 1), Event::Wakes(client, page));
        }
        self.look(client, &before);
    }

    /// Checks what a client shows and believes. `before` was in its outbox before this moment.
    fn look(&mut self, client: usize, before: &[ClientMessageId]) {
        let after = self.clients[client].waiting();
        for id in before.iter().filter(|id| !after.contains(id)) {
            self.ledger.acknowledged += 1;
            self.note(Who::Client(client), || format!("has {id} acknowledged"));
            if !self.backend.log.ever_had(id.as_str()) {
                let what = format!(
                    "client {} takes {id} for acknowledged, and the log has it not",
                    client + 1
                );
                self.wrong(Fault::Lost, what);
            }
        }
        let failed = self.clients[client].session.outbox().entries().iter();
        let failed = failed.filter(|it| matches!(it.state, SendState::Failed(_)));
        for id in failed.map(|it| it.id.clone()).collect::<Vec<_>>() {
            self.clients[client].failed.insert(id.clone());
            if self.clients[client].thinking_about.insert(id.clone()) {
                self.at(self.now + SECOND_THOUGHT, Event::Again(client, id));
            }
        }
        let shown = self.clients[client].session.timeline();
        if self.clients[client].checked != Some(shown.revision()) {
            let verdict = check::page(client, shown, &self.backend.log, !self.weather.loses_table);
            self.clients[client].checked = Some(shown.revision());
            if let Err((fault, what)) = verdict {
                self.wrong(fault, what);
            }
        }
        if let Err((fault, what)) = check::attempts(client, &self.clients[client]) {
            self.wrong(fault, what);
        }
    }

    fn wrong(&mut self, fault: Fault, what: String) {
        self.ledger.find(fault, what);
    }

    fn at_server(&mut self, from: ConnectionId, frame: String) {
        self.trouble_the_log();
        let at = self.now + self.ahead;
        let text = frame.clone();
        let id = from.clone();
        if let Some(number) = self.backend.invoke(from, frame, at) {
            self.note(Who::Handler(number), || format!("gets from {id}: {text}"));
            self.soon(Event::Steps(number));
        }
    }

    fn steps(&mut self, number: usize) {
        let dies = self.chance(25);
        let progress = self.backend.step(number, dies);
        self.deliver();
        match progress {
            Progress::GoesOn => {
                let delay = self.random.u64(1..15);
                self.at(self.now + delay, Event::Steps(number));
            }
            Progress::Done => self.note(Who::Handler(number), || "has done its work".to_owned()),
            Progress::Failed(from) => {
                self.ledger.deeds.handlers_died += u64::from(dies);
                self.note(Who::Handler(number), || "dies".to_owned());
                let frame = format!(
                    r#"{{"message":"Internal server error","connectionId":"{}","requestId":"r"}}"#,
                    from.as_str()
                );
                self.soon(Event::AtClient(from, frame));
            }
            Progress::Over => {}
        }
    }
}
