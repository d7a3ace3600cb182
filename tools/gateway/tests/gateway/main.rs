//! Tests the gateway as clients and functions see it, with real sockets, real processes (small Python functions under
//! `tests/stack`) and real tables. One file per subject.
//!
//! Each test starts its own [`stack::Stack`] on a free port, so all can run in parallel. Tests wait for conditions, never
//! for a fixed time.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "helpers of tests may panic as tests do"
)]

mod authorizing;
mod binary;
mod clients;
mod connecting;
mod console;
mod cross_origin;
mod events;
mod functions;
mod integrations;
mod invoke;
mod leaving;
mod managed;
mod management;
mod messages;
mod parts;
mod process;
mod readme;
mod runtime;
mod services;
mod shutdown;
mod sources;
mod stack;
mod throttling;
