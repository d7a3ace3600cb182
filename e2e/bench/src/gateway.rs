//! What the local gateway itself costs, beside the least that a server could: deliveries through `@connections`, memory
//! of connections that say nothing, and the whole way of one message.

pub(crate) mod bare;
mod deliveries;
mod idle;
mod path;
mod quiet;
mod server;
mod socket;

use std::path::Path;

use anyhow::Result;

/// Prints one table each.
///
/// # Errors
/// When the gateway does not start, or when something does not answer.
pub(crate) fn print(programs: &Path, template: &Path, idle: usize, messages: u32) -> Result<()> {
    deliveries::print(programs)?;
    idle::print(programs, idle)?;
    path::print(programs, template, messages)
}
