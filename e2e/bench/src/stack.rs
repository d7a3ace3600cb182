//! Starts the gateway with the functions and the database for a measurement.

use std::path::Path;

use anyhow::Result;
use papagaio::stack::{Builder, Stack};

/// Starts the gateway of `programs` with its database in memory, and waits until it is ready.
pub(crate) fn start(programs: &Path, template: &Path) -> Result<Stack> {
    builder(programs, template).start()
}

/// The same with the chat's own template, without limits: all clients have one address, and thousands connect at once.
pub(crate) fn start_chat(programs: &Path, template: &Path) -> Result<Stack> {
    let builder = builder(programs, template);
    builder
        .parameter("RateLimit", "0")
        .parameter("RequestRate", "100000")
        .start()
}

fn builder(programs: &Path, template: &Path) -> Builder {
    Stack::builder(template, programs.join("gateway"))
        .functions(programs)
        // Logging would be a large part of the cost. Concurrent appends cancel transactions, which are warnings.
        .env("RUST_LOG", "error")
}
