//! cargo-deny, which checks dependencies against the policy in `deny.toml`.

use std::process::Command;

use anyhow::Result;

use super::cache::Cache;
use super::crates::{self, Tool};
use super::path::SearchPath;
use super::release::Release;
use crate::workspace::Workspace;

/// 0.20.2 needs Rust 1.88.
const VERSION: &str = "0.20.2";

const TOOL: Tool<'_> = Tool {
    package: "cargo-deny",
    version: VERSION,
    programs: &["cargo-deny"],
    // As cargo-deny's workflow names them (.github/workflows/ci.yaml, job `release`).
    release: Some(Release {
        repository: "EmbarkStudios/cargo-deny",
        version: VERSION,
        tag: "{version}",
        archive: "cargo-deny-{version}-{target}",
        checksum: "sha256",
        libraries: &[],
    }),
    busy: &[],
    minutes: 2,
};

/// cargo-deny where cargo finds it.
#[derive(Debug)]
pub(crate) struct CargoDeny(SearchPath);

pub(crate) fn provide(workspace: &Workspace, cache: &Cache) -> Result<CargoDeny> {
    let mut path = SearchPath::default();
    path.add_directory_of(&crates::provide(workspace, cache, TOOL)?);
    Ok(CargoDeny(path))
}

impl CargoDeny {
    /// `cargo deny` in the workspace.
    pub(crate) fn command(&self, workspace: &Workspace, arguments: &[&str]) -> Result<Command> {
        let mut command = workspace.cargo(["deny"]);
        command.args(arguments);
        self.0.apply(&mut command)?;
        Ok(command)
    }
}
