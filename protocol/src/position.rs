//! Positions in a room's message log.
//!
//! The back end appends every entry to a log before it broadcasts it, so the log is the truth and a broadcast is a
//! hint. `seq` gives an entry's place in the log and is the same for all clients. The epoch identifies the log: a `seq`
//! of one epoch says nothing about another.

use crate::wire_string::wire_string;

use serde::Serialize;

/// A sequence number in a message log. The first entry has 1, the next one 2; 0 is the position before all entries.
pub type Seq = u64;

wire_string! {
    /// Identifies a message log. Assigned by the back end when the log is created; clients only compare it.
    opaque Epoch
}

/// A position in a message log: after the entry `seq` of the log `epoch`.
///
/// On the wire, the head of a log is `"epoch":"m3k2x1","head":42`.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Position {
    /// The log.
    pub epoch: Epoch,
    /// The last entry before this position.
    #[serde(rename = "head")]
    pub seq: Seq,
}

/// The part of a message log that a client asks for.
///
/// On the wire it is one field of its frame: `"after":41` or `"before":42`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "camelCase")]
pub enum Range {
    /// The oldest entries after this one: what a client missed.
    After(Seq),
    /// The newest entries before this one: earlier entries.
    Before(Seq),
}
