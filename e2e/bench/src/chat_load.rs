//! Many clients in one chat. Every delivery is counted and timed.
//!
//! With [`Load`], clients take turns at sending at a steady rate. With a [`Room`], one client sends as fast as all clients receive.
//!
//! A load sends messages on schedule, whether earlier ones have arrived or not (an open loop), and a latency is counted from when the
//! message was *due*. A stall therefore shows in every message that it delayed instead of in only one of them
//! (Gil Tene, "How NOT to Measure Latency", calls the mistake coordinated omission).
//!
//! Everything happens on one thread: one task per client, and one that sends.
//!
//! # Layout
//!
//! - [`cli`]: the command line of `bench load`
//! - [`schedule`]: when each message is due, and which client sends it; pure
//! - [`ledger`]: outstanding deliveries; pure
//! - [`crowd`]: the connected clients; [`client`]: one of them; [`connector`]: connects it; [`clients`]: a set of them; [`shared`]: their common state
//! - [`closed_loop`]: one client that sends
//! - [`faults`]: counts failures by kind
//! - [`report`]: the result; [`mod@format`]: the format of numbers
//! - [`system`]: raises the limits of this process and measures what it uses

pub mod cli;

mod client;
mod clients;
mod closed_loop;
mod connector;
mod crowd;
mod faults;
mod format;
mod ledger;
mod report;
mod schedule;
mod shared;
mod system;

use std::time::{Duration, Instant};

use tokio::task::LocalSet;

pub use closed_loop::{Room, Sent};
pub use report::Report;
pub use schedule::Schedule;
pub(crate) use schedule::parse_rate;
pub use system::{SystemError, make_room};

use self::crowd::{Crowd, Setup};
use self::shared::Shared;
use self::system::Usage;

/// How often progress is reported.
const PROGRESS_INTERVAL: Duration = Duration::from_millis(500);

/// How often outstanding deliveries are checked.
const CHECK_INTERVAL: Duration = Duration::from_millis(20);

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
    /// Whether clients introduce themselves, as those of the app do. They then receive several messages in a frame.
    pub introduced: bool,
    /// The pause between the last handshake and the first message.
    pub settle: Duration,
    /// The time limit for a handshake, and for the last delivery.
    pub timeout: Duration,
}

/// Nothing could be measured.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// No client could connect, or too few.
    #[error("{connected} of {clients} clients could connect to {address}: {reason}")]
    NotConnected {
        /// How many could.
        connected: usize,
        /// How many were to.
        clients: usize,
        /// Where.
        address: String,
        /// The most frequent reason.
        reason: String,
    },
    /// Not every client received every message.
    #[error("{missing} deliveries are missing: {reason}")]
    Undelivered {
        /// How many deliveries.
        missing: u64,
        /// The most frequent failure, or the time limit.
        reason: String,
    },
    /// The runtime of the clients cannot be started.
    #[error("cannot start the clients: {0}")]
    Runtime(std::io::Error),
    /// Connections cannot be encrypted here.
    #[error("cannot read the certificates that this system trusts: {0}")]
    Certificates(String),
}

impl Load {
    /// Connects, sends and counts; passes a line about its progress to `tell` twice a second.
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
    pub async fn run(&self, tell: impl FnMut(String)) -> Result<Report, LoadError> {
        LocalSet::new().run_until(self.run_locally(tell)).await
    }

    async fn run_locally(&self, mut tell: impl FnMut(String)) -> Result<Report, LoadError> {
        let usage = Usage::begin();
        let setup = Setup {
            address: &self.address,
            clients: self.clients,
            required: 1,
            connect_rate: self.connect_rate,
            timeout: self.timeout,
            size: self.size,
            with_ids: true,
            introduced: self.introduced,
        };
        let crowd = Crowd::connect(setup, &mut tell).await?;
        let shared = &crowd.shared;
        let (connected, connecting) = (crowd.len(), shared.begun.elapsed());
        tokio::time::sleep(self.settle).await;

        let first = shared.begun.elapsed();
        let end = self.send(first, &crowd, &mut tell).await;
        self.await_the_last(shared, &mut tell).await;

        let end = end.max(shared.ledger.borrow().figures().last_delivery);
        let sending = end.saturating_sub(first);
        let report = Report::new(self, connected, connecting, sending, shared, usage.end());
        crowd.leave().await;
        Ok(report)
    }

    /// Gives every message to a client when it is due, the first at `first`. Returns when it has given out the last one.
    async fn send(
        &self,
        first: Duration,
        crowd: &Crowd,
        tell: &mut impl FnMut(String),
    ) -> Duration {
        let shared = &crowd.shared;
        let mut next = 0;
        let mut before = (first, 0);
        let mut ticks = ticks();
        while next < self.schedule.messages() {
            let elapsed = shared.begun.elapsed();
            let due = first + self.schedule.intended(next);
            let Some(early) = due.checked_sub(elapsed).filter(|early| !early.is_zero()) else {
                let number = shared.ledger.borrow_mut().intend(due);
                if !crowd.send(Schedule::turn(next, crowd.len()), number) {
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
                    let deliveries = shared.ledger.borrow().figures().deliveries;
                    let per_second = format::per_second(
                        deliveries - before.1,
                        elapsed.saturating_sub(before.0),
                    );
                    before = (elapsed, deliveries);
                    let elapsed = elapsed.saturating_sub(first);
                    tell(shared.progress(elapsed, self.schedule.duration(), per_second));
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
    async fn await_the_last(&self, shared: &Shared, tell: &mut impl FnMut(String)) {
        let deadline = Instant::now() + self.timeout;
        let mut told = Instant::now();
        while shared.ledger.borrow().open() > 0 && Instant::now() < deadline {
            tokio::time::sleep(CHECK_INTERVAL).await;
            if told.elapsed() >= PROGRESS_INTERVAL {
                told = Instant::now();
                let undelivered = shared.ledger.borrow().undelivered();
                tell(format!(
                    "waiting for {} deliveries",
                    format::grouped(undelivered)
                ));
            }
        }
    }
}

fn ticks() -> tokio::time::Interval {
    let mut ticks = tokio::time::interval(PROGRESS_INTERVAL);
    ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Skip);
    ticks
}
