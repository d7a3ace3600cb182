//! Packages from npm, where Node is installed.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};

use super::cache::{self, Cache};
use super::path;
use crate::process;

/// The program that is missing to install and run packages, if any.
pub(crate) fn missing() -> Option<&'static str> {
    ["node", "npm"]
        .into_iter()
        .find(|program| path::find(program).is_none())
}

/// Fails unless Node `major` or newer and npm are on PATH.
///
/// # Errors
/// When they are missing or too old, with the remedy.
pub(crate) fn require(major: u32) -> Result<()> {
    let remedy = format!("install Node.js {major} or newer from https://nodejs.org");
    if let Some(program) = missing() {
        bail!("{program} is not on PATH: {remedy}");
    }
    let node = path::find("node").context("node is not on PATH")?;
    let version = path::version(&node).with_context(|| format!("node does not run: {remedy}"))?;
    ensure!(
        path::major(&version)
            .parse::<u32>()
            .is_ok_and(|it| it >= major),
        "{} is Node.js {version}: {remedy}, before it on PATH",
        node.display()
    );
    Ok(())
}

/// A directory whose `node_modules` has `packages` (each with its exact version) and their dependencies. Install scripts are not
/// run.
pub(crate) fn provide(cache: &Cache, packages: &[&str]) -> Result<PathBuf> {
    let is_usable = |place: &Path| place.join("node_modules").is_dir();
    cache.provide(&cache::name_of(packages), is_usable, |staging, task| {
        let mut npm = npm("install", staging);
        npm.args(["--prefix", ".", "--no-audit", "--no-fund", "--no-save"])
            .args(packages);
        task.run_quietly(&mut npm)
    })
}

/// A command of npm in a directory that prints errors only, and runs no install scripts.
fn npm(subcommand: &str, directory: &Path) -> Command {
    let mut command = process::command("npm");
    command.current_dir(directory);
    command.args([subcommand, "--loglevel=error", "--ignore-scripts"]);
    // All versions are exact, so what npm has downloaded before is not out of date.
    command.arg("--prefer-offline");
    // By default, npm waits for minutes where there is no network.
    command.args([
        "--fetch-retry-mintimeout=1000",
        "--fetch-retry-maxtimeout=5000",
    ]);
    command
}

/// Unpacks one package into `directory`, without its dependencies and install scripts, and returns the directory of its
/// files.
pub(crate) fn unpack(package: &str, version: &str, directory: &Path) -> Result<PathBuf> {
    let wanted = format!("{package}@{version}");
    let answer = process::output(npm("pack", directory).arg(&wanted))?;
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
