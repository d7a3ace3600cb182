//! Code that `cargo xtask` shares with the programs it starts.
//!
//! # Layout
//! - [`table`]: aligned tables of text
//!
//! The command itself is the crate of `main.rs`.

pub mod table;
