//! Packages from npm, for those who have node.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::path;
use crate::process;

/// Whether packages can be fetched and run here; else what is missing.
pub(crate) fn missing() -> Option<&'static str> {
    ["node", "npm"]
        .into_iter()
        .find(|program| path::find(program).is_none())
}

/// Installs packages (each with its exact version) and what they depend on, without anybody's scripts, into
/// `node_modules` of `directory`.
///
/// # Errors
/// When the registry cannot be reached or has no such version.
pub(crate) fn install(packages: &[&str], directory: &Path) -> Result<()> {
    let mut npm = process::command("npm");
    npm.current_dir(directory)
        .args(["install", "--prefix", ".", "--silent", "--ignore-scripts"])
        .args(["--no-audit", "--no-fund", "--no-save"])
        .args(packages);
    process::run(&mut npm)
}

/// Unpacks exactly one package, without what it depends on and without its scripts, into `directory`, and returns where
/// its files are.
///
/// # Errors
/// When the registry cannot be reached or has no such version.
pub(crate) fn unpack(package: &str, version: &str, directory: &Path) -> Result<PathBuf> {
    let wanted = format!("{package}@{version}");
    let answer = process::output(process::command("npm").current_dir(directory).args([
        "pack",
        "--silent",
        "--ignore-scripts",
        &wanted,
    ]))?;
    // The last line is the name of the archive; lines before it are notices.
    let archive = answer
        .lines()
        .last()
        .map(str::trim)
        .context("npm pack named no archive")?;
    process::run(
        process::command("tar")
            .current_dir(directory)
            .args(["-xzf", archive]),
    )?;
    let _ = std::fs::remove_file(directory.join(archive));
    // Every archive of npm holds one directory of this name.
    Ok(directory.join("package"))
}
