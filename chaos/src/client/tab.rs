//! What a browser's tab is for the app: clock, timer, random numbers and sockets.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use fastrand::Rng;
use papo_protocol::Session;
use papo_protocol::session::{Effect, Input, SocketId, saved};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

use super::socket::Socket;

/// A session, and what carries out its effects.
#[derive(Debug)]
pub(super) struct Tab {
    session: Session,
    address: SocketAddr,
    path: String,
    began: Instant,
    random: Rng,
    sockets: HashMap<SocketId, Socket>,
    happenings: mpsc::UnboundedSender<Input>,
    heard: mpsc::UnboundedReceiver<Input>,
}

/// How a tab ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Leaving {
    /// Its sockets say goodbye.
    Closing,
    /// It is gone without a word, as with a browser that crashes.
    Vanishing,
    /// It goes on for a while, as a tab does that was forgotten.
    Lingering(Duration),
}

impl Tab {
    /// A tab in which `session` is to begin, that connects to `path` at `address`.
    pub(super) fn new(session: Session, address: SocketAddr, path: &str, random: Rng) -> Self {
        let (happenings, heard) = mpsc::unbounded_channel();
        Self {
            session,
            address,
            path: path.to_owned(),
            began: Instant::now(),
            random,
            sockets: HashMap::new(),
            happenings,
            heard,
        }
    }

    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// The next thing that happens of itself.
    ///
    /// # Cancel safety
    ///
    /// Nothing is lost.
    pub(super) async fn next(&mut self) -> Input {
        let wake = self.session.wake_at().map(Duration::from_millis);
        let wake = wake.and_then(|after| self.began.checked_add(after));
        tokio::select! {
            // It never ends, because one of its senders is here.
            Some(input) = self.heard.recv() => input,
            () = sleep_until(wake.unwrap_or(self.began)), if wake.is_some() => Input::Woke,
        }
    }

    /// Hands in what happened and does what follows. What the session wants to be kept, if it does.
    pub(super) fn feed(&mut self, input: Input) -> Option<String> {
        let mut kept = None;
        let effects = self.session.step(input, self.now(), self.random.f64());
        for effect in effects {
            match effect {
                Effect::Connect(name) => {
                    let happenings = self.happenings.clone();
                    let socket = Socket::open(name, self.address, &self.path, happenings);
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
                Effect::Save => {
                    kept = Some(saved::save(self.session.outbox().entries().iter()));
                }
            }
        }
        kept
    }

    /// Ends it.
    pub(super) fn leave(mut self, how: Leaving) {
        match how {
            Leaving::Closing => self.sockets.drain().for_each(|(_, socket)| socket.close()),
            Leaving::Vanishing => self.sockets.drain().for_each(|(_, socket)| socket.vanish()),
            Leaving::Lingering(time) => {
                tokio::spawn(async move {
                    let life = async {
                        loop {
                            let input = self.next().await;
                            // Somebody else keeps what is to be kept.
                            let _ = self.feed(input);
                        }
                    };
                    let Err(_) = timeout(time, life).await;
                    self.leave(Leaving::Closing);
                });
            }
        }
    }

    /// Milliseconds since it was opened.
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
