//! One person in the chat: the session of the app, driven as the app drives it.
//!
//! A [`Tab`] is what the browser is for the app; everything else is [`papo_protocol::Session`]. Each client is a task that is
//! told what to do, keeps what outlives a reload, and a [`Record`] of what it saw.

mod socket;
mod tab;

use std::net::SocketAddr;

use fastrand::Rng;
use papo_protocol::session::{Input, saved};
use papo_protocol::{ClientMessageId, MessageText, Seq, Session};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;

use crate::record::{Life, Record, Said};
pub(crate) use tab::Leaving;
use tab::Tab;

/// Something that a client is to do.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Command {
    /// Say so many messages at once, of at least so many bytes.
    Say { count: usize, bytes: usize },
    /// Load the page again, or open another one.
    Reload(Leaving),
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
        let task = tokio::spawn(Chatter::new(person, publish).live(orders));
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

/// Somebody, with the tab before them.
struct Chatter {
    person: Person,
    publish: watch::Sender<Standing>,
    random: Rng,
    tab: Tab,
    /// What survives a reload: the outbox as the app keeps it.
    storage: String,
    standing: Standing,
    /// Whether this page has been online before.
    has_been_online: bool,
    /// The names in the outbox after the last step.
    waiting: Vec<ClientMessageId>,
    record: Record,
    life: Life,
}

impl Chatter {
    fn new(person: Person, publish: watch::Sender<Standing>) -> Self {
        let mut random = Rng::with_seed(person.seed);
        let tab = person.opens(Session::default(), random.fork());
        Self {
            publish,
            random,
            tab,
            storage: String::new(),
            standing: Standing::default(),
            has_been_online: false,
            waiting: Vec::new(),
            record: Record::new(person.number),
            life: Life::default(),
            person,
        }
    }

    async fn live(mut self, mut orders: mpsc::UnboundedReceiver<Command>) -> Record {
        self.feed(Input::Start);
        loop {
            tokio::select! {
                order = orders.recv() => match order {
                    Some(command) => self.obey(command),
                    None => break,
                },
                input = self.tab.next() => self.feed(input),
            }
        }
        self.record.lives.push(self.life);
        self.record.left = self.tab.session().outbox().entries().to_vec();
        self.tab.leave(Leaving::Closing);
        self.record
    }

    fn obey(&mut self, command: Command) {
        match command {
            Command::Say { count, bytes } => {
                for _ in 0..count {
                    self.say(bytes);
                }
            }
            Command::Reload(leaving) => self.reload(leaving),
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
        // So that it is noticed if it is gone at once.
        self.waiting.push(id.clone());
        let said_at = 0;
        self.feed(Input::Say { id, text, said_at });
    }

    fn feed(&mut self, input: Input) {
        if let Some(kept) = self.tab.feed(input) {
            self.storage = kept;
        }
        self.look();
    }

    /// Notes what has changed.
    fn look(&mut self) {
        let session = self.tab.session();
        let timeline = session.timeline();
        self.life.look(timeline);
        let waiting = names(session);
        let gone = self.waiting.iter().filter(|name| !waiting.contains(name));
        self.record.acknowledged.extend(gone.cloned());
        self.waiting = waiting;

        let online = session.phase().is_online();
        let reconnected = online && !self.standing.online && self.has_been_online;
        self.has_been_online |= online;
        if let Some(end) = timeline.end() {
            let epoch = end.epoch.as_str();
            if !self.record.epochs.contains(epoch) {
                self.record.epochs.insert(epoch.to_owned());
            }
        }
        let last = timeline.entries().next_back();
        self.standing = Standing {
            online,
            reconnections: self.standing.reconnections + u64::from(reconnected),
            said: self.record.said.len(),
            acknowledged: self.record.acknowledged.len(),
            waiting: self.waiting.len(),
            shows_up_to: last.and_then(|last| last.message.seq),
        };
        self.publish.send_replace(self.standing.clone());
    }

    /// The page goes, with all that is not kept, and comes back; or another tab is opened, and the old one forgotten.
    fn reload(&mut self, leaving: Leaving) {
        let ids = self.tab.session().ids().to_vec();
        let session = Session::with_outbox(saved::restore(&self.storage)).known_as(ids);
        let tab = self.person.opens(session, self.random.fork());
        std::mem::replace(&mut self.tab, tab).leave(leaving);
        self.record.lives.push(std::mem::take(&mut self.life));
        self.has_been_online = false;
        // What was not kept is not acknowledged by being gone.
        self.waiting = names(self.tab.session());
        self.feed(Input::Start);
    }
}

impl Person {
    fn opens(&self, session: Session, random: Rng) -> Tab {
        Tab::new(session, self.address, &self.path, random)
    }
}

/// The messages in the outbox.
fn names(session: &Session) -> Vec<ClientMessageId> {
    let outbox = session.outbox().entries().iter();
    outbox.map(|pending| pending.id.clone()).collect()
}
