//! Packages from npm, where Node is installed.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

use super::cache::{self, Cache};
use super::path;
use crate::process;

/// The program that is missing to install and run packages, if any.
pub(crate) fn missing() -> Option<&'static str> {
    ["node", "npm"]
        .into_iter()
        .find(|program| path::find(program).is_none())
}

/// A directory whose `node_modules` has `packages` (each with its exact version) and their dependencies. Install scripts are not
/// run.
pub(crate) fn provide(cache: &Cache, packages: &[&str]) -> Result<PathBuf> {
    cache.provide(&cache::name_of(packages), |staging, task| {
        let mut npm = process::command("npm");
        npm.current_dir(staging)
            .args(["install", "--prefix", ".", "--silent", "--ignore-scripts"])
            .args(["--no-audit", "--no-fund", "--no-save"])
            .args(packages);
        task.run_quietly(&mut npm)
    })
}

/// Unpacks one package into `directory`, without its dependencies and install scripts, and returns the directory of its
/// files.
pub(crate) fn unpack(package: &str, version: &str, directory: &Path) -> Result<PathBuf> {
    let wanted = format!("{package}@{version}");
    let answer = process::output(process::command("npm").current_dir(directory).args([
        "pack",
        "--silent",
        "--ignore-scripts",
        &wanted,
    ]))?;
    // The last line is the name of the archive; npm may print notices before it.
    let archive = answer
        .lines()
        .last()
        .map(str::trim)
        .context("npm pack printed no file name")?;
    process::run(
        process::command("tar")
            .current_dir(directory)
            .args(["-xzf", archive]),
    )?;
    let _ = std::fs::remove_file(directory.join(archive));
    // Every npm archive has one directory of this name.
    Ok(directory.join("package"))
}
