//! Trunk, which bundles the app.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;

use super::cache::Cache;
use super::crates::{self, Tool};
use super::path::SearchPath;
use super::wasm_bindgen;
use crate::workspace::Workspace;

/// Trunk.toml demands the same version. 0.22 needs a newer compiler than rust-toolchain.toml names.
pub(crate) const VERSION: &str = "0.21.14";

/// Trunk with what it needs to build the app: the wasm target is left to [`super::rust_target`].
#[derive(Debug)]
pub(crate) struct Trunk {
    program: PathBuf,
    path: SearchPath,
}

/// # Errors
/// When Trunk or wasm-bindgen cannot be installed.
pub(crate) fn provide(workspace: &Workspace, cache: &Cache) -> Result<Trunk> {
    let tool = Tool {
        package: "trunk",
        version: VERSION,
        programs: &["trunk"],
        minutes: 5,
    };
    let program = crates::provide(workspace, cache, tool)?;
    let mut path = SearchPath::default();
    path.add_directory_of(&wasm_bindgen::provide(workspace, cache)?);
    Ok(Trunk { program, path })
}

impl Trunk {
    /// Where Trunk finds further tools.
    pub(crate) fn path_mut(&mut self) -> &mut SearchPath {
        &mut self.path
    }

    /// Trunk takes its tools from PATH and downloads nothing: what is missing is an error instead.
    ///
    /// # Errors
    /// When PATH cannot be put together.
    pub(crate) fn command(&self, workspace: &Workspace, subcommand: &str) -> Result<Command> {
        let mut command = workspace.command(&self.program);
        self.path.apply(&mut command)?;
        command.args([subcommand, "--offline=true", "--skip-version-check"]);
        // Trunk reads NO_COLOR as a boolean and refuses the customary value 1.
        if let Some(value) = std::env::var_os("NO_COLOR") {
            command.env("NO_COLOR", if value.is_empty() { "false" } else { "true" });
        }
        Ok(command)
    }
}
