//! The commands as one calls them, with shell scripts in the place of the tools: what is said when something is wrong,
//! and that nothing is left running.

#![allow(
    clippy::unwrap_used,
    reason = "clippy allows it in functions marked as tests, but not in their helpers"
)]

mod scripts;

mod chaos;
mod dev;
mod test;
mod tools;
