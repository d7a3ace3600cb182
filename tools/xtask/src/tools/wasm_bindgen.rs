//! wasm-bindgen's programs. Their version must equal the version of the library in the app.

use std::path::PathBuf;

use anyhow::Result;

use super::cache::Cache;
use super::crates::{self, Tool};
use super::release::Release;
use crate::workspace::Workspace;

/// The path of `wasm-bindgen`; `wasm-bindgen-test-runner` is beside it.
pub(crate) fn provide(workspace: &Workspace, cache: &Cache) -> Result<PathBuf> {
    crates::provide(workspace, cache, tool(&version(workspace)?))
}

/// How long [`provide`] takes on two cores if it has to build, in minutes; 0 if the tool is installed.
pub(crate) fn minutes_to_build(workspace: &Workspace, cache: &Cache) -> Result<u32> {
    let version = version(workspace)?;
    let tool = tool(&version);
    Ok(if crates::is_missing(cache, tool) {
        tool.minutes
    } else {
        0
    })
}

fn version(workspace: &Workspace) -> Result<String> {
    workspace.locked_version("wasm-bindgen")
}

fn tool(version: &str) -> Tool<'_> {
    Tool {
        package: "wasm-bindgen-cli",
        version,
        programs: &["wasm-bindgen", "wasm-bindgen-test-runner"],
        // As wasm-bindgen's workflow names them (.github/workflows/main.yml, job `deploy`).
        release: Some(Release {
            repository: "wasm-bindgen/wasm-bindgen",
            version,
            tag: "{version}",
            archive: "wasm-bindgen-{version}-{target}",
            checksum: "sha256sum",
            libraries: &[],
        }),
        // Every edit of the app runs it. Measured with a debug build of the app: 0.7 s instead of 2.2 s.
        busy: &[
            "walrus",
            "wasm-bindgen-cli-support",
            "wasm-encoder",
            "wasmparser",
        ],
        minutes: 3,
    }
}
