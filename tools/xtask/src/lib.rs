//! What the command `cargo xtask` shares with the programs that it calls: how numbers are shown.
//!
//! # Layout
//! - [`table`]: tables of text
//!
//! The command itself is `main.rs`, and its own root.

pub mod table;
