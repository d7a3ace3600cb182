//! Stands in for a browser tab: clock, timer, random numbers and sockets.

use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use fastrand::Rng;
use papo_protocol::Session;
use papo_protocol::session::{Effect, Input, SocketId, saved};
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep_until, timeout};

use super::socket::Socket;

/// A session, and the I/O that carries out its effects.
#[derive(Debug)]
pub(super) struct Tab {
    session: Session,
    from: Ipv4Addr,
    address: SocketAddr,
    path: String,
    began: Instant,
    random: Rng,
    sockets: HashMap<SocketId, Socket>,
    inputs: mpsc::UnboundedSender<Input>,
    incoming: mpsc::UnboundedReceiver<Input>,
}

/// How a page is left.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::chaos) enum Leaving {
    /// Its sockets are closed.
    Closing,
    /// It disappears without closing its sockets, as in a crash of the browser.
    Vanishing,
    /// It continues for a while, as a forgotten tab.
    Lingering(Duration),
}

/// What happened while an input was fed.
#[derive(Debug, Default)]
pub(super) struct Fed {
    /// The outbox, if the session asked to save it.
    pub(super) saved: Option<String>,
    /// Whether the session opened a connection.
    pub(super) connects: bool,
}

impl Tab {
    /// A tab for a session that has not started, which connects from the address `from` to `path` at `address`.
    pub(super) fn new(
        session: Session,
        from: Ipv4Addr,
        address: SocketAddr,
        path: &str,
        random: Rng,
    ) -> Self {
        let (inputs, incoming) = mpsc::unbounded_channel();
        Self {
            session,
            from,
            address,
            path: path.to_owned(),
            began: Instant::now(),
            random,
            sockets: HashMap::new(),
            inputs,
            incoming,
        }
    }

    pub(super) fn session(&self) -> &Session {
        &self.session
    }

    /// The next input from a socket or the timer.
    ///
    /// # Cancel safety
    ///
    /// Cancel safe: no input is lost.
    pub(super) async fn next(&mut self) -> Input {
        let wake = self.session.wake_at().map(Duration::from_millis);
        let wake = wake.and_then(|after| self.began.checked_add(after));
        tokio::select! {
            // Never `None`, because `self` holds a sender.
            Some(input) = self.incoming.recv() => input,
            () = sleep_until(wake.unwrap_or(self.began)), if wake.is_some() => Input::Timer,
        }
    }

    /// Feeds an input to the session, and carries out the effects.
    pub(super) fn feed(&mut self, input: Input) -> Fed {
        let mut fed = Fed::default();
        let effects = self.session.step(input, self.now(), self.random.f64());
        for effect in effects {
            match effect {
                Effect::Connect(id) => {
                    fed.connects = true;
                    let inputs = self.inputs.clone();
                    let socket = Socket::open(id, self.from, self.address, &self.path, inputs);
                    self.sockets.insert(id, socket);
                }
                Effect::Send(id, frame) => {
                    if let Some(socket) = self.sockets.get(&id) {
                        socket.send(frame);
                    }
                }
                Effect::Close(id) => {
                    if let Some(socket) = self.sockets.remove(&id) {
                        socket.close();
                    }
                }
                Effect::Save => {
                    fed.saved = Some(saved::save(self.session.outbox().entries().iter()));
                }
            }
        }
        fed
    }

    /// Leaves the page.
    pub(super) fn leave(mut self, how: Leaving) {
        match how {
            Leaving::Closing => self.sockets.drain().for_each(|(_, socket)| socket.close()),
            Leaving::Vanishing => self.sockets.drain().for_each(|(_, socket)| socket.vanish()),
            Leaving::Lingering(time) => {
                tokio::spawn(async move {
                    let lingering = async {
                        loop {
                            let input = self.next().await;
                            // The storage belongs to the next page.
                            let _ = self.feed(input);
                        }
                    };
                    let Err(_) = timeout(time, lingering).await;
                    self.leave(Leaving::Closing);
                });
            }
        }
    }

    /// Milliseconds since the page was opened.
    fn now(&self) -> u64 {
        u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX)
    }
}
