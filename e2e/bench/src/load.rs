//! A hundred clients, one of which sends: how fast every client has a message, and what that costs, in the chat and its peers.

use std::path::Path;
use std::sync::mpsc::{Receiver, channel};
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use papo_bench::latency::Latency;
use xtask_lib::table::{Column, render};

use crate::client::{self, Delivery, Socket};
use crate::peers::{NodePeers, Peer};
use crate::proc;
use crate::units::{mebibytes, milliseconds};

/// The time limit for the next delivery.
const LIMIT: Duration = Duration::from_secs(30);

/// Messages sent before the measurement, so that the processes of all functions are running.
const WARM_UP: usize = 20;

/// How often each peer is measured. The run with the median rate counts.
const RUNS: usize = 3;

/// The measured numbers of messages in flight.
const IN_FLIGHT: [(&str, usize); 2] = [("one at a time", 1), ("four in flight", 4)];

/// The figures of one run.
#[derive(Debug)]
struct Figures {
    until_all: Latency,
    /// Deliveries a second.
    rate: f64,
    /// Milliseconds of processor time a delivery, of the whole system without its clients.
    cpu: f64,
    /// The share of deliveries, in percent, that arrived after a later message.
    out_of_order: f64,
}

/// Measures the chat and its peers, and prints one table. Without `node`, the Node peers are left out.
///
/// # Errors
///
/// If a system does not start, or a message does not reach every client.
pub(crate) fn print(
    programs: &Path,
    template: &Path,
    node: Option<&NodePeers>,
    clients: u32,
    messages: u32,
) -> Result<()> {
    let (clients, messages) = (usize::try_from(clients)?, usize::try_from(messages)?);
    let before = proc::load_average()?;
    let mut measured = vec![Measured::of(
        &Peer::papo(programs, template)?,
        clients,
        messages,
    )?];
    if let Some(node) = node {
        measured.push(Measured::of(&Peer::original(node)?, clients, messages)?);
        measured.push(Measured::of(&Peer::ws(node)?, clients, messages)?);
    }
    measured.push(Measured::of(&Peer::bare()?, clients, messages)?);
    let mut rows = Vec::new();
    for (way, (title, _)) in IN_FLIGHT.into_iter().enumerate() {
        let papo = measured[0].figures[way].rate;
        rows.extend(measured.iter().map(|peer| peer.row(title, way, papo)));
    }
    let columns = [
        Column::Words("one client sends"),
        Column::Words("to"),
        Column::Numbers("deliveries/s"),
        Column::Numbers("of Papo's"),
        Column::Numbers("ms until all, p50"),
        Column::Numbers("p99"),
        Column::Numbers("CPU ms/delivery"),
        Column::Numbers("out of order"),
        Column::Numbers("MiB"),
        Column::Numbers("processes"),
    ];
    println!(
        "\n{clients} clients, {messages} messages a run, medians of {RUNS} runs\n{}",
        render(&columns, &rows).trim_end()
    );
    println!(
        "load average before {before:.2}, after {:.2}",
        proc::load_average()?
    );
    Ok(())
}

/// The figures of one system.
struct Measured {
    name: &'static str,
    /// One entry each for [`IN_FLIGHT`].
    figures: Vec<Figures>,
    /// Kibibytes under load, shared pages counted once.
    memory: u64,
    processes: usize,
}

impl Measured {
    fn of(peer: &Peer, clients: usize, messages: usize) -> Result<Self> {
        Self::measure(peer, clients, messages)
            .with_context(|| format!("cannot measure {}", peer.name))
    }

    fn measure(peer: &Peer, clients: usize, messages: usize) -> Result<Self> {
        let mut room = Room::open(&peer.endpoint, clients)?;
        room.send(WARM_UP, 1, peer)?;
        let mut figures = Vec::new();
        for (_, in_flight) in IN_FLIGHT {
            let runs = (0..RUNS).map(|_| room.send(messages, in_flight, peer));
            let mut runs = runs.collect::<Result<Vec<_>>>()?;
            runs.sort_by(|one, other| one.rate.total_cmp(&other.rate));
            figures.push(runs.swap_remove(RUNS / 2));
        }
        let processes = peer.processes()?;
        // A process may exit while they are listed.
        let memories = processes
            .iter()
            .filter_map(|&process| proc::memory(process).ok());
        Ok(Self {
            name: peer.name,
            figures,
            memory: memories.map(|memory| memory.proportional).sum(),
            processes: processes.len(),
        })
    }

    fn row(&self, title: &str, way: usize, papo: f64) -> Vec<String> {
        let figures = &self.figures[way];
        vec![
            title.to_owned(),
            self.name.to_owned(),
            format!("{:.0}", figures.rate),
            format!("{:.2}", figures.rate / papo),
            milliseconds(figures.until_all.median()),
            milliseconds(figures.until_all.percentile(99.0)),
            format!("{:.3}", figures.cpu),
            format!("{:.1} %", figures.out_of_order),
            mebibytes(self.memory),
            self.processes.to_string(),
        ]
    }
}

/// How long a message takes to come back to the only client.
///
/// # Errors
///
/// As [`print()`].
pub(crate) fn alone(programs: &Path, template: &Path, messages: u32) -> Result<Latency> {
    let peer = Peer::papo(programs, template)?;
    let mut room = Room::open(&peer.endpoint, 1)?;
    room.send(WARM_UP, 1, &peer)?;
    Ok(room.send(usize::try_from(messages)?, 1, &peer)?.until_all)
}

/// The connected clients.
struct Room {
    clients: usize,
    sender: Socket,
    deliveries: Receiver<Delivery>,
    /// The number of the next message.
    next: usize,
}

impl Room {
    fn open(endpoint: &str, clients: usize) -> Result<Self> {
        let (reports, deliveries) = channel();
        let mut sender = None;
        for client in 0..clients {
            let socket = client::connect(endpoint)
                .with_context(|| format!("client {client} cannot connect"))?;
            sender.get_or_insert(client::writing_half(&socket)?);
            let reports = reports.clone();
            // It only reads, so a small stack is enough. It ends when the server closes the connection.
            std::thread::Builder::new()
                .stack_size(256 * 1024)
                .spawn(move || client::listen(client, socket, &reports))
                .context("cannot start a thread for each client")?;
        }
        let sender = sender.context("at least one client is needed")?;
        Ok(Self {
            clients,
            sender,
            deliveries,
            next: 0,
        })
    }

    /// Sends `messages`, with at most `in_flight` of them on their way to any client.
    fn send(&mut self, messages: usize, in_flight: usize, peer: &Peer) -> Result<Figures> {
        let cpu_before = proc::processor_seconds(&peer.processes()?);
        let first = self.next;
        self.next += messages;
        let mut sent = Vec::with_capacity(messages);
        let mut tally = Tally::new(first, messages, self.clients);
        let start = Instant::now();
        while !tally.is_complete() {
            while sent.len() < messages && sent.len() < tally.complete_messages() + in_flight {
                sent.push(Instant::now());
                self.sender
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
        // A process that was started meanwhile counts from zero.
        let cpu = proc::processor_seconds(&peer.processes()?) - cpu_before;
        Ok(tally.figures(&sent, time, cpu))
    }
}

/// The deliveries of one run.
struct Tally {
    first: usize,
    clients: usize,
    /// For each message: how many clients have received it, and when the last one did.
    delivered: Vec<(usize, Option<Instant>)>,
    /// For each client: the latest message it has received.
    latest: Vec<Option<usize>>,
    out_of_order: usize,
}

impl Tally {
    fn new(first: usize, messages: usize, clients: usize) -> Self {
        Self {
            first,
            clients,
            delivered: vec![(0, None); messages],
            latest: vec![None; clients],
            out_of_order: 0,
        }
    }

    fn add(&mut self, delivery: Delivery) {
        // A duplicate of an earlier run has a smaller number.
        let Some(delivered) = delivery
            .message
            .checked_sub(self.first)
            .and_then(|index| self.delivered.get_mut(index))
        else {
            return;
        };
        delivered.0 += 1;
        delivered.1 = delivered.1.max(Some(delivery.at));
        if let Some(latest) = self.latest.get_mut(delivery.client) {
            self.out_of_order += usize::from(*latest > Some(delivery.message));
            *latest = (*latest).max(Some(delivery.message));
        }
    }

    fn complete_messages(&self) -> usize {
        self.delivered
            .iter()
            .filter(|(count, _)| *count >= self.clients)
            .count()
    }

    fn is_complete(&self) -> bool {
        self.complete_messages() == self.delivered.len()
    }

    fn missing(&self) -> usize {
        self.delivered
            .iter()
            .map(|(count, _)| self.clients.saturating_sub(*count))
            .sum()
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of messages are far below 2^52"
    )]
    fn figures(&self, sent: &[Instant], time: Duration, cpu_seconds: f64) -> Figures {
        let deliveries = (self.delivered.len() * self.clients) as f64;
        let until_all = sent
            .iter()
            .zip(&self.delivered)
            .filter_map(|(sent, (_, last))| Some((*last)?.duration_since(*sent)));
        Figures {
            until_all: until_all.collect(),
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
    fn a_message_is_complete_when_every_client_has_it() {
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
        assert_eq!(figures.until_all.max(), Duration::from_millis(20));
        assert_eq!(
            (figures.rate, figures.cpu, figures.out_of_order),
            (2.0, 1.0, 25.0)
        );
    }

    #[test]
    fn messages_of_an_earlier_run_are_ignored() {
        let mut tally = Tally::new(10, 1, 1);
        tally.add(Delivery {
            client: 0,
            message: 9,
            at: Instant::now(),
        });
        assert_eq!((tally.complete_messages(), tally.out_of_order), (0, 0));
    }
}
