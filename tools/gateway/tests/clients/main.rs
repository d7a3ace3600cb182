//! The executable with clients and functions that nobody here wrote or that are written in other languages: the AWS SDKs
//! for Rust, Python and JavaScript, `wscat`, the examples of `examples/`, and functions that are changed while they run.
//!
//! The SDKs for Python and JavaScript and `wscat` are found by two variables, which `cargo xtask test` sets:
//! `GATEWAY_BOTO3_PYTHON` names a Python that can import `boto3`, `GATEWAY_NODE_CLIENTS` a folder whose `node_modules`
//! holds `wscat` and `@aws-sdk/client-apigatewaymanagementapi`. Where one is not set, its tests say so and try nothing.

#![allow(
    clippy::expect_used,
    clippy::unwrap_used,
    reason = "the helpers of tests fail as tests do"
)]

mod boto3;
mod examples;
mod javascript_sdk;
#[expect(dead_code, reason = "the tests of robustness use more of it")]
mod program;
mod runtime_clients;
mod rust_sdk;
mod script;
mod watch;
mod wscat;
