//! Parts of the benchmarks that tests use as a library.
//!
//! # Layout
//!
//! - [`chat_load`]: many clients of the chat at once, with a ledger of every message and its latency

pub mod chat_load;
