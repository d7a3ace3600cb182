//! Hostile and broken clients and functions: the gateway stays up, serves the others, and logs what happened.
//! `src/socket/tests/frames.rs` tries each way to violate the protocol by itself; here, many things happen at once.

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

// The memory of the gateway is read from /proc.
#[cfg(target_os = "linux")]
mod crowd;
#[cfg(target_os = "linux")]
mod deaf;
mod noise;
mod readers;
mod slow;
mod templates;
mod wild;
