//! Support for the tests and benchmarks of the whole chat: this repository's gateway and functions as a local stack, the rows that
//! they write, and a browser.
//!
//! # Layout
//!
//! - [`build`](mod@build): builds the executables of the stack
//! - [`stack`]: starts one
//! - [`play`](mod@play): plays transcripts against one
//! - [`connections`]: rows of the connections table
//! - [`http_server`]: stands in for web servers and issuers of tokens
//! - [`browser`]: Chromium or Firefox, without a display; [`bidi`]: what WebDriver itself cannot do
//!
//! Everything that is not specific to the chat (stack, process, waiting, transcripts) is in the crate `papagaio`.

pub mod bidi;
pub mod browser;
pub mod build;
pub mod connections;
pub mod http_server;
pub mod play;
pub mod stack;

pub use build::{build, repository};
pub use play::play_alone;
