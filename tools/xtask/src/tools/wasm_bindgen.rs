//! wasm-bindgen's programs, which must have exactly the version of the library that the app is linked with.

use std::path::PathBuf;

use anyhow::Result;

use super::cache::Cache;
use super::crates::{self, Tool};
use crate::lockfile;
use crate::workspace::Workspace;

/// `wasm-bindgen`; `wasm-bindgen-test-runner` lies beside it.
///
/// # Errors
/// When Cargo.lock names no version, or when the tool cannot be installed.
pub(crate) fn provide(workspace: &Workspace, cache: &Cache) -> Result<PathBuf> {
    let version = lockfile::version(workspace.root(), "wasm-bindgen")?;
    let programs = &["wasm-bindgen", "wasm-bindgen-test-runner"];
    crates::provide(
        workspace,
        cache,
        Tool {
            package: "wasm-bindgen-cli",
            version: &version,
            programs,
            minutes: 3,
        },
    )
}
