//! `papagaio load`: many clients play one transcript.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;

use super::settings::Options;
use crate::files;
use crate::load::Load;
use crate::player::needs_stack;

/// Maximum number of clients. More connections would need more ports than an address has.
const MAX_CLIENTS: i64 = 65_000;

/// Play one transcript with many clients, and measure the latency of each line.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The transcript that each client plays.
    #[arg(value_name = "FILE")]
    path: PathBuf,

    /// How many clients play it, each once.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=MAX_CLIENTS))]
    clients: u32,

    /// How many clients start per second, even if earlier ones have not finished.
    #[arg(long, value_name = "R", default_value = "10", value_parser = rate)]
    rate: f64,

    /// Print the result as JSON.
    #[arg(long)]
    json: bool,

    #[command(flatten)]
    options: Options,
}

const EXAMPLES: &str = "\
Latencies are shown for lines that connect, expect something or close. A line's latency is the time
from when it was due: for the first one, when the rate says that its client begins; for others, when
the line before was met, plus its pauses. A client that begins late, because the server or this
machine is busy, counts as slow and not as fast. Clients that see each other's frames need a
transcript that allows for that, with ignoring: or < ...

Exit code:
  0  every client passed
  1  some failed
  2  nothing could be tried

Example:
  papagaio load --clients 500 --rate 50 --url wss://staging.example.com login.wscat";

/// A number of clients in a second.
fn rate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(rate) if (0.01..=100_000.0).contains(&rate) => Ok(rate),
        _ => Err(format!(
            "\"{text}\" is not a rate; write a number from 0.01 to 100000"
        )),
    }
}

impl Arguments {
    /// Runs the load, and returns the exit code.
    ///
    /// # Errors
    ///
    /// If the file does not have exactly one transcript, or if only a local stack can play it.
    pub fn run(self, out: &mut impl Write) -> Result<u8> {
        let mut transcripts = files::read(&self.path)?;
        let (Some(transcript), None) = (transcripts.pop(), transcripts.pop()) else {
            bail!(
                "{}: a load needs one transcript, and there are several",
                self.path.display()
            );
        };
        if let Some((line, hook)) = needs_stack(&transcript) {
            bail!(
                "{}: line {line} needs a local stack: {hook}",
                self.path.display()
            );
        }
        let load = Load {
            transcript,
            settings: self.options.settings()?,
            clients: self.clients,
            rate: self.rate,
        };
        let report = super::runtime()?.block_on(load.run());
        if self.json {
            writeln!(out, "{:#}", report.to_json())?;
        } else {
            write!(out, "{report}")?;
        }
        Ok(u8::from(!report.all_passed()))
    }
}
