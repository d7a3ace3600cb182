//! Starts the gateway with the functions and the database for a measurement.

use std::path::Path;

use anyhow::Result;
use papagaio::stack::Stack;

/// Starts the gateway of `programs` with its database in memory, and waits until it is ready.
pub(crate) fn start(programs: &Path, template: &Path) -> Result<Stack> {
    Stack::builder(template, programs.join("gateway"))
        .functions(programs)
        // Logging would be a large part of the cost. Concurrent appends cancel transactions, which are warnings.
        .env("RUST_LOG", "error")
        .start()
}
