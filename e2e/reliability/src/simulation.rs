//! The deterministic simulation: the real sessions and handlers on one thread, under virtual time.
//!
//! Events happen one at a time. Time is a number and randomness comes from the seed, so a seed reproduces a run exactly. One
//! event advances a handler by one step, so handlers overlap and can crash between any two of their reads, writes and posts.
//! Faults are injected for a while; after the drain that follows, every page must show the same log.
//!
//! # Layout
//!
//! - [`fault_plan`]: derives the faults from a seed; pure
//! - [`events`], [`changes`], [`effects`]: what planned events and the effects of sessions do
//! - [`client`]: one client, with the app's session; [`observation`]: what it believes and displays
//! - [`network`]: API Gateway's side of the connections
//! - [`handlers`]: the steps of handlers; [`backend`]: the handlers in progress; [`deliverers`]: the functions that the
//!   broadcaster invokes
//! - [`stream`]: the stream of the messages table; [`broadcasts`]: checks that its entries are broadcast
//! - [`original`]: a back end that knows only the original protocol
//! - [`step_executor`]: futures that advance one step per poll; [`step_log`]: a message log of such steps
//! - [`safeguard`]: mechanisms that can be disabled to prove that the checker notices
//! - [`trace`]: a readable account of a run

mod backend;
mod broadcasts;
mod changes;
mod client;
mod deliverers;
mod effects;
mod events;
mod fault_plan;
mod handlers;
mod network;
mod observation;
mod original;
pub mod safeguard;
pub mod step_executor;
pub mod step_log;
mod stream;
pub mod trace;

use std::collections::{BTreeMap, BTreeSet};
use std::num::NonZeroU16;

use fastrand::Rng;
use papo_lambdas::message_log::Retention;
use papo_protocol::session::{Input, SocketId};
use papo_protocol::{ClientMessageId, ConnectionId, PersonKey, RoomName};

use crate::checker;
use crate::counters::FaultCounters;
use crate::history::{ClientHistory, History, Losses};
use crate::verdict::{HistoryVerdict, Violation};
use backend::Backend;
use broadcasts::Due;
use client::Client;
use fault_plan::{FaultPlan, PlannedEvent};
use original::Original;
use safeguard::Safeguard;
use stream::Stream;
use trace::{Actor, Trace};

/// Messages expire after 30 days, as in the template.
const RETENTION: Retention = Retention::of_days(NonZeroU16::MIN.saturating_add(29));

/// A scheduled event. Clients are numbered from 0; a `u32` counts the pages of a client.
enum Event {
    /// A handshake completes or fails.
    Opens(usize, u32, SocketId),
    /// A frame arrives at API Gateway.
    AtServer(ConnectionId, String),
    /// A frame arrives at a client.
    AtClient(ConnectionId, String),
    /// A client learns that its socket is closed.
    Closed(usize, u32, SocketId),
    /// API Gateway closes a connection.
    Expires(ConnectionId),
    /// A client's timer fires.
    Wakes(usize, u32),
    /// A handler takes its next step.
    Steps(usize),
    /// Lambda polls the stream.
    Polls,
    /// A message must have been posted to every open connection.
    MustBePosted(Due),
    /// A person sends a failed message again.
    Retries(usize, ClientMessageId),
    /// A person gives up a change that was refused.
    Discards(usize, ClientMessageId),
    /// An event of the fault plan.
    Planned(PlannedEvent),
}

/// The result of a run.
#[derive(Debug)]
pub struct Outcome {
    /// The checker's verdict.
    pub verdict: HistoryVerdict,
    /// The injected faults.
    pub counters: FaultCounters,
    /// The events, if they were recorded.
    pub trace: Trace,
}

struct Simulation {
    now: u64,
    /// How far the back end's clock is ahead.
    clock_offset: u64,
    random: Rng,
    plan: FaultPlan,
    events: BTreeMap<(u64, u64), Event>,
    scheduled: u64,
    clients: Vec<Client>,
    backend: Backend,
    stream: Stream,
    /// Whether [`Event::Polls`] is scheduled.
    is_polling: bool,
    original: Original,
    without: Option<Safeguard>,
    names: u64,
    /// Found while the run lasts.
    violations: Vec<Violation>,
    counters: FaultCounters,
    trace: Trace,
}

/// Runs the simulation of `seed`, with one safeguard disabled if one is named.
pub fn run(seed: u64, without: Option<Safeguard>, trace: Trace) -> Outcome {
    let mut random = Rng::with_seed(seed);
    let plan = FaultPlan::draw(&mut random);
    let profiles = plan.clients.iter().enumerate();
    let clients = profiles.map(|(number, profile)| {
        // A key for each client, and a name for each room.
        let key = PersonKey::parse(format!("key-of-a-simulated-person-{number:02}")).ok();
        let room = RoomName::parse(format!("room-{}", profile.room)).unwrap_or_default();
        Client::new(number, room, key.filter(|_| profile.is_introduced), without)
    });
    let mut simulation = Simulation {
        now: 0,
        clock_offset: 0,
        random,
        events: BTreeMap::new(),
        scheduled: 0,
        clients: clients.collect(),
        backend: Backend::new(RETENTION, &plan, without),
        stream: Stream::default(),
        is_polling: false,
        original: Original::default(),
        without,
        names: 0,
        violations: Vec::new(),
        counters: FaultCounters::default(),
        trace,
        plan,
    };
    simulation.run();
    simulation.finish()
}

impl Simulation {
    fn run(&mut self) {
        for (at, event) in std::mem::take(&mut self.plan.events) {
            self.at(at, Event::Planned(event));
        }
        for client in 0..self.clients.len() {
            self.input(client, Input::Start);
        }
        let end = self.plan.end();
        while let Some(((now, _), event)) = self.events.pop_first()
            && now < end
            // Later events would only obscure the violation.
            && self.violations.is_empty()
        {
            self.now = now;
            self.handle(event);
        }
    }

    fn finish(self) -> Outcome {
        let mut rooms: BTreeMap<RoomName, Vec<ClientHistory>> = BTreeMap::new();
        for client in self.clients {
            let mut history = client.recorder.finish(&client.session);
            // Every client scrolls up during the drain.
            history.scrolled_to_start = true;
            rooms.entry(client.room).or_default().push(history);
        }
        let log = &self.backend.log;
        let mut verdict = HistoryVerdict::default();
        for (room, clients) in rooms {
            verdict.add(checker::check(&History {
                clients,
                log: log.current().contents(&room),
                written: log.with_written(&room, Clone::clone),
                losses: Losses {
                    table: self.plan.loses_table,
                    expiry: self.plan.expires_messages,
                },
                forged: log.forged(),
                unkept: self.original.sent.clone(),
                hostile: BTreeSet::new(),
            }));
        }
        if !self.violations.is_empty() {
            verdict.violations = self.violations;
        }
        Outcome {
            verdict,
            counters: self.counters,
            trace: self.trace,
        }
    }

    fn is_injecting(&self) -> bool {
        self.now < self.plan.inject_until
    }

    fn chance(&mut self, per_mille: u32) -> bool {
        self.is_injecting() && self.random.u32(0..1_000) < per_mille
    }

    fn at(&mut self, time: u64, event: Event) {
        self.scheduled += 1;
        self.events.insert((time, self.scheduled), event);
    }

    fn soon(&mut self, event: Event) {
        let delay = self.random.u64(1..120);
        self.at(self.now + delay, event);
    }

    fn new_id(&mut self, prefix: &str) -> String {
        self.names += 1;
        format!("{prefix}{}", self.names)
    }

    fn note(&mut self, actor: Actor, what: impl FnOnce() -> String) {
        self.trace.note(self.now, actor, what);
    }

    /// The client that handles this event, if a client does.
    fn client_of(&self, event: &Event) -> Option<usize> {
        match event {
            Event::Opens(client, ..)
            | Event::Closed(client, ..)
            | Event::Wakes(client, _)
            | Event::Retries(client, _)
            | Event::Discards(client, _) => Some(*client),
            Event::AtClient(to, _) => self.owner(to).map(|(client, _)| client),
            Event::Planned(event) => event.client(),
            Event::AtServer(..)
            | Event::Expires(_)
            | Event::Steps(_)
            | Event::Polls
            | Event::MustBePosted(_) => None,
        }
    }

    fn owner(&self, id: &ConnectionId) -> Option<(usize, SocketId)> {
        self.clients.iter().enumerate().find_map(|(index, client)| {
            let found = client.sockets.iter().find(|(_, of)| *of == id);
            found.map(|(socket, _)| (index, *socket))
        })
    }

    fn handle(&mut self, event: Event) {
        if let Some(client) = self.client_of(&event)
            && self.now < self.clients[client].suspended_until
        {
            return self.at(self.clients[client].suspended_until, event);
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
                    self.note(Actor::Client(client), || {
                        format!("receives on {to}: {frame}")
                    });
                    self.input(client, Input::Received(socket, frame));
                }
            }
            Event::Closed(client, page, socket) => {
                if page == self.clients[client].page
                    && let Some(id) = self.clients[client].sockets.remove(&socket)
                {
                    self.note(Actor::Client(client), || {
                        format!("learns that {id} is closed")
                    });
                    self.input(client, Input::Closed(socket));
                }
            }
            Event::Expires(id) => self.expires(&id),
            Event::Wakes(client, page) => {
                let due = self.clients[client].session.wake_at();
                if page == self.clients[client].page && due.is_some_and(|at| at <= self.now) {
                    self.input(client, Input::Timer);
                }
            }
            Event::Steps(handler) => self.steps(handler),
            Event::Polls => self.polls(),
            Event::MustBePosted(due) => self.must_be_posted(&due),
            Event::Retries(client, id) => {
                self.note(Actor::Client(client), || format!("retries {id}"));
                self.clients[client].retrying.remove(&id);
                self.input(client, Input::Retry(id));
            }
            Event::Discards(client, id) => {
                self.note(Actor::Client(client), || format!("discards {id}"));
                self.input(client, Input::Discard(id));
            }
            Event::Planned(event) => self.carry_out_planned(event),
        }
    }

    /// Feeds an input to a session, carries out its effects, and checks what it believes and displays.
    fn input(&mut self, client: usize, input: Input) {
        let random = self.random.f64();
        let effects = self.clients[client].session.step(input, self.now, random);
        for effect in effects {
            self.carry_out(client, effect);
        }
        if let Some(at) = self.clients[client].session.wake_at() {
            let page = self.clients[client].page;
            self.at(at.max(self.now + 1), Event::Wakes(client, page));
        }
        self.observe(client);
    }
}
