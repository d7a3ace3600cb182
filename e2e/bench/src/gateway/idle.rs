//! Memory of idle connections.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::{Context, Result};
use papo_bench::chat_load::make_room;
use xtask_lib::table::{Column, render};

use super::quiet::Quiet;
use super::socket::Socket;
use crate::proc;

/// Connections that are opened first, so that one-time allocations of the gateway are not counted.
const WARM_UP: usize = 200;

/// Connects this many clients and prints how much memory each takes in the gateway, excluding the kernel's.
pub(crate) fn print(programs: &Path, connections: usize) -> Result<()> {
    make_room(connections + WARM_UP)?;
    let quiet = Quiet::start(programs)?;
    let address = quiet.address();
    let open = |count: usize| {
        (0..count)
            .map(|_| Socket::connect(address))
            .collect::<Result<Vec<_>>>()
    };
    let first = open(WARM_UP)?;
    let before = proc::anonymous(quiet.stack.id())?;
    let start = Instant::now();
    let mut sockets = open(connections)?;
    let took = start.elapsed();
    let after = proc::anonymous(quiet.stack.id())?;
    // The last client proves that all are connected.
    let last = sockets.last_mut().context("no connection was opened")?;
    let asked = Instant::now();
    last.ask()?;
    let answer = asked.elapsed();
    drop(first);
    let rows = [vec![
        connections.to_string(),
        each(after.saturating_sub(before), connections),
        format!("{:.1}", took.as_secs_f64()),
        microseconds(answer),
    ]];
    let columns = [
        Column::Words("idle connections"),
        Column::Numbers("KiB each (goal 12)"),
        Column::Numbers("s to connect all"),
        Column::Numbers("µs until the last is answered"),
    ];
    println!("\n{}", render(&columns, &rows).trim_end());
    Ok(())
}

#[expect(
    clippy::cast_precision_loss,
    reason = "memory is far below 2^52 kibibytes"
)]
fn each(kibibytes: u64, connections: usize) -> String {
    format!("{:.1}", kibibytes as f64 / connections as f64)
}

fn microseconds(time: Duration) -> String {
    time.as_micros().to_string()
}
