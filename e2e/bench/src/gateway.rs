//! The cost of the local gateway itself, compared with a bare server: deliveries through `@connections`, memory of idle connections,
//! and the latency of one message.

pub(crate) mod bare;
mod deliveries;
mod idle;
mod path;
mod quiet;
mod socket;

use std::path::Path;

use anyhow::Result;

/// Prints a table for each, with `posts` to each client, `idle` connections and `messages`.
pub(crate) fn print(
    programs: &Path,
    template: &Path,
    posts: usize,
    idle: usize,
    messages: u32,
) -> Result<()> {
    deliveries::print(programs, posts)?;
    idle::print(programs, idle)?;
    path::print(programs, template, messages)
}
