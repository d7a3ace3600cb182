//! Clients and functions that mean no good or know no better: the gateway stays up, serves the others, and says what
//! happened. `src/socket/conformance` tries every single way to break the protocol; here many things come at once.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "the helpers of tests fail as tests do"
)]

#[expect(dead_code, reason = "the tests with foreign clients use more of it")]
#[path = "../clients/program.rs"]
mod program;

#[path = "../corpus/mutate.rs"]
mod mutate;

mod crowd;
mod deaf;
mod noise;
mod readers;
mod slow;
mod templates;
mod wild;
