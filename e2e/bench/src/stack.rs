//! Starts the gateway with the functions and the database for a measurement.

use std::path::Path;

use anyhow::Result;
use papagaio::stack::{Builder, Stack};

/// Starts the chat without limits: all clients have one address, and thousands connect at once.
pub(crate) fn start_chat(programs: &Path, template: &Path) -> Result<Stack> {
    let builder = builder(programs, template);
    builder
        .parameter("RateLimit", "0")
        .parameter("RequestRate", "100000")
        .start()
}

/// The gateway of `programs` with its database in memory.
pub(crate) fn builder(programs: &Path, template: &Path) -> Builder {
    Stack::builder(template, programs.join("gateway"))
        .functions(programs)
        // Logging would be a large part of the cost. Concurrent appends cancel transactions, which are warnings.
        .env("RUST_LOG", "error")
}
