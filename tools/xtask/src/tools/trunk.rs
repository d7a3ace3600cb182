//! Trunk, which bundles the app.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::Result;

use super::cache::Cache;
use super::crates::{self, Tool};
use super::path::SearchPath;
use super::release::Release;
use super::wasm_bindgen;
use crate::workspace::Workspace;

/// Trunk.toml requires the same version. 0.22 needs a newer compiler than rust-toolchain.toml selects.
const VERSION: &str = "0.21.14";

const TOOL: Tool<'_> = Tool {
    package: "trunk",
    version: VERSION,
    programs: &["trunk"],
    // As trunk's release workflow names them (.github/workflows/release.yaml).
    release: Some(Release {
        repository: "trunk-rs/trunk",
        version: VERSION,
        tag: "v{version}",
        archive: "trunk-{target}",
        checksum: "sha256",
        libraries: &[],
    }),
    busy: &[],
    minutes: 5,
};

/// Trunk with wasm-bindgen on its PATH. [`super::rust_target`] installs the compiler's target.
#[derive(Debug)]
pub(crate) struct Trunk {
    program: PathBuf,
    path: SearchPath,
}

pub(crate) fn provide(workspace: &Workspace, cache: &Cache) -> Result<Trunk> {
    let program = crates::provide(workspace, cache, TOOL)?;
    let mut path = SearchPath::default();
    path.add_directory_of(&wasm_bindgen::provide(workspace, cache)?);
    Ok(Trunk { program, path })
}

/// How long building the tools that [`provide`] would have to install takes on two cores, in minutes.
pub(crate) fn minutes_to_build(workspace: &Workspace, cache: &Cache) -> Result<u32> {
    let trunk = crates::is_missing(cache, TOOL).then_some(TOOL.minutes);
    Ok(trunk.unwrap_or(0) + wasm_bindgen::minutes_to_build(workspace, cache)?)
}

impl Trunk {
    /// Lets Trunk find `program`.
    pub(crate) fn add_tool(&mut self, program: &Path) {
        self.path.add_directory_of(program);
    }

    /// Runs Trunk offline: it takes its tools from PATH and fails on a missing one instead of downloading it.
    pub(crate) fn command(&self, workspace: &Workspace, subcommand: &str) -> Result<Command> {
        let mut command = workspace.command(&self.program);
        self.path.apply(&mut command)?;
        command.args([subcommand, "--offline=true", "--skip-version-check"]);
        // Trunk reads NO_COLOR as a boolean and rejects the customary value 1.
        if let Some(value) = std::env::var_os("NO_COLOR") {
            command.env("NO_COLOR", if value.is_empty() { "false" } else { "true" });
        }
        Ok(command)
    }
}
