//! The gateway as clients and functions meet it: real sockets, real processes (small functions in Python under
//! `tests/stack`), a real table. One file a subject.
//!
//! A test starts a [`stack::Stack`] of its own on a free port, so all run at once. It waits for what it wants to see,
//! never for a while.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "the helpers of tests fail as tests do"
)]

mod authorizing;
mod binary;
mod clients;
mod connecting;
mod events;
mod functions;
mod leaving;
mod management;
mod messages;
mod parts;
mod readme;
mod runtime;
mod services;
mod stack;
mod throttling;
