//! Many clients, the real handlers, and a network that does its worst; all from one seed, so that a failure can be seen again.
//!
//! Everything that happens is an event at a time. Handlers take one step an event, so they overlap, and die between any two
//! of their reads, writes and posts. After the storm comes a calm, and then everybody must show the same log, with each
//! message that anybody said exactly once in it.

use std::collections::{BTreeMap, HashMap};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use lambda_runtime::LambdaEvent;
use papo_lambdas::pace::Pace;
use papo_lambdas::push::{Post, PushError};
use papo_lambdas::room::Room;
use papo_lambdas::store::memory::MemoryStore;
use papo_lambdas::{connection, send_message};
use papo_protocol::session::{Effect, Input, SocketId};
use papo_protocol::{ClientMessageId, ConnectionId, MessageText, Session};
use serde_json::json;

use crate::chat::{LATER, room};
use crate::interleavings::{Stepwise, step};

const CLIENTS: usize = 4;

/// How long the storm lasts, in milliseconds, and the calm after it, which is longer than two heartbeats.
const STORM: u64 = 90_000;
const CALM: u64 = 700_000;

/// API Gateway's side of the connections, and what was posted to them.
#[derive(Default)]
struct Net(Mutex<Posted>);

#[derive(Default)]
struct Posted {
    open: Vec<ConnectionId>,
    frames: Vec<(ConnectionId, String)>,
}

impl Net {
    fn is_open(&self, id: &ConnectionId) -> bool {
        self.0.lock().unwrap().open.contains(id)
    }

    fn open(&self, id: &ConnectionId) {
        self.0.lock().unwrap().open.push(id.clone());
    }

    fn close(&self, id: &ConnectionId) {
        self.0.lock().unwrap().open.retain(|open| open != id);
    }
}

impl Post for Net {
    async fn post(&self, to: &ConnectionId, frame: &str) -> Result<(), PushError> {
        if !self.is_open(to) {
            return Err(PushError::Gone);
        }
        self.0
            .lock()
            .unwrap()
            .frames
            .push((to.clone(), frame.to_owned()));
        step().await;
        Ok(())
    }
}

struct Steps;

impl Pace for Steps {
    async fn sleep(&self, duration: Duration) {
        // Time limits never come; a wait between tries is a step.
        if duration > Duration::from_millis(2_400) {
            std::future::pending::<()>().await;
        }
        step().await;
    }

    fn random(&self) -> f64 {
        0.5
    }
}

enum Event {
    /// A socket that was asked for opens, or fails.
    Opens(usize, SocketId),
    /// A frame arrives at API Gateway.
    AtServer(ConnectionId, String),
    /// A frame arrives at a client.
    AtClient(ConnectionId, String),
    /// A client learns that its socket is closed.
    Closed(usize, SocketId),
    /// A client's timer.
    Wake(usize),
    /// A handler takes its next step.
    Step(usize),
    /// Somebody says something.
    Say(usize),
    /// Somebody's connection breaks.
    Break(usize),
}

struct Client {
    session: Session,
    sockets: HashMap<SocketId, ConnectionId>,
    /// When the last frame that it sent arrives: frames of a connection do not overtake one another on their way up.
    sent_until: u64,
}

type Handler = Pin<Box<dyn Future<Output = bool>>>;

struct World {
    now: u64,
    random: fastrand::Rng,
    events: BTreeMap<(u64, u64), Event>,
    scheduled: u64,
    clients: Vec<Client>,
    handlers: Vec<Option<(ConnectionId, Handler)>>,
    store: Arc<MemoryStore>,
    room: Arc<Room<Stepwise>>,
    net: Arc<Net>,
    names: u64,
    said: Vec<(ClientMessageId, String)>,
}

impl World {
    fn new(seed: u64) -> Self {
        let clients = (0..CLIENTS).map(|_| Client {
            session: Session::default(),
            sockets: HashMap::new(),
            sent_until: 0,
        });
        Self {
            now: 0,
            random: fastrand::Rng::with_seed(seed),
            events: BTreeMap::new(),
            scheduled: 0,
            clients: clients.collect(),
            handlers: Vec::new(),
            store: Arc::default(),
            room: Arc::new(room(Stepwise::default())),
            net: Arc::default(),
            names: 0,
            said: Vec::new(),
        }
    }

    /// Lets the storm pass, and then the calm.
    fn run(&mut self) {
        for client in 0..CLIENTS {
            self.input(client, Input::Start);
            for _ in 0..8 {
                let at = self.random.u64(0..STORM);
                self.at(at, Event::Say(client));
            }
            for _ in 0..5 {
                let at = self.random.u64(0..STORM);
                self.at(at, Event::Break(client));
            }
        }
        while let Some(((now, _), event)) = self.events.pop_first()
            && now < STORM + CALM
        {
            self.now = now;
            self.happens(event);
        }
    }

    fn is_stormy(&self) -> bool {
        self.now < STORM
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

    fn name(&mut self) -> String {
        self.names += 1;
        format!("n{}", self.names)
    }

    fn happens(&mut self, event: Event) {
        match event {
            Event::Opens(client, socket) => self.opens(client, socket),
            Event::AtServer(from, frame) => self.at_server(from, frame),
            Event::AtClient(to, frame) => {
                if let Some((client, socket)) = self.owner(&to) {
                    self.input(client, Input::Received(socket, frame));
                }
            }
            Event::Closed(client, socket) => {
                self.clients[client].sockets.remove(&socket);
                self.input(client, Input::Closed(socket));
            }
            Event::Wake(client) => {
                if self.clients[client]
                    .session
                    .wake_at()
                    .is_some_and(|at| at <= self.now)
                {
                    self.input(client, Input::Woke);
                }
            }
            Event::Step(handler) => self.step(handler),
            Event::Say(client) => {
                let text = self.name();
                let id = ClientMessageId::parse(text.clone()).unwrap();
                self.said.push((id.clone(), text.clone()));
                let text = MessageText::parse(text).unwrap();
                self.input(
                    client,
                    Input::Say {
                        id,
                        text,
                        said_at: 0,
                    },
                );
            }
            Event::Break(client) => self.breaks(client),
        }
    }

    fn owner(&self, id: &ConnectionId) -> Option<(usize, SocketId)> {
        self.clients.iter().enumerate().find_map(|(index, client)| {
            let found = client.sockets.iter().find(|(_, of)| *of == id);
            found.map(|(socket, _)| (index, *socket))
        })
    }

    fn input(&mut self, client: usize, input: Input) {
        let random = self.random.f64();
        let effects = self.clients[client].session.step(input, self.now, random);
        for effect in effects {
            match effect {
                Effect::Connect(socket) => self.soon(Event::Opens(client, socket)),
                Effect::Send(socket, frame) => {
                    if let Some(id) = self.clients[client].sockets.get(&socket).cloned() {
                        let arrives = self.now + self.random.u64(1..60);
                        let arrives = arrives.max(self.clients[client].sent_until + 1);
                        self.clients[client].sent_until = arrives;
                        self.at(arrives, Event::AtServer(id, frame));
                    }
                }
                Effect::Close(socket) => {
                    if let Some(id) = self.clients[client].sockets.remove(&socket) {
                        self.net.close(&id);
                    }
                }
                Effect::Save => {}
            }
        }
        if let Some(at) = self.clients[client].session.wake_at() {
            self.at(at.max(self.now + 1), Event::Wake(client));
        }
    }

    fn opens(&mut self, client: usize, socket: SocketId) {
        if self.chance(200) {
            return self.input(client, Input::Closed(socket));
        }
        let id = ConnectionId::new(self.name());
        let event = self.event("$connect", &id, None);
        let store = Arc::clone(&self.store);
        let connected = done(async move { connection::handle(&*store, event).await.is_ok() });
        assert!(connected);
        self.net.open(&id);
        self.clients[client].sockets.insert(socket, id);
        self.input(client, Input::Opened(socket));
    }

    /// The newest connection breaks: both ends hear of it, only one does, or neither.
    fn breaks(&mut self, client: usize) {
        let newest = self.clients[client]
            .sockets
            .iter()
            .max_by_key(|(socket, _)| **socket);
        let Some((socket, id)) = newest.map(|(socket, id)| (*socket, id.clone())) else {
            return;
        };
        self.net.close(&id);
        if self.random.bool() {
            self.soon(Event::Closed(client, socket));
        }
    }

    fn at_server(&mut self, from: ConnectionId, frame: String) {
        if !self.net.is_open(&from) {
            return;
        }
        let event = self.event("sendMessage", &from, Some(frame));
        let (store, room, net) = (
            Arc::clone(&self.store),
            Arc::clone(&self.room),
            Arc::clone(&self.net),
        );
        let handler: Handler = Box::pin(async move {
            send_message::handle(&*store, &room, &*net, &Steps, event)
                .await
                .is_ok()
        });
        self.handlers.push(Some((from, handler)));
        self.soon(Event::Step(self.handlers.len() - 1));
    }

    fn step(&mut self, index: usize) {
        let dies = self.chance(25);
        let Some((from, mut handler)) = self.handlers[index].take() else {
            return;
        };
        let polled = handler
            .as_mut()
            .poll(&mut Context::from_waker(Waker::noop()));
        self.deliver();
        match polled {
            Poll::Pending if !dies => {
                self.handlers[index] = Some((from, handler));
                let delay = self.random.u64(1..15);
                self.at(self.now + delay, Event::Step(index));
            }
            Poll::Ready(true) => {}
            Poll::Pending | Poll::Ready(false) => {
                let frame = json!({"message": "Internal server error", "connectionId": from.as_str(), "requestId": "r"});
                self.soon(Event::AtClient(from, frame.to_string()));
            }
        }
    }

    /// What was posted sets out: most of it arrives, in any order.
    fn deliver(&mut self) {
        let frames = std::mem::take(&mut self.net.0.lock().unwrap().frames);
        for (to, frame) in frames {
            if self.chance(60) {
                continue;
            }
            if self.chance(40) {
                self.soon(Event::AtClient(to.clone(), frame.clone()));
            }
            self.soon(Event::AtClient(to, frame));
        }
    }

    fn event(
        &mut self,
        route: &str,
        id: &ConnectionId,
        body: Option<String>,
    ) -> LambdaEvent<papo_lambdas::event::WebSocketEvent> {
        let time = LATER + i64::try_from(self.now).unwrap();
        let message_id = self.name();
        let event = json!({
            "requestContext": {
                "routeKey": route, "connectionId": id.as_str(), "messageId": message_id,
                "connectedAt": time, "requestTimeEpoch": time,
            },
            "body": body,
        });
        LambdaEvent::new(
            serde_json::from_value(event).unwrap(),
            lambda_runtime::Context::default(),
        )
    }

    /// Whether everybody shows the same log and nothing is left to send. Says what is wrong.
    fn verdict(&self) -> Result<(), String> {
        let log = self.room.log.0.messages(&self.room.id);
        let texts: Vec<&str> = log.iter().map(|message| message.message.as_str()).collect();
        for (index, message) in log.iter().enumerate() {
            if message.seq != u64::try_from(index + 1).ok() {
                return Err(format!("the log has a gap before {message:?}"));
            }
        }
        for (_, text) in &self.said {
            let count = texts.iter().filter(|it| *it == text).count();
            if count != 1 {
                return Err(format!("{text} is {count} times in the log"));
            }
        }
        for (index, client) in self.clients.iter().enumerate() {
            let left = client.session.outbox().entries();
            if !left.is_empty() {
                return Err(format!("client {index} still has {left:?}"));
            }
            let shown = client.session.timeline().entries();
            let shown: Vec<&str> = shown.map(|entry| entry.message.message.as_str()).collect();
            if shown != texts || client.session.timeline().segments().len() != 1 {
                return Err(format!(
                    "client {index} shows {shown:?}, the log has {texts:?}"
                ));
            }
        }
        Ok(())
    }
}

/// Runs a future that waits for nothing but its own steps.
fn done<T>(work: impl Future<Output = T>) -> T {
    let mut work = std::pin::pin!(work);
    loop {
        if let Poll::Ready(value) = work.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return value;
        }
    }
}

/// How many storms there are. `SIMULATION_SEEDS=1000..2000` tries others.
fn seeds() -> std::ops::Range<u64> {
    let asked_for = std::env::var("SIMULATION_SEEDS").ok();
    let range = asked_for.as_deref().and_then(|range| {
        let (from, to) = range.split_once("..")?;
        Some(from.parse().ok()?..to.parse().ok()?)
    });
    range.unwrap_or(0..200)
}

#[test]
fn after_every_storm_everybody_shows_the_same_log_with_each_message_once() {
    for seed in seeds() {
        let mut world = World::new(seed);
        world.run();
        if let Err(why) = world.verdict() {
            panic!(
                "seed {seed} (again: SIMULATION_SEEDS={seed}..{}): {why}",
                seed + 1
            );
        }
    }
}
