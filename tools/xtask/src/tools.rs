//! Tools that are not part of the workspace: where each is found, and how it comes here when it is missing.
//!
//! # Layout
//! - [`path`]: what is on PATH, and in which version
//! - [`cache`]: the per-user directory that installed tools live in, safe against interruption and against company
//! - [`crates`], [`npm`], [`python`], [`debian`]: the four places that tools come from
//! - one file a tool: [`rust_target`], [`trunk`], [`wasm_bindgen`], [`wasm_opt`], [`browser`], [`template_lint`], [`terser`],
//!   [`dynamodb_local`], [`cargo_lambda`], [`gateway_clients`]
//!
//! A binary on PATH of the right version is preferred to one of our own.

pub(crate) mod path;

pub(crate) mod cache;

pub(crate) mod crates;
pub(crate) mod debian;
pub(crate) mod npm;
pub(crate) mod python;

pub(crate) mod browser;
pub(crate) mod cargo_lambda;
pub(crate) mod dynamodb_local;
pub(crate) mod gateway_clients;
pub(crate) mod rust_target;
pub(crate) mod template_lint;
pub(crate) mod terser;
pub(crate) mod trunk;
pub(crate) mod wasm_bindgen;
pub(crate) mod wasm_opt;
