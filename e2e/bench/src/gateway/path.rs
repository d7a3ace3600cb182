//! The latency of one chat message: frame, route, function, DynamoDB, `@connections`, frame; and the share of the gateway in it.

use std::path::Path;
use std::time::{Duration, Instant};

use anyhow::Result;
use papagaio::latency::Latency;
use xtask_lib::table::{Column, render};

use super::quiet::Quiet;
use super::socket::Socket;
use crate::load;

/// Messages that are sent first and not measured.
const WARM_UP: u32 = 20;

/// Prints how long a message takes without and with a function.
pub(crate) fn print(programs: &Path, template: &Path, messages: u32) -> Result<()> {
    let quiet = Quiet::start(programs)?;
    let mut socket = Socket::connect(quiet.address())?;
    let mut times = Latency::new();
    for round in 0..WARM_UP + messages {
        let start = Instant::now();
        socket.ask()?;
        if round >= WARM_UP {
            times.record(start.elapsed());
        }
    }
    drop(quiet);
    let rows = [
        row("frame to error frame, without a function", &times),
        row(
            "frame to function to table to post to frame",
            &load::alone(programs, template, messages)?,
        ),
    ];
    let columns = [
        Column::Words("one message, in µs"),
        Column::Numbers("p50"),
        Column::Numbers("p99"),
        Column::Numbers("longest"),
    ];
    println!("\n{}", render(&columns, &rows).trim_end());
    Ok(())
}

fn row(name: &str, times: &Latency) -> Vec<String> {
    let micro = |time: Duration| time.as_micros().to_string();
    vec![
        name.to_owned(),
        micro(times.median()),
        micro(times.percentile(99.0)),
        micro(times.max()),
    ]
}
