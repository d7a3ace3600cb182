//! Transcripts as `wscat` prints them, replayed against a WebSocket endpoint; and the local stack that tests play them against.
//!
//! ```text
//! $ wscat -c ws://127.0.0.1:3001/dev
//! > {"action": "connected"}
//! < {"type":"connected","connectionId":"<string>"}
//! ```
//!
//! # Layout
//!
//! A transcript's way through the code, which is the reading order:
//!
//! - [`files`]: finds transcripts; the only part that reads files
//! - [`markdown`]: transcripts in documents
//! - [`source`]: their text, and places in it
//! - [`transcript`]: the text as steps; knows nothing of the network
//! - [`pattern`]: what a frame has to look like; pure
//! - [`endpoint`]: which address is really meant
//! - [`player`]: does the steps, and compares; knows nothing of files
//! - [`diagnostic`]: messages that point into the text
//! - [`suite`]: many transcripts, and what is printed about them
//! - [`cli`]: the command line of the program `papagaio`
//!
//! Beside it, what else the program does:
//!
//! - [`record`]: a terminal that writes a transcript of what happens in it
//! - [`update`]: lines that fail, written anew from what came
//! - `expectation`: what came, written as what is expected; pure
//! - [`mod@format`]: transcripts in one form
//!
//! Beside it, for tests of servers behind a local API Gateway:
//!
//! - [`stack`]: a gateway with the real functions, in a process of its own
//! - [`process`]: a process that ends with the test
//! - [`wait`]: waiting for a condition, with a time limit

pub mod files;
pub mod markdown;
pub mod source;

pub mod pattern;
pub mod transcript;

pub mod endpoint;
pub mod player;

pub mod diagnostic;
pub mod duration;

mod expectation;
pub mod format;
pub mod record;
pub mod update;

pub mod cli;
pub mod suite;

pub mod process;
pub mod stack;
pub mod wait;
