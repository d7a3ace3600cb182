//! Messages to send, and the expected frames and end of a connection.

use std::ops::RangeInclusive;

use super::Bytes;
use crate::pattern::{Pattern, Template};

/// A message to send.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Payload {
    /// A text frame.
    Text(Template),
    /// `binary {"json":…}`: a binary frame with this text.
    BinaryText(Template),
    /// `<bytes 00 ff "text">`: a binary frame.
    Binary(Bytes),
    /// `/ping data`, with `--slash`.
    Ping(Template),
    /// `/pong data`, with `--slash`.
    Pong(Template),
}

impl Payload {
    /// Calls `found` with the name and place of every captured value and variable in it.
    pub fn captures<'a>(&'a self, found: &mut impl FnMut(&'a str, std::ops::Range<usize>)) {
        match self {
            Self::Text(text) | Self::BinaryText(text) | Self::Ping(text) | Self::Pong(text) => {
                text.captures(found);
            }
            Self::Binary(bytes) => bytes.captures(found),
        }
    }
}

/// An expected frame.
#[derive(Clone, Debug, PartialEq)]
pub enum Expected {
    /// A frame with JSON.
    Json(JsonFrame),
    /// A text frame, compared as text.
    Text(Template),
    /// `<bytes 00 ff>`: a binary frame.
    Binary(Bytes),
    /// `<text of 8192 bytes>`: a text frame of this size.
    TextOf(usize),
    /// `<binary of 8192 bytes>`: a binary frame of this size.
    BinaryOf(usize),
    /// `Received ping (data: "…")`, with `-P`.
    Ping(Template),
    /// `Received pong (data: "…")`, with `-P`.
    Pong(Template),
}

/// A frame with JSON: `{"a":1}`, `binary {"a":1}`, or `42<json>["a",1]</json><\x1e>`.
#[derive(Clone, Debug, PartialEq)]
pub struct JsonFrame {
    /// Whether it is a binary frame.
    pub binary: bool,
    /// The text before the JSON; mostly empty.
    pub before: Template,
    /// The JSON.
    pub pattern: Pattern,
    /// The text after the JSON; mostly empty.
    pub after: Template,
}

impl Expected {
    /// Calls `found` with the name and place of every capture and variable in it.
    pub fn captures<'a>(&'a self, found: &mut impl FnMut(&'a str, std::ops::Range<usize>)) {
        match self {
            Self::Json(frame) => {
                frame.before.captures(found);
                frame.pattern.captures(found);
                frame.after.captures(found);
            }
            Self::Text(template) | Self::Ping(template) | Self::Pong(template) => {
                template.captures(found);
            }
            Self::Binary(bytes) => bytes.captures(found),
            Self::TextOf(_) | Self::BinaryOf(_) => {}
        }
    }
}

/// How a connection must end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ending {
    /// `Disconnected`: in any way but by a violation of the protocol.
    Any,
    /// `Disconnected (code: 1000 | 4000..4999, reason: "…")`
    Closed {
        /// The close codes, as ranges; 1005 is none, 1006 an end without a close frame.
        codes: Vec<RangeInclusive<u16>>,
        /// The reason, if the line says one.
        reason: Option<Template>,
    },
    /// `Disconnected (protocol error: …)`: the other side violated the WebSocket protocol.
    ProtocolError(Template),
}
