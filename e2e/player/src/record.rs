//! An interactive terminal that writes down what happens, as a transcript.
//!
//! Everything that happens is kept as it happened, and made a transcript of in the end: only then it is known which values came
//! again, and so are worth a name. The file is written after each line that was typed, so that nothing is lost whatever ends the
//! program.
//!
//! # Layout
//!
//! - [`story`]: what happened; pure
//! - [`names`]: which values are captured, under which name; pure
//! - [`mod@write`]: the story as a transcript; pure
//! - [`replay`]: whether the transcript passes when the same happens again; pure
//! - [`notation`]: what a line that is typed sends; pure
//! - [`command`]: what a line that was typed means; pure
//! - [`session`]: does what is typed, and keeps the story
//! - [`connection`]: one terminal's connection
//! - [`input`]: where lines come from: a terminal with history, or a pipe

mod command;
mod connection;
mod input;
mod names;
mod notation;
#[cfg(test)]
mod properties;
mod replay;
mod session;
mod story;
mod write;

pub use input::Input;
pub use session::{RecordError, Recorded, Recorder};

pub(crate) use command::{HELP, quoted};
