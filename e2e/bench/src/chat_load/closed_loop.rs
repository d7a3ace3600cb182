//! A closed loop: the first client sends, and waits while too many messages are on their way to any client.

use std::time::Duration;

use tokio::runtime::{Builder, Runtime};
use tokio::task::LocalSet;
use tokio::time::timeout;

use super::LoadError;
use super::crowd::{Crowd, Setup};
use papagaio::latency::Latency;

/// The time limit for a handshake, and for the next message that all clients receive.
const LIMIT: Duration = Duration::from_secs(30);

/// How many clients start to connect per second.
const CONNECT_RATE: f64 = 1_000.0;

/// Connected clients, of which the first one sends.
pub struct Room {
    crowd: Crowd,
    // Dropped after the clients, which are its tasks.
    tasks: LocalSet,
    runtime: Runtime,
}

/// The figures of one run.
#[derive(Debug)]
pub struct Sent {
    /// The time from when each message was sent until all clients had it.
    pub until_all: Latency,
    /// How many messages reached a client.
    pub deliveries: u64,
    /// How many of them arrived after a later message.
    pub out_of_order: u64,
    /// The duration of the run.
    pub time: Duration,
}

impl Room {
    /// Connects `clients` to `address`.
    ///
    /// # Errors
    ///
    /// If one of them cannot connect.
    pub fn open(address: &str, clients: usize) -> Result<Self, LoadError> {
        let runtime = Builder::new_current_thread().enable_all().build();
        let (runtime, tasks) = (runtime.map_err(LoadError::Runtime)?, LocalSet::new());
        let setup = Setup {
            address,
            clients,
            required: clients,
            connect_rate: CONNECT_RATE,
            timeout: LIMIT,
            size: 0,
            // The peers know only the messages of the original's clients.
            with_ids: false,
            introduced: false,
        };
        let crowd = tasks.block_on(&runtime, Crowd::connect(setup, &mut |_| {}))?;
        Ok(Self {
            crowd,
            tasks,
            runtime,
        })
    }

    /// Sends `messages`, with at most `in_flight` of them on their way to any client.
    ///
    /// # Errors
    ///
    /// If a message does not reach every client.
    pub fn send(&mut self, messages: usize, in_flight: usize) -> Result<Sent, LoadError> {
        let sending = send(&self.crowd, messages, in_flight);
        self.tasks.block_on(&self.runtime, sending)
    }
}

async fn send(crowd: &Crowd, messages: usize, in_flight: usize) -> Result<Sent, LoadError> {
    let shared = &crowd.shared;
    shared.begin_run();
    let start = shared.begun.elapsed();
    for _ in 0..messages {
        while shared.ledger.borrow().open() >= in_flight {
            next_settled(crowd).await?;
        }
        let number = shared.ledger.borrow_mut().intend(shared.begun.elapsed());
        if !crowd.send(0, number) {
            return Err(undelivered(crowd, "no client is left to send"));
        }
    }
    while shared.ledger.borrow().open() > 0 {
        next_settled(crowd).await?;
    }
    let figures = shared.ledger.borrow().figures().clone();
    Ok(Sent {
        until_all: figures.until_all,
        deliveries: figures.deliveries,
        out_of_order: figures.out_of_order,
        time: figures.last_delivery.saturating_sub(start),
    })
}

/// Waits until all clients have another message.
async fn next_settled(crowd: &Crowd) -> Result<(), LoadError> {
    let settled = timeout(LIMIT, crowd.shared.settled.notified()).await;
    let faults = crowd.shared.faults.borrow();
    if faults.total() > 0 {
        return Err(undelivered(crowd, faults.most_frequent()));
    }
    settled.map_err(|_| undelivered(crowd, &format!("no delivery in {} s", LIMIT.as_secs())))
}

fn undelivered(crowd: &Crowd, reason: &str) -> LoadError {
    LoadError::Undelivered {
        missing: crowd.shared.ledger.borrow().undelivered(),
        reason: reason.to_owned(),
    }
}
