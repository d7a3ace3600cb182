//! One person in the chat: the session of the app, driven as the app drives it.
//!
//! Clock, timer, random numbers, sockets and what outlives a reload are the driver's; everything else is
//! [`papo_protocol::Session`]. Each client is a task that is told what to do and keeps a [`Record`] of what it saw.

mod socket;

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use fastrand::Rng;
use papo_protocol::session::{Effect, Input, Pending, SocketId, saved};
use papo_protocol::{ClientMessageId, ConnectionId, Epoch, MessageText, Seq, Session};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};

use crate::record::{Life, Record, Said};
use socket::{Happening, Socket};

/// Something that a client is to do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Command {
    /// Say so many messages at once, of at least so many bytes.
    Say { count: usize, bytes: usize },
    /// Load the page again; `abruptly` without closing the socket.
    Reload { abruptly: bool },
    /// Look at the page again, as somebody who changes back to its tab.
    Look,
    /// Scroll up.
    ScrollUp,
}

/// How a client stands.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Standing {
    pub(crate) online: bool,
    /// How often it has been online again after it was not, reloads left aside.
    pub(crate) reconnections: u64,
    pub(crate) said: usize,
    pub(crate) acknowledged: usize,
    /// How many messages are in its outbox.
    pub(crate) waiting: usize,
    /// Up to which message it shows the log. `None` while it shows nothing.
    pub(crate) shows_up_to: Option<Seq>,
    pub(crate) epoch: Option<Epoch>,
}

/// A client that lives until it is asked for its record.
#[derive(Debug)]
pub(crate) struct Client {
    commands: mpsc::UnboundedSender<Command>,
    standing: watch::Receiver<Standing>,
    task: JoinHandle<Record>,
}

/// Who a client is and how it reaches the chat.
#[derive(Clone, Debug)]
pub(crate) struct Person {
    /// Counted from 0.
    pub(crate) number: usize,
    /// Where it connects to.
    pub(crate) address: SocketAddr,
    /// The path of the endpoint, with its slash.
    pub(crate) path: String,
    /// For its back-off.
    pub(crate) seed: u64,
}

impl Client {
    /// A client that connects at once.
    pub(crate) fn start(person: Person) -> Self {
        let (commands, orders) = mpsc::unbounded_channel();
        let (publish, standing) = watch::channel(Standing::default());
        let task = tokio::spawn(Driver::new(person, publish).live(orders));
        Self {
            commands,
            standing,
            task,
        }
    }

    /// Tells it to do something.
    pub(crate) fn tell(&self, command: Command) {
        // It ends only when it is asked to.
        let _ = self.commands.send(command);
    }

    /// How it stands now.
    pub(crate) fn standing(&self) -> Standing {
        self.standing.borrow().clone()
    }

    /// Ends it. What it did and saw.
    ///
    /// # Errors
    ///
    /// If it has panicked.
    pub(crate) async fn leave(self) -> Result<Record, tokio::task::JoinError> {
        drop(self.commands);
        self.task.await
    }
}

/// What the browser is for the app.
struct Driver {
    person: Person,
    publish: watch::Sender<Standing>,
    began: Instant,
    random: Rng,
    session: Session,
    /// Counts reloads. What sockets of an earlier page say is for nobody.
    page: u64,
    sockets: HashMap<SocketId, Socket>,
    happenings: mpsc::UnboundedSender<Happening>,
    heard: Option<mpsc::UnboundedReceiver<Happening>>,
    /// What survives a reload: the outbox as the app keeps it, and the ids.
    storage: String,
    ids: Vec<ConnectionId>,
    standing: Standing,
    has_been_online: bool,
    /// The names in the outbox after the last step.
    waiting: Vec<ClientMessageId>,
    record: Record,
    life: Life,
}

impl Driver {
    fn new(person: Person, publish: watch::Sender<Standing>) -> Self {
        let (happenings, heard) = mpsc::unbounded_channel();
        Self {
            publish,
            began: Instant::now(),
            random: Rng::with_seed(person.seed),
            session: Session::default(),
            page: 0,
            sockets: HashMap::new(),
            happenings,
            heard: Some(heard),
            storage: String::new(),
            ids: Vec::new(),
            standing: Standing::default(),
            has_been_online: false,
            waiting: Vec::new(),
            record: Record::new(person.number),
            life: Life::default(),
            person,
        }
    }

    async fn live(mut self, mut orders: mpsc::UnboundedReceiver<Command>) -> Record {
        let Some(mut heard) = self.heard.take() else {
            return self.record;
        };
        self.feed(Input::Start);
        loop {
            let wake = self.session.wake_at().map(Duration::from_millis);
            let wake = wake.and_then(|after| self.began.checked_add(after));
            tokio::select! {
                order = orders.recv() => match order {
                    Some(command) => self.obey(command),
                    None => break,
                },
                Some(happening) = heard.recv() => {
                    if happening.page == self.page {
                        self.feed(happening.input);
                    }
                }
                () = sleep_until(wake.unwrap_or(self.began)), if wake.is_some() => self.feed(Input::Woke),
            }
        }
        for (_, socket) in self.sockets.drain() {
            socket.close();
        }
        self.record.lives.push(self.life);
        self.record.left = self.session.outbox().entries().to_vec();
        self.record
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Say { count, bytes } => {
                for _ in 0..count {
                    self.say(bytes);
                }
            }
            Command::Reload { abruptly } => self.reload(abruptly),
            Command::Look => self.feed(Input::TryNow),
            Command::ScrollUp => self.feed(Input::Earlier),
        }
    }

    fn say(&mut self, bytes: usize) {
        let said = Said::new(self.person.number, self.record.said.len(), bytes);
        // Both are plain and short enough by their making.
        let (Ok(id), Ok(text)) = (
            ClientMessageId::parse(said.name.as_str()),
            MessageText::parse(said.text.as_str()),
        ) else {
            return;
        };
        self.record.said.push(said);
        let said_at = i64::try_from(self.now()).unwrap_or_default();
        self.feed(Input::Say { id, text, said_at });
    }

    /// Milliseconds since this client began.
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }

    fn feed(&mut self, input: Input) {
        let effects = self.session.step(input, self.now(), self.random.f64());
        for effect in effects {
            match effect {
                Effect::Connect(name) => {
                    let Person { address, path, .. } = &self.person;
                    let socket =
                        Socket::open(self.page, name, *address, path, self.happenings.clone());
                    self.sockets.insert(name, socket);
                }
                Effect::Send(name, frame) => {
                    if let Some(socket) = self.sockets.get(&name) {
                        socket.send(frame);
                    }
                }
                Effect::Close(name) => {
                    if let Some(socket) = self.sockets.remove(&name) {
                        socket.close();
                    }
                }
                Effect::Save => self.storage = saved::save(self.session.outbox().entries().iter()),
            }
        }
        self.ids = self.session.ids().to_vec();
        self.look();
    }

    /// Notes what has changed.
    fn look(&mut self) {
        let timeline = self.session.timeline();
        self.life.look(timeline);
        let waiting = names(self.session.outbox().entries());
        let gone = self.waiting.iter().filter(|name| !waiting.contains(name));
        self.record.acknowledged.extend(gone.cloned());
        self.waiting = waiting;

        let online = self.session.phase().is_online();
        if online && !self.standing.online {
            self.standing.reconnections += u64::from(self.has_been_online);
            self.has_been_online = true;
        }
        let end = timeline.end();
        if let Some(end) = end {
            self.record.epochs.insert(end.epoch.as_str().to_owned());
        }
        self.standing = Standing {
            online,
            reconnections: self.standing.reconnections,
            said: self.record.said.len(),
            acknowledged: self.record.acknowledged.len(),
            waiting: self.waiting.len(),
            shows_up_to: timeline
                .entries()
                .next_back()
                .and_then(|last| last.message.seq),
            epoch: end.map(|end| end.epoch.clone()),
        };
        self.publish.send_replace(self.standing.clone());
    }

    /// The page goes, with all that is not kept, and comes back.
    fn reload(&mut self, abruptly: bool) {
        for (_, socket) in self.sockets.drain() {
            if abruptly {
                socket.vanish();
            } else {
                socket.close();
            }
        }
        self.page += 1;
        self.record.lives.push(std::mem::take(&mut self.life));
        self.has_been_online = false;
        self.session = Session::with_outbox(saved::restore(&self.storage))
            .known_as(std::mem::take(&mut self.ids));
        // What was not kept is not acknowledged by being gone.
        self.waiting = names(self.session.outbox().entries());
        self.feed(Input::Start);
    }
}

fn names(outbox: &[Pending]) -> Vec<ClientMessageId> {
    outbox.iter().map(|pending| pending.id.clone()).collect()
}
