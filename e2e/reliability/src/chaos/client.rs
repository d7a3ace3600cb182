//! One client: the app's session, driven as the app drives it.
//!
//! A [`Tab`] plays the part of the browser; the rest is [`papo_protocol::Session`]. Each client is a task that takes
//! commands, keeps what survives a reload, and records its history.

mod socket;
mod tab;

use std::net::SocketAddr;
use std::sync::Arc;

use fastrand::Rng;
use papo_protocol::session::{Input, saved};
use papo_protocol::{ClientMessageId, MessageText, Seq, Session};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::latency::Stopwatch;
use super::source;
use crate::history::ClientHistory;
use crate::recorder::Recorder;
pub(super) use tab::Leaving;
use tab::Tab;

/// A command to a client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Command {
    /// Send `count` messages at once, of at least this many bytes each.
    Send { count: usize, bytes: usize },
    /// Reload or abandon the page.
    Reload(Leaving),
    /// Return to the page, as after a switch of tabs.
    Resume,
    /// Scroll up.
    ScrollUp,
}

/// The state of a client.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Status {
    pub(super) online: bool,
    /// How many times a page was online again after it was not. A reload is not a reconnection.
    pub(super) reconnections: u64,
    pub(super) sent: usize,
    pub(super) acknowledged: usize,
    /// The number of messages in its outbox.
    pub(super) waiting: usize,
    /// The last `seq` on its page. `None` if the page is empty.
    pub(super) shows_up_to: Option<Seq>,
}

/// A client that runs until it is asked for its history.
#[derive(Debug)]
pub(super) struct Client {
    commands: mpsc::UnboundedSender<Command>,
    status: watch::Receiver<Status>,
    task: JoinHandle<ClientHistory>,
}

/// The settings of a client.
#[derive(Clone, Debug)]
pub(super) struct ClientOptions {
    /// Counted from 0.
    pub(super) number: usize,
    /// Where it connects to.
    pub(super) address: SocketAddr,
    /// The path of the endpoint, with its slash.
    pub(super) path: String,
    /// The seed of its back-off.
    pub(super) seed: u64,
    /// Measures its messages.
    pub(super) stopwatch: Arc<Stopwatch>,
}

impl Client {
    /// A client that connects at once.
    pub(super) fn start(options: ClientOptions) -> Self {
        let (commands, receiver) = mpsc::unbounded_channel();
        let (publish, status) = watch::channel(Status::default());
        let task = tokio::spawn(Driver::new(options, publish).run(receiver));
        Self {
            commands,
            status,
            task,
        }
    }

    pub(super) fn tell(&self, command: Command) {
        // The task runs until `finish`.
        let _ = self.commands.send(command);
    }

    pub(super) fn status(&self) -> Status {
        self.status.borrow().clone()
    }

    /// Stops the client and returns its history.
    pub(super) async fn finish(self) -> Result<ClientHistory, tokio::task::JoinError> {
        drop(self.commands);
        self.task.await
    }
}

/// Drives the current page.
struct Driver {
    options: ClientOptions,
    publish: watch::Sender<Status>,
    began: Instant,
    random: Rng,
    tab: Tab,
    /// The browser's storage, which survives a reload.
    storage: String,
    status: Status,
    /// Whether this page was online before.
    was_online: bool,
    recorder: Recorder,
}

impl Driver {
    fn new(options: ClientOptions, publish: watch::Sender<Status>) -> Self {
        let mut random = Rng::with_seed(options.seed);
        let tab = options.open(Session::default(), random.fork());
        Self {
            publish,
            began: Instant::now(),
            random,
            tab,
            storage: String::new(),
            status: Status::default(),
            was_online: false,
            recorder: Recorder::new(options.number),
            options,
        }
    }

    async fn run(mut self, mut commands: mpsc::UnboundedReceiver<Command>) -> ClientHistory {
        self.feed(Input::Start);
        loop {
            tokio::select! {
                command = commands.recv() => match command {
                    Some(command) => self.carry_out(command),
                    None => break,
                },
                input = self.tab.next() => self.feed(input),
            }
        }
        let history = self.recorder.finish(self.tab.session());
        self.tab.leave(Leaving::Closing);
        history
    }

    fn carry_out(&mut self, command: Command) {
        match command {
            Command::Send { count, bytes } => {
                for _ in 0..count {
                    self.send(bytes);
                }
            }
            Command::Reload(leaving) => self.reload(leaving),
            Command::Resume => self.feed(Input::TryNow),
            Command::ScrollUp => self.feed(Input::LoadEarlier),
        }
    }

    fn send(&mut self, bytes: usize) {
        let (id, text) = message(
            self.options.number,
            self.recorder.history().sent.len(),
            bytes,
        );
        // Both are valid by construction.
        let (Ok(id), Ok(text)) = (ClientMessageId::parse(id), MessageText::parse(text)) else {
            return;
        };
        self.recorder.send(id.clone(), text.as_str().to_owned());
        self.options.stopwatch.sent(id.clone());
        let sent_at = 0;
        self.feed(Input::Send {
            id,
            content: text.into(),
            sent_at,
        });
    }

    fn feed(&mut self, input: Input) {
        let fed = self.tab.feed(input);
        if let Some(saved) = fed.saved {
            self.storage = saved;
        }
        if fed.connects {
            let elapsed = self.began.elapsed().as_millis();
            self.recorder
                .connect(u64::try_from(elapsed).unwrap_or(u64::MAX));
        }
        self.observe();
    }

    fn observe(&mut self) {
        let session = self.tab.session();
        for entry in self.recorder.observe(session, true).shown {
            if let Some(id) = &entry.message.client_message_id {
                self.options.stopwatch.displayed(id);
            }
        }
        let online = session.phase().is_online();
        let reconnected = online && !self.status.online && self.was_online;
        self.was_online |= online;
        let last = session.timeline().entries().next_back();
        let history = self.recorder.history();
        self.status = Status {
            online,
            reconnections: self.status.reconnections + u64::from(reconnected),
            sent: history.sent.len(),
            acknowledged: history.acknowledged.len(),
            waiting: session.outbox().entries().len(),
            shows_up_to: last.and_then(|last| last.message.seq),
        };
        self.publish.send_replace(self.status.clone());
    }

    /// Replaces the page by a new one that knows only what was saved.
    fn reload(&mut self, leaving: Leaving) {
        let ids = self.tab.session().connection_ids().to_vec();
        let cache = self.tab.session().cache();
        let session = Session::with_outbox(saved::restore(&self.storage)).with_connection_ids(ids);
        let tab = self.options.open(session, self.random.fork());
        std::mem::replace(&mut self.tab, tab).leave(leaving);
        self.recorder.reload(self.tab.session());
        self.was_online = false;
        self.feed(Input::Start);
        if let Some(cache) = cache {
            self.feed(Input::Restore(cache));
        }
    }
}

impl ClientOptions {
    fn open(&self, session: Session, random: Rng) -> Tab {
        let from = source::of_client(self.number);
        Tab::new(session, from, self.address, &self.path, random)
    }
}

/// The id and text of message `number` of a client, both counted from 0, of at least this many bytes.
fn message(client: usize, number: usize, bytes: usize) -> (String, String) {
    let (client, number) = (client + 1, number + 1);
    let mut text = format!("client {client}, message {number}");
    while text.len() < bytes {
        text.push_str(" and so on");
    }
    (format!("chaos-{client}-{number}"), text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn messages_are_identified_by_client_and_number() {
        let (id, text) = message(6, 11, 0);
        assert_eq!((&*id, &*text), ("chaos-7-12", "client 7, message 12"));
        assert!(ClientMessageId::parse(id).is_ok());
    }

    #[test]
    fn long_messages_are_valid() {
        let (_, text) = message(0, 0, 4_000);
        assert!((4_000..4_020).contains(&text.len()));
        assert!(MessageText::parse(text).is_ok());
    }
}
