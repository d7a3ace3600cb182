//! `bench load`: many clients at once.

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use papagaio::duration;
use papagaio::endpoint::Endpoint;
use papo_protocol::limits::TEXT_BYTES;

use super::{Load, Schedule, make_room, parse_rate};

/// Maximum number of clients: more connections than a computer has ports.
const MAX_CLIENTS: i64 = 65_000;

/// Exit code if nothing could be measured.
const COULD_NOT_MEASURE: u8 = 2;

/// Fills a chat with clients, and measures how long messages take to reach all of them.
#[derive(Debug, Args)]
#[command(long_about = ABOUT, after_help = EXAMPLES)]
pub struct Arguments {
    /// The endpoint, ws:// or wss://.
    #[arg(long, default_value = "ws://127.0.0.1:3001/dev")]
    url: Endpoint,

    /// How many clients connect.
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=MAX_CLIENTS))]
    clients: u32,

    /// How many messages all clients together send per second.
    #[arg(long, value_name = "R", default_value = "10", value_parser = parse_rate)]
    rate: f64,

    /// How long messages are sent, such as 30s or 5min.
    #[arg(long, value_name = "TIME", default_value = "30s", value_parser = duration::parse)]
    duration: Duration,

    /// Length of a message, in bytes.
    #[arg(long, value_name = "BYTES", default_value_t = 64, value_parser = clap::value_parser!(u32).range(..=TEXT_BYTES as i64))]
    size: u32,

    /// Introduces the clients, as the app does, so that a frame may have several messages.
    #[arg(long)]
    introduced: bool,

    /// How many clients start to connect per second. AWS allows a new account 500.
    #[arg(long, value_name = "R", default_value = "500", value_parser = parse_rate)]
    connect_rate: f64,

    /// Pause between the last handshake and the first message.
    #[arg(long, value_name = "TIME", default_value = "1s", value_parser = duration::parse)]
    settle: Duration,

    /// Time limit for a handshake, and for the last delivery.
    #[arg(long, value_name = "TIME", default_value = "10s", value_parser = duration::parse)]
    timeout: Duration,

    /// Prints the result as JSON.
    #[arg(long)]
    json: bool,
}

const ABOUT: &str = "\
Fills a chat with clients, and measures how long messages take to reach all of them.

The clients connect, then take turns at sending {\"action\":\"sendMessage\",…}, together at the
requested rate; each message must reach all of them. Messages are sent when they are due, whether
earlier ones have arrived or not, and latency is counted from when a message was due: a stall of
the back end shows in all messages that it delayed.

All clients of the chat receive the messages. Against a stage on AWS each message costs an
invocation and one delivery a client, and each client a connection.";

const EXAMPLES: &str = "\
Exit code:
  0  every client received every message once, without errors
  1  messages were lost or duplicated, or there were errors
  2  nothing could be measured

Examples:
  cargo xtask bench load
  cargo xtask bench load --clients 5000 --rate 10 --duration 1min
  cargo xtask bench load --url wss://abc123.execute-api.sa-east-1.amazonaws.com/dev --clients 50 --rate 2 --json";

impl Arguments {
    /// Runs the load and returns the exit code; an error is printed and is [`COULD_NOT_MEASURE`].
    pub fn exit(self, out: &mut impl Write) -> ExitCode {
        match self.run(out) {
            Ok(code) => code.into(),
            Err(error) => {
                eprintln!("error: {error:#}");
                COULD_NOT_MEASURE.into()
            }
        }
    }

    /// Runs the load and prints the report. Returns the exit code.
    ///
    /// # Errors
    ///
    /// If nothing could be measured.
    pub fn run(self, out: &mut impl Write) -> Result<u8> {
        let clients = self.clients as usize;
        make_room(clients)?;
        let load = Load {
            address: self.url.to_string(),
            clients,
            connect_rate: self.connect_rate,
            schedule: Schedule::new(self.rate, self.duration),
            size: self.size as usize,
            introduced: self.introduced,
            settle: self.settle,
            timeout: self.timeout,
        };
        // Visible only on a terminal.
        let live =
            ProgressBar::new_spinner().with_style(ProgressStyle::with_template("{wide_msg}")?);
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()?;
        let report = runtime.block_on(load.run(|progress| live.set_message(progress)));
        live.finish_and_clear();
        let report = report?;
        if self.json {
            writeln!(out, "{:#}", report.to_json())?;
        } else {
            write!(out, "{report}")?;
        }
        Ok(u8::from(!report.is_flawless()))
    }
}
