//! Tools that are not part of the workspace: how each is found, and installed if it is missing.
//!
//! # Layout
//! - [`path`]: programs on PATH and their versions
//! - [`cache`]: the per-user directory of installed tools, safe against interruption and concurrent installation
//! - [`crates`], [`release`], [`npm`], [`python`], [`debian`]: where tools come from
//! - one file per tool: [`rust_target`], [`trunk`], [`wasm_bindgen`], [`wasm_opt`], [`browser`], [`firefox`], [`template_lint`],
//!   [`checkov`], [`ministack`] (with [`template_options`]), [`dynamodb_local`], [`axe`], [`cargo_deny`], [`cargo_lambda`],
//!   [`aws`], [`third_parties`], [`node_peers`], [`mock_issuer`], [`react_page`]
//!
//! A program on PATH of the right version takes precedence over the cache.

pub(crate) mod path;

pub(crate) mod cache;

pub(crate) mod crates;
pub(crate) mod debian;
pub(crate) mod npm;
pub(crate) mod python;
pub(crate) mod release;

pub(crate) mod aws;
pub(crate) mod axe;
pub(crate) mod browser;
pub(crate) mod cargo_deny;
pub(crate) mod cargo_lambda;
pub(crate) mod checkov;
pub(crate) mod dynamodb_local;
pub(crate) mod firefox;
pub(crate) mod ministack;
pub(crate) mod mock_issuer;
pub(crate) mod node_peers;
pub(crate) mod react_page;
pub(crate) mod rust_target;
pub(crate) mod template_lint;
pub(crate) mod template_options;
pub(crate) mod third_parties;
pub(crate) mod trunk;
pub(crate) mod wasm_bindgen;
pub(crate) mod wasm_opt;
