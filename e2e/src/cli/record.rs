//! `e2e record`: an interactive terminal that writes down what happens.

use std::io::Write;
use std::path::PathBuf;

use anyhow::{Result, bail};
use clap::Args;

use crate::endpoint::Endpoint;

/// Writes down as a transcript what is typed and what comes back.
#[derive(Debug, Args)]
#[command(after_help = EXAMPLES)]
pub struct Arguments {
    /// The transcript to write.
    #[arg(value_name = "FILE")]
    path: PathBuf,

    /// The endpoint, ws:// or wss://.
    #[arg(long, default_value = "ws://127.0.0.1:3001/dev")]
    url: Endpoint,
}

const EXAMPLES: &str = "\
Examples:
  e2e record my-behaviour.wscat";

impl Arguments {
    /// Does what was asked, and says which exit code that gives.
    ///
    /// # Errors
    ///
    /// If nothing could be recorded.
    pub fn run(self, _out: &mut impl Write) -> Result<u8> {
        bail!(
            "cannot record {} from {} yet",
            self.path.display(),
            self.url
        )
    }
}
