//! The clients of a run, on one thread, with the ledger of their messages.

use std::rc::Rc;
use std::time::Duration;

use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use super::client::{Client, Outcome};
use super::connector::Connector;
use super::format::grouped;
use super::schedule::Schedule;
use super::shared::Shared;
use super::{LoadError, ticks};

/// Maximum number of concurrent handshakes.
const HANDSHAKES: usize = 64;

/// The time limit for closing handshakes, which are not measured.
const HANGING_UP: Duration = Duration::from_secs(2);

/// How clients connect and what they send.
#[derive(Clone, Debug)]
pub(super) struct Setup<'a> {
    pub(super) address: &'a str,
    pub(super) clients: usize,
    /// How many of them must be able to connect.
    pub(super) required: usize,
    /// How many clients start to connect per second.
    pub(super) connect_rate: f64,
    /// The time limit for a handshake.
    pub(super) timeout: Duration,
    /// Length of a message, in bytes; a few more if that is too short to tell messages apart.
    pub(super) size: usize,
    /// Whether messages have a `clientMessageId`.
    pub(super) with_ids: bool,
    /// Whether clients introduce themselves.
    pub(super) introduced: bool,
}

/// The connected clients. They disconnect when this is dropped.
pub(super) struct Crowd {
    pub(super) shared: Rc<Shared>,
    senders: Vec<mpsc::UnboundedSender<u64>>,
    tasks: JoinSet<()>,
}

impl Crowd {
    /// Connects all clients, and calls `tell` twice a second. Needs a [`LocalSet`](tokio::task::LocalSet).
    pub(super) async fn connect(
        setup: Setup<'_>,
        tell: &mut impl FnMut(String),
    ) -> Result<Self, LoadError> {
        let shared = Rc::new(Shared::new(setup.clients));
        let connector = Rc::new(Connector::new(setup.address, setup.timeout)?);
        let handshakes = Rc::new(Semaphore::new(HANDSHAKES));
        let (opened_sender, mut opened) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        let pace = Schedule::at_rate(setup.connect_rate);
        let mut asked = 0;
        let mut ended = 0;
        let mut senders = Vec::with_capacity(setup.clients);
        let mut ticks = ticks();
        while ended < setup.clients {
            let wait = pace
                .intended(asked as u64)
                .saturating_sub(shared.begun.elapsed());
            tokio::select! {
                biased;
                _ = ticks.tick() => {
                    tell(progress(senders.len(), ended, setup.clients));
                }
                Some(outcome) = opened.recv() => {
                    ended += 1;
                    match outcome {
                        Outcome::Connected(sender) => senders.push(sender),
                        Outcome::Failed => {}
                    }
                }
                () = tokio::time::sleep(wait), if asked < setup.clients => {
                    // Rates may exceed the resolution of the timer.
                    while asked < setup.clients && pace.intended(asked as u64) <= shared.begun.elapsed() {
                        let client = Client {
                            number: asked,
                            shared: shared.clone(),
                            connector: connector.clone(),
                            size: setup.size,
                            with_ids: setup.with_ids,
                            introduced: setup.introduced,
                        };
                        tasks.spawn_local(client.live(handshakes.clone(), opened_sender.clone()));
                        asked += 1;
                    }
                }
            }
        }
        if senders.len() < setup.required {
            return Err(LoadError::NotConnected {
                connected: senders.len(),
                clients: setup.clients,
                address: setup.address.to_owned(),
                reason: shared.faults.borrow().most_frequent().to_owned(),
            });
        }
        Ok(Self {
            shared,
            senders,
            tasks,
        })
    }

    /// How many clients have connected.
    pub(super) fn len(&self) -> usize {
        self.senders.len()
    }

    /// Gives message `number` to client `from`, or to the next one that is still connected. `false` if there is none.
    pub(super) fn send(&self, from: usize, number: u64) -> bool {
        let (before, after) = self.senders.split_at(from);
        let mut senders = after.iter().chain(before);
        senders.any(|sender| sender.send(number).is_ok())
    }

    /// Closes all connections.
    pub(super) async fn leave(mut self) {
        drop(self.senders);
        let _ = tokio::time::timeout(HANGING_UP, async {
            while self.tasks.join_next().await.is_some() {}
        })
        .await;
    }
}

/// How many clients are connected, and how many of the attempts that have ended failed.
fn progress(connected: usize, ended: usize, of: usize) -> String {
    let grouped = |count: usize| grouped(count as u64);
    let line = format!("connecting: {} of {}", grouped(connected), grouped(of));
    match ended - connected {
        0 => line,
        failed => format!("{line}, {} failed", grouped(failed)),
    }
}
