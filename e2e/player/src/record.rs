//! An interactive terminal that records a transcript.
//!
//! Events are kept as they happened, and the transcript is made from all of them each time: which values deserve a capture is known only
//! when they appear again. The file is written after each typed line, so that nothing is lost however the program ends.
//!
//! # Layout
//!
//! - [`recording`]: the recorded events; pure
//! - [`names`]: which values are captured, under which name; pure
//! - [`mod@write`]: makes a transcript of the recording; pure
//! - [`secrets`]: keeps tokens and passwords out of it; pure
//! - [`heartbeat`]: recognises frames that are ignored; pure
//! - [`ticker`]: recognises what a server sends by itself with other values each time; pure
//! - [`replay`]: checks that the transcript passes if the same happens again; pure
//! - [`notation`]: the frame that a typed line sends; pure
//! - [`command`]: parses typed lines; pure
//! - [`session`]: runs the commands, and keeps the recording
//! - [`connection`]: one terminal's connection
//! - [`input`]: reads lines from a terminal with history, or from a pipe
//! - [`error`]: reasons why a recording fails

mod command;
mod connection;
mod error;
mod heartbeat;
mod input;
mod names;
mod notation;
#[cfg(test)]
mod properties;
mod recording;
mod replay;
mod secrets;
mod session;
mod ticker;
mod write;

pub use error::RecordError;
pub use input::Input;
pub use session::{Recorded, Recorder};

pub(crate) use command::{HELP, quoted};
