//! Support for the tests and benchmarks of the whole chat: this repository's gateway and functions as a local stack, and the rows that they write.
//!
//! # Layout
//!
//! - [`build`](mod@build): builds the executables of the stack
//! - [`stack`]: starts one
//! - [`play`](mod@play): plays a transcript against one
//! - [`connections`]: rows of the connections table
//! - [`browser`]: Chromium or Firefox, without a display; [`bidi`]: what WebDriver itself cannot do
//!
//! Everything that is not specific to the chat (stack, process, waiting, transcripts) is in the crate `papagaio`.

pub mod bidi;
pub mod browser;
pub mod build;
pub mod connections;
pub mod play;
pub mod stack;

pub use build::{build, repository};
pub use play::play;
