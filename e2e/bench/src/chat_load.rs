//! Many clients in one chat: they connect, take turns at sending at a steady rate, and every delivery is counted and timed.
//!
//! Messages are sent when the schedule says, whether those before them have arrived or not (an open loop), and a latency is counted
//! from when the message was *due*. A stall therefore shows in every message that it delayed instead of in only one of them
//! (Gil Tene, "How NOT to Measure Latency", calls the mistake coordinated omission).
//!
//! Everything happens on one thread: one task a client, and one that sends.
//!
//! # Layout
//!
//! - [`cli`]: the command line of `bench load`
//! - [`schedule`]: when each message is due, and which client sends it; pure
//! - [`ledger`]: outstanding deliveries; pure
//! - [`clients`]: a set of clients
//! - [`faults`]: counts failures by kind
//! - [`progress`]: the progress line
//! - [`report`]: the result; [`figures`]: the format of numbers
//! - [`client`]: one client's connection
//! - [`system`]: raises the limits of this process and measures what it uses

pub mod cli;

mod client;
mod clients;
mod faults;
mod figures;
mod ledger;
mod progress;
mod report;
mod schedule;
mod system;

use std::cell::RefCell;
use std::rc::Rc;
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, mpsc};
use tokio::task::{JoinSet, LocalSet};

pub use progress::Progress;
pub use report::Report;
pub use schedule::Schedule;
pub(crate) use schedule::parse_rate;
pub use system::{SystemError, make_room};

use self::client::{Client, Connector, Outcome};
use self::faults::Faults;
use self::ledger::Ledger;
use self::system::Usage;

/// The maximum of concurrent handshakes.
const HANDSHAKES: usize = 64;

/// How often progress is reported.
const TOLD_EVERY: Duration = Duration::from_millis(500);

/// How often outstanding deliveries are checked.
const LOOKED_EVERY: Duration = Duration::from_millis(20);

/// The time limit for closing handshakes, which are not measured.
const HANGING_UP: Duration = Duration::from_secs(2);

/// The load to generate.
#[derive(Clone, Debug)]
pub struct Load {
    /// The address, ws:// or wss://.
    pub address: String,
    /// How many clients connect.
    pub clients: usize,
    /// How many of them start to connect per second.
    pub connect_rate: f64,
    /// When messages are sent.
    pub schedule: Schedule,
    /// Length of a message, in bytes; a few more if that is too short to tell messages apart.
    pub size: usize,
    /// The pause between the last handshake and the first message.
    pub settle: Duration,
    /// The time limit for a handshake, and for the last delivery.
    pub timeout: Duration,
}

/// Nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// No client could connect.
    #[error("no client could connect to {address}: {reason}")]
    NoClientConnected {
        /// Where.
        address: String,
        /// The most frequent reason.
        reason: String,
    },
    /// Connections cannot be encrypted here.
    #[error("cannot read the certificates that this system trusts: {0}")]
    Certificates(String),
}

/// State of all tasks. They share a thread, so borrows do not overlap as long as none is held across an await.
struct Shared {
    ledger: RefCell<Ledger>,
    faults: RefCell<Faults>,
    begun: Instant,
    run: String,
}

impl Load {
    /// Connects, sends and counts; reports progress to `tell` twice a second.
    ///
    /// Needs a Tokio runtime of one thread, with I/O and time.
    ///
    /// # Errors
    ///
    /// If no client could connect. All other failures are counted in the report.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops all connections without a closing handshake.
    pub async fn run(&self, tell: impl FnMut(&Progress)) -> Result<Report, LoadError> {
        LocalSet::new().run_until(self.run_locally(tell)).await
    }

    async fn run_locally(&self, mut tell: impl FnMut(&Progress)) -> Result<Report, LoadError> {
        let shared = Rc::new(Shared {
            ledger: RefCell::new(Ledger::new(self.clients)),
            faults: RefCell::new(Faults::default()),
            begun: Instant::now(),
            run: format!("{:08x}", fastrand::u32(..)),
        });
        let usage = Usage::begin();
        let (mut tasks, senders) = self.connect(&shared, &mut tell).await?;
        let (connected, connecting) = (senders.len(), shared.begun.elapsed());
        tokio::time::sleep(self.settle).await;

        let first = shared.begun.elapsed();
        let end = self.send(first, &shared, &senders, &mut tell).await;
        self.await_the_last(&shared, &mut tell).await;

        let report = {
            let ledger = shared.ledger.borrow();
            let end = end.max(ledger.last_delivery());
            Report::new(
                self,
                connected,
                connecting,
                end.saturating_sub(first),
                &ledger,
                shared.faults.borrow().clone(),
                usage.end(),
            )
        };
        // Clients disconnect when their senders are dropped.
        drop(senders);
        let _ = tokio::time::timeout(HANGING_UP, async {
            while tasks.join_next().await.is_some() {}
        })
        .await;
        Ok(report)
    }

    /// Connects all clients. Returns their tasks and the senders of their commands.
    async fn connect(
        &self,
        shared: &Rc<Shared>,
        tell: &mut impl FnMut(&Progress),
    ) -> Result<(JoinSet<()>, Vec<mpsc::UnboundedSender<u64>>), LoadError> {
        let connector = Rc::new(Connector::new(&self.address, self.timeout)?);
        let handshakes = Rc::new(Semaphore::new(HANDSHAKES));
        let (opened_sender, mut opened) = mpsc::unbounded_channel();
        let mut tasks = JoinSet::new();
        let pace = Schedule::at_rate(self.connect_rate);
        let mut asked = 0;
        let mut ended = 0;
        let mut senders = Vec::with_capacity(self.clients);
        let mut ticks = ticks();
        while ended < self.clients {
            let wait = pace
                .intended(asked as u64)
                .saturating_sub(shared.begun.elapsed());
            tokio::select! {
                biased;
                _ = ticks.tick() => {
                    let failed = ended - senders.len();
                    tell(&Progress::Connecting { connected: senders.len(), of: self.clients, failed });
                }
                Some(outcome) = opened.recv() => {
                    ended += 1;
                    match outcome {
                        Outcome::Connected(sender) => senders.push(sender),
                        Outcome::Failed => {}
                    }
                }
                () = tokio::time::sleep(wait), if asked < self.clients => {
                    // Rates may exceed the resolution of the timer.
                    while asked < self.clients && pace.intended(asked as u64) <= shared.begun.elapsed() {
                        let client = Client {
                            number: asked,
                            shared: shared.clone(),
                            connector: connector.clone(),
                            size: self.size,
                        };
                        tasks.spawn_local(client.live(handshakes.clone(), opened_sender.clone()));
                        asked += 1;
                    }
                }
            }
        }
        if senders.is_empty() {
            let reason = shared.faults.borrow().most_frequent().to_owned();
            let address = self.address.clone();
            return Err(LoadError::NoClientConnected { address, reason });
        }
        Ok((tasks, senders))
    }

    /// Gives every message to a client when it is due, the first at `first`. Returns when it has given out the last one.
    async fn send(
        &self,
        first: Duration,
        shared: &Shared,
        senders: &[mpsc::UnboundedSender<u64>],
        tell: &mut impl FnMut(&Progress),
    ) -> Duration {
        let mut next = 0;
        let mut before = (first, 0);
        let mut ticks = ticks();
        while next < self.schedule.messages() {
            let elapsed = shared.begun.elapsed();
            let due = first + self.schedule.intended(next);
            let Some(early) = due.checked_sub(elapsed).filter(|early| !early.is_zero()) else {
                let number = shared.ledger.borrow_mut().intend(due);
                if !give(senders, next, number) {
                    shared.ledger.borrow_mut().not_sent(number);
                    shared
                        .faults
                        .borrow_mut()
                        .count("no client was left to send");
                    break;
                }
                next += 1;
                // Receiving must not starve.
                tokio::task::yield_now().await;
                continue;
            };
            tokio::select! {
                biased;
                _ = ticks.tick() => {
                    let deliveries = shared.ledger.borrow().deliveries();
                    let per_second = figures::per_second(
                        deliveries - before.1,
                        elapsed.saturating_sub(before.0),
                    );
                    before = (elapsed, deliveries);
                    let elapsed = elapsed.saturating_sub(first);
                    tell(&shared.progress(elapsed, self.schedule.duration(), per_second));
                }
                () = tokio::time::sleep(early) => {}
            }
        }
        // The last message has its share of the duration, too.
        let end = first + self.schedule.duration();
        tokio::time::sleep(end.saturating_sub(shared.begun.elapsed())).await;
        shared.begun.elapsed()
    }

    /// Waits until every delivery has arrived, or the time limit has passed.
    async fn await_the_last(&self, shared: &Shared, tell: &mut impl FnMut(&Progress)) {
        let deadline = Instant::now() + self.timeout;
        let mut told = Instant::now();
        while shared.ledger.borrow().open() > 0 && Instant::now() < deadline {
            tokio::time::sleep(LOOKED_EVERY).await;
            if told.elapsed() >= TOLD_EVERY {
                told = Instant::now();
                let undelivered = shared.ledger.borrow().undelivered();
                tell(&Progress::Waiting { undelivered });
            }
        }
    }
}

/// Gives message `number` to the client whose turn it is, or to the next one that is still connected.
fn give(senders: &[mpsc::UnboundedSender<u64>], turn: u64, number: u64) -> bool {
    let from = Schedule::turn(turn, senders.len());
    let (before, after) = senders.split_at(from);
    after
        .iter()
        .chain(before)
        .any(|sender| sender.send(number).is_ok())
}

fn ticks() -> tokio::time::Interval {
    let mut ticks = tokio::time::interval(TOLD_EVERY);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    ticks
}

impl Shared {
    fn progress(&self, elapsed: Duration, of: Duration, per_second: f64) -> Progress {
        let ledger = self.ledger.borrow();
        Progress::Sending {
            elapsed,
            of,
            connected: ledger.alive(),
            sent: ledger.sent_count(),
            per_second,
            p50: ledger.latency().percentile(50.0),
            p99: ledger.latency().percentile(99.0),
            errors: self.faults.borrow().total(),
        }
    }
}
