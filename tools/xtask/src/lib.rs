//! Code that `cargo xtask` shares with the programs it starts.
//!
//! # Layout
//! - [`sizes`]: what files weigh on the wire
//! - [`table`]: aligned tables of text
//!
//! The command itself is the crate of `main.rs`.

pub mod sizes;
pub mod table;
