//! `e2e load`: many clients at once.

use std::io::Write;

use anyhow::{Result, bail};
use clap::Args;

use crate::endpoint::Endpoint;

/// Drives a chat with many clients, and measures how long messages take.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The endpoint, ws:// or wss://.
    #[arg(long, default_value = "ws://127.0.0.1:3001/dev")]
    url: Endpoint,
}

const EXAMPLES: &str = "\
Examples:
  e2e load --clients 100 --rate 10 --duration 30s";

impl Arguments {
    /// Does what was asked, and says which exit code that gives.
    ///
    /// # Errors
    ///
    /// If nothing could be measured.
    pub fn run(self, _out: &mut impl Write) -> Result<u8> {
        bail!("cannot load {} yet", self.url)
    }
}
