//! Many clients, one of which speaks: how fast everybody hears it, and what that costs.

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use xtask_lib::table::{Column, render};

use crate::client::{self, Delivery, Socket};
use crate::original;
use crate::proc::{self, mebibytes};
use crate::stack::Stack;
use crate::stats::{Times, milliseconds};

/// How long the next delivery may take.
const LIMIT: Duration = Duration::from_secs(30);

/// Messages sent before anything is measured, so that the functions' processes are there.
const WARM_UP: usize = 20;

/// What one way of sending gave.
#[derive(Debug)]
struct Figures {
    until_all: Times,
    rate: f64,
    /// Milliseconds of processor time of gateway and functions a delivery.
    cpu: f64,
    /// Share of deliveries, in percent, that a client got after a later message.
    out_of_order: f64,
}

/// Prints both ways of sending, and the memory afterwards.
///
/// # Errors
/// When the gateway does not start, or when a message does not reach everybody.
pub(crate) fn print(programs: &Path, template: &Path, clients: u32, messages: u32) -> Result<()> {
    let (clients, messages) = (usize::try_from(clients)?, usize::try_from(messages)?);
    let stack = Stack::start(programs, template)?;
    let mut room = Room::open(stack.line("endpoint")?, clients)?;
    room.send(WARM_UP, 1, &stack)?;
    let one = room.send(messages, 1, &stack)?;
    let four = room.send(messages, 4, &stack)?;
    let mut rows = Vec::new();
    for (name, figures, original) in [
        ("one at a time", one, original::ONE_AT_A_TIME),
        ("four in flight", four, original::FOUR_IN_FLIGHT),
    ] {
        rows.push(row(name, &figures));
        let (median, slow) = original.until_all.unwrap_or_default();
        rows.push(
            [
                "  original",
                median,
                slow,
                original.rate,
                original.cpu,
                original.out_of_order,
            ]
            .map(str::to_owned)
            .to_vec(),
        );
    }
    let title = Column::Words("one of the clients sends");
    let numbers = [
        "ms until all, p50",
        "p99",
        "deliveries/s",
        "CPU ms/delivery",
        "out of order",
    ]
    .map(Column::Numbers);
    let columns: Vec<Column> = std::iter::once(title).chain(numbers).collect();
    println!(
        "\n{clients} clients, {messages} messages each way\n{}",
        render(&columns, &rows).trim_end()
    );
    print_memory(&stack)
}

/// How long a message takes to come back to the only client there is.
///
/// # Errors
/// As [`print()`].
pub(crate) fn alone(programs: &Path, template: &Path, messages: u32) -> Result<Times> {
    let stack = Stack::start(programs, template)?;
    let mut room = Room::open(stack.line("endpoint")?, 1)?;
    room.send(WARM_UP, 1, &stack)?;
    Ok(room.send(usize::try_from(messages)?, 1, &stack)?.until_all)
}

fn row(name: &str, figures: &Figures) -> Vec<String> {
    vec![
        name.to_owned(),
        milliseconds(figures.until_all.median()),
        milliseconds(figures.until_all.percentile(99)),
        format!("{:.0}", figures.rate),
        format!("{:.3}", figures.cpu),
        format!("{:.1} %", figures.out_of_order),
    ]
}

fn print_memory(stack: &Stack) -> Result<()> {
    let family = proc::family(stack.process())?;
    // A function that the gateway has just ended is no longer there to be asked.
    let memories: Vec<_> = family
        .iter()
        .filter_map(|&process| proc::memory(process).ok())
        .collect();
    let resident = memories.iter().map(|memory| memory.resident).sum();
    let proportional = memories.iter().map(|memory| memory.proportional).sum();
    let rows = [
        vec![
            format!(
                "gateway, database and {} functions",
                memories.len().saturating_sub(1)
            ),
            mebibytes(resident),
            mebibytes(proportional),
        ],
        vec![
            "original".to_owned(),
            original::MEMORY.to_owned(),
            String::new(),
        ],
    ];
    let columns = [
        Column::Words("memory under that load, in MiB"),
        Column::Numbers("resident"),
        Column::Numbers("proportional"),
    ];
    println!("\n{}", render(&columns, &rows).trim_end());
    Ok(())
}

/// The clients, all connected.
struct Room {
    clients: usize,
    speaker: Socket,
    deliveries: Receiver<Delivery>,
    /// The number of the next message.
    next: usize,
}

impl Room {
    fn open(endpoint: &str, clients: usize) -> Result<Self> {
        let (sender, deliveries) = channel();
        let mut speaker = None;
        for client in 0..clients {
            let socket = client::connect(endpoint)
                .with_context(|| format!("client {client} cannot connect"))?;
            speaker.get_or_insert(client::writing_half(&socket)?);
            let sender = sender.clone();
            // Reads alone, so small stacks are enough; it ends when the gateway closes the connection.
            std::thread::Builder::new()
                .stack_size(256 * 1024)
                .spawn(move || client::listen(client, socket, &sender))
                .context("cannot start one thread a client")?;
        }
        let speaker = speaker.context("a room needs at least one client")?;
        Ok(Self {
            clients,
            speaker,
            deliveries,
            next: 0,
        })
    }

    /// Sends `messages`, never more than `in_flight` of them before everybody has the first of those.
    fn send(&mut self, messages: usize, in_flight: usize, stack: &Stack) -> Result<Figures> {
        let processes = proc::family(stack.process())?;
        let cpu_before = proc::processor_seconds(&processes);
        let first = self.next;
        self.next += messages;
        let mut sent = Vec::with_capacity(messages);
        let mut tally = Tally::new(first, messages, self.clients);
        let start = Instant::now();
        while !tally.is_complete() {
            while sent.len() < messages && sent.len() < tally.complete_messages() + in_flight {
                sent.push(Instant::now());
                self.speaker
                    .send(client::frame(first + sent.len() - 1))
                    .context("cannot send")?;
            }
            let delivery = self.deliveries.recv_timeout(LIMIT).with_context(|| {
                format!(
                    "no delivery in {} s, {} are missing",
                    LIMIT.as_secs(),
                    tally.missing()
                )
            })?;
            tally.add(delivery);
        }
        let time = start.elapsed();
        // Functions that were started meanwhile count from zero.
        let cpu = proc::processor_seconds(&proc::family(stack.process())?) - cpu_before;
        Ok(tally.figures(&sent, time, cpu))
    }
}

/// Which deliveries have come.
struct Tally {
    first: usize,
    clients: usize,
    /// For each message: how many have it, and when the last got it.
    heard: Vec<(usize, Option<Instant>)>,
    /// For each client: the latest message that it has.
    latest: Vec<Option<usize>>,
    out_of_order: usize,
}

impl Tally {
    fn new(first: usize, messages: usize, clients: usize) -> Self {
        Self {
            first,
            clients,
            heard: vec![(0, None); messages],
            latest: vec![None; clients],
            out_of_order: 0,
        }
    }

    fn add(&mut self, delivery: Delivery) {
        // A message of the round before that came twice has a smaller number.
        let Some(heard) = delivery
            .message
            .checked_sub(self.first)
            .and_then(|index| self.heard.get_mut(index))
        else {
            return;
        };
        heard.0 += 1;
        heard.1 = heard.1.max(Some(delivery.at));
        if let Some(latest) = self.latest.get_mut(delivery.client) {
            self.out_of_order += usize::from(*latest > Some(delivery.message));
            *latest = (*latest).max(Some(delivery.message));
        }
    }

    fn complete_messages(&self) -> usize {
        self.heard
            .iter()
            .filter(|(count, _)| *count >= self.clients)
            .count()
    }

    fn is_complete(&self) -> bool {
        self.complete_messages() == self.heard.len()
    }

    fn missing(&self) -> usize {
        self.heard
            .iter()
            .map(|(count, _)| self.clients.saturating_sub(*count))
            .sum()
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of messages are far below 2^52"
    )]
    fn figures(&self, sent: &[Instant], time: Duration, cpu_seconds: f64) -> Figures {
        let deliveries = (self.heard.len() * self.clients) as f64;
        let until_all = sent
            .iter()
            .zip(&self.heard)
            .filter_map(|(sent, (_, last))| Some((*last)?.duration_since(*sent)));
        Figures {
            until_all: Times::new(until_all.collect()),
            rate: deliveries / time.as_secs_f64(),
            cpu: cpu_seconds * 1000.0 / deliveries,
            out_of_order: self.out_of_order as f64 * 100.0 / deliveries,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Tally;
    use crate::client::Delivery;
    use std::time::{Duration, Instant};

    #[test]
    fn a_message_counts_when_everybody_has_it() {
        let now = Instant::now();
        let after = |milliseconds| now + Duration::from_millis(milliseconds);
        let mut tally = Tally::new(10, 2, 2);
        for (client, message, at) in [(0, 10, 5), (0, 11, 6), (1, 11, 9)] {
            tally.add(Delivery {
                client,
                message,
                at: after(at),
            });
        }
        assert_eq!((tally.complete_messages(), tally.missing()), (1, 1));
        tally.add(Delivery {
            client: 1,
            message: 10,
            at: after(20),
        });
        assert!(tally.is_complete());
        let figures = tally.figures(&[now, now], Duration::from_secs(2), 0.004);
        assert_eq!(figures.until_all.longest(), Duration::from_millis(20));
        assert_eq!(
            (figures.rate, figures.cpu, figures.out_of_order),
            (2.0, 1.0, 25.0)
        );
    }

    #[test]
    fn a_message_of_an_earlier_round_is_not_counted() {
        let mut tally = Tally::new(10, 1, 1);
        tally.add(Delivery {
            client: 0,
            message: 9,
            at: Instant::now(),
        });
        assert_eq!((tally.complete_messages(), tally.out_of_order), (0, 0));
    }
}
