//! A hundred clients, one of which sends: how soon every client has a message, and what that costs, in the chat and its peers.

use std::path::Path;

use anyhow::{Context, Result};
use papagaio::latency::Latency;
use papo_bench::chat_load::{Room, Sent};
use xtask_lib::table::{Column, render};

use crate::peers::{NodePeers, Peer};
use crate::proc;
use crate::units::{mebibytes, milliseconds};

/// Messages sent before the measurement, so that the processes of all functions are running.
const WARM_UP: usize = 20;

/// How many times each peer is measured. The run with the median rate counts.
const RUNS: usize = 3;

/// The measured numbers of messages in flight.
const IN_FLIGHT: [(&str, usize); 2] = [("one at a time", 1), ("four in flight", 4)];

/// The figures of one run.
#[derive(Debug)]
struct Figures {
    until_all: Latency,
    /// Deliveries per second.
    rate: f64,
    /// Milliseconds of processor time per delivery, of the whole system without its clients.
    cpu: f64,
    /// The share of deliveries, in percent, that arrived after a later message.
    out_of_order: f64,
}

impl Figures {
    /// Sends `messages`, with at most `in_flight` of them on their way to any client.
    #[expect(
        clippy::cast_precision_loss,
        reason = "counts of messages are far below 2^52"
    )]
    fn of(peer: &Peer, room: &mut Room, messages: usize, in_flight: usize) -> Result<Self> {
        let cpu_before = proc::processor_seconds(&peer.processes()?);
        let Sent {
            until_all,
            deliveries,
            out_of_order,
            time,
        } = room.send(messages, in_flight)?;
        // A process that was started meanwhile counts from zero.
        let cpu = proc::processor_seconds(&peer.processes()?) - cpu_before;
        let deliveries = deliveries as f64;
        Ok(Self {
            until_all,
            rate: deliveries / time.as_secs_f64(),
            cpu: cpu * 1000.0 / deliveries,
            out_of_order: out_of_order as f64 * 100.0 / deliveries,
        })
    }
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
    /// One entry for each of [`IN_FLIGHT`].
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
        room.send(WARM_UP, 1)?;
        let mut figures = Vec::new();
        for (_, in_flight) in IN_FLIGHT {
            let runs = (0..RUNS).map(|_| Figures::of(peer, &mut room, messages, in_flight));
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
pub(crate) fn alone(programs: &Path, template: &Path, messages: u32) -> Result<Latency> {
    let peer = Peer::papo(programs, template)?;
    let mut room = Room::open(&peer.endpoint, 1)?;
    room.send(WARM_UP, 1)?;
    Ok(room.send(usize::try_from(messages)?, 1)?.until_all)
}
