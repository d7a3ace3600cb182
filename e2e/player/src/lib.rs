//! Plays `wscat` transcripts against a WebSocket server, and reports every difference.
//!
//! ```text
//! $ wscat -c ws://127.0.0.1:3001/dev
//! > {"action": "connected"}
//! < {"type":"connected","connectionId":"<string>"}
//! ```
//!
//! # Layout
//!
//! In reading order, which is a transcript's way through the code:
//!
//! - [`files`]: finds and reads transcripts
//! - [`markdown`]: transcripts in documents
//! - [`source`]: their text, and places in it
//! - [`transcript`]: the text as steps; knows nothing of the network
//! - [`pattern`]: patterns of expected frames; pure
//! - [`json`]: JSON values without loss
//! - [`endpoint`]: addresses, and which one replaces the one in a transcript
//! - [`proxy`]: HTTP proxies
//! - [`player`]: takes the steps, and compares; knows nothing of files
//! - [`diagnostic`]: messages that point into the text; `difference`: differences that cannot be seen
//! - [`suite`]: plays many transcripts and prints the results
//! - [`cli`]: the command line of the program `papagaio`
//!
//! The other commands:
//!
//! - [`record`]: a terminal that records a transcript
//! - [`update`]: rewrites lines that fail from what arrived
//! - `expectation`: the line that expects what arrived; pure
//! - [`mod@format`]: transcripts in one form
//! - [`load`]: one transcript, many clients; [`latency`]: durations as percentiles
//!
//! For tests of functions behind a local API Gateway:
//!
//! - [`stack`]: a gateway with its functions, in another process
//! - [`process`]: a process that ends with its handle
//! - [`wait`]: waiting for a condition, with a time limit; [`duration`]: parses and shows durations

pub mod files;
pub mod markdown;
pub mod source;

pub mod pattern;
pub mod transcript;

pub mod endpoint;
pub mod player;
pub mod proxy;

pub mod diagnostic;
mod difference;
pub mod duration;
pub mod json;

mod expectation;
pub mod format;
pub mod latency;
pub mod load;
pub mod record;
mod update;

pub mod cli;
mod suite;

pub mod process;
pub mod stack;
pub mod wait;
