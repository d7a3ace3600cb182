//! The commands as called from a shell, with scripts in place of the tools: messages on failure, and that no process
//! survives.

#![allow(
    clippy::unwrap_used,
    reason = "clippy allows it in functions marked as tests, but not in their helpers"
)]

mod release_server;
mod scripts;

mod bench;
mod chaos;
mod deploy;
mod dev;
mod output;
mod test;
mod tools;
