//! Tools from crates.io, built with cargo.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};

use super::cache::Cache;
use super::path;
use crate::interrupt::Interrupted;
use crate::process;
use crate::workspace::Workspace;

/// A program that `cargo install` makes.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tool<'a> {
    /// The name of the package.
    pub(crate) package: &'a str,
    /// Its exact version.
    pub(crate) version: &'a str,
    /// The programs that we use of it; all of them must be there in that version.
    pub(crate) programs: &'a [&'a str],
    /// How long building it takes on two cores, for the person who waits.
    pub(crate) minutes: u32,
}

/// The first of the tool's programs: from PATH where all of them have the right version there, else from the cache,
/// installed first where need be. The others lie beside it.
///
/// # Errors
/// When the tool cannot be installed.
pub(crate) fn provide(workspace: &Workspace, cache: &Cache, tool: Tool<'_>) -> Result<PathBuf> {
    let first = tool
        .programs
        .first()
        .context("a tool has at least one program")?;
    if let Some(found) = path::find(first)
        && found
            .parent()
            .is_some_and(|directory| is_complete(directory, tool))
    {
        return Ok(found);
    }
    let name = format!("{}-{}", tool.package, tool.version);
    let place = cache.provide(&name, |staging| install(workspace, cache, tool, staging))?;
    Ok(place.join("bin").join(first))
}

fn is_complete(directory: &Path, tool: Tool<'_>) -> bool {
    tool.programs.iter().all(|program| {
        path::version(&directory.join(program)).is_ok_and(|version| version == tool.version)
    })
}

/// Builds without optimisation: it takes a third of the time, and the tools are fast enough.
fn install(workspace: &Workspace, cache: &Cache, tool: Tool<'_>, staging: &Path) -> Result<()> {
    eprintln!(
        "building {} {} takes about {} minutes",
        tool.package, tool.version, tool.minutes
    );
    // What is built stays after an interruption, so that the next attempt goes on from there.
    let build = cache
        .root()
        .join(".build")
        .join(format!("{}-{}", tool.package, tool.version));
    let attempt = |locked: bool| {
        let mut command = workspace.cargo([
            "install",
            "--debug",
            tool.package,
            "--version",
            tool.version,
        ]);
        command.args(locked.then_some("--locked"));
        command
            .arg("--root")
            .arg(staging)
            .arg("--target-dir")
            .arg(&build);
        // Nobody debugs the tools, and their debug information would take most of the time and the space.
        command
            .env("CARGO_PROFILE_DEV_DEBUG", "0")
            .env("CARGO_PROFILE_DEV_STRIP", "symbols");
        process::run(&mut command)
    };
    match attempt(true) {
        Err(error) if error.is::<Interrupted>() => return Err(error),
        // A mirror of the registry may lack one of the exact versions that the tool's own lock file names.
        Err(_) => {
            eprintln!(
                "trying again without the versions that {} was published with",
                tool.package
            );
            attempt(false)?;
        }
        Ok(()) => {}
    }
    if !is_complete(&staging.join("bin"), tool) {
        bail!(
            "cargo installed {} but its programs do not report version {}",
            tool.package,
            tool.version
        );
    }
    let _ = std::fs::remove_dir_all(&build);
    Ok(())
}
