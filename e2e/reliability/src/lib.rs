//! Tests of the delivery guarantee: after any sequence of faults, every message is delivered once, in order.
//!
//! Two programs inject faults into the chat and record what every client sent, believed and displayed. One checker judges
//! both histories by the same rules. `simulate` runs the real sessions and handlers on one thread with virtual time, so a
//! seed reproduces a run exactly. `chaos` attacks real processes over real sockets, so it also covers the gateway, the
//! function processes and DynamoDB.
//!
//! # Layout
//!
//! - `labelled`: enumerations with labels
//! - [`verdict`]: the kinds of violation, and the result of a check
//! - [`sequence`]: the order of one displayed timeline
//! - [`history`]: the evidence that a run collects; [`recorder`] collects it from one client
//! - [`checker`]: finds the violations in a history
//! - [`counters`]: how many faults of each kind were injected
//! - [`report`]: terminal output
//! - [`simulation`]: the deterministic simulation
//! - [`chaos`]: the attack on the local stack

mod labelled;

pub mod verdict;

mod sequence;

pub mod history;

pub mod recorder;

mod checker;

pub mod counters;

pub mod report;

pub mod simulation;

pub mod chaos;
