//! `cargo xtask data`: export, erasure and restore of a stage's messages.
//!
//! Reads and writes the messages table directly; [`papo_lambdas::message_log`] describes its items.
//!
//! # Layout
//!
//! - [`table`]: the table of a stage, item by item.
//! - [`export`]: a room as JSON lines.
//! - [`erase`]: deletes everything that a person wrote.
//! - [`point_in_time`]: restores the table of a stage to a new table.
//! - [`restore`]: replaces the logs of a stage by those of a restored backup.

pub mod erase;
pub mod export;
pub mod point_in_time;
pub mod restore;
pub mod table;
