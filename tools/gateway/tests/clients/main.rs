//! The executable with third-party clients and with functions in other languages: the AWS SDKs for Rust, Python and
//! JavaScript, `wscat`, the examples of `examples/`, and functions that change while they run.
//!
//! Third-party clients are found by variables, which `cargo xtask test` sets: `GATEWAY_BOTO3_PYTHON` and
//! `GATEWAY_OLD_BOTO3_PYTHON` name a Python that can import `boto3`, the second in a version that speaks the query protocol
//! of SQS; `GATEWAY_NODE_CLIENTS` names a folder whose `node_modules` has `wscat` and the clients of the SDK for JavaScript
//! that the tests import. Where one is not set, its tests print so and pass.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "helpers of tests may panic"
)]

mod examples;
#[expect(dead_code, reason = "tests/robustness uses the rest")]
mod program;
mod runtime_clients;
mod rust_sdk;
mod script;
mod sdks;
mod watch;
mod wscat;
