//! Tools that are published as a crate and as prebuilt programs on GitHub.
//!
//! In this order: the right version on PATH, the cache, a prebuilt program (through `cargo binstall` where it is
//! installed, else the release itself), and building the crate.

use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, ensure};

use super::cache::Cache;
use super::path;
use super::release::{self, Release};
use crate::interrupt::Interrupted;
use crate::progress::Task;
use crate::workspace::Workspace;

/// A tool and what we use of it.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Tool<'a> {
    /// The name of the package.
    pub(crate) package: &'a str,
    /// Its exact version.
    pub(crate) version: &'a str,
    /// The programs that we use; all of them must have that version.
    pub(crate) programs: &'a [&'a str],
    /// Where the prebuilt programs are, if there are any with checksums.
    pub(crate) release: Option<Release<'a>>,
    /// The packages in which it spends its time. They are optimised when it is built.
    pub(crate) busy: &'a [&'a str],
    /// How long building it takes on two cores.
    pub(crate) minutes: u32,
}

impl Tool<'_> {
    /// The name in the cache.
    fn name(&self) -> String {
        format!("{}-{}", self.package, self.version)
    }

    fn is_complete(&self, directory: &Path) -> bool {
        self.programs.iter().all(|program| {
            path::version(&directory.join(program)).is_ok_and(|version| version == self.version)
        })
    }

    fn on_path(&self) -> Option<PathBuf> {
        let found = path::find(self.programs.first()?)?;
        self.is_complete(found.parent()?).then_some(found)
    }
}

/// The first of the tool's programs; the others are beside it.
pub(crate) fn provide(workspace: &Workspace, cache: &Cache, tool: Tool<'_>) -> Result<PathBuf> {
    if let Some(found) = tool.on_path() {
        return Ok(found);
    }
    let first = tool.programs.first().context("a tool has a program")?;
    let is_usable = |place: &Path| tool.is_complete(&place.join("bin"));
    let place = cache.provide(&tool.name(), is_usable, |staging, task| {
        install(workspace, cache, tool, staging, task)
    })?;
    Ok(place.join("bin").join(first))
}

/// Whether [`provide`] would have to install the tool.
pub(crate) fn is_missing(cache: &Cache, tool: Tool<'_>) -> bool {
    !cache.holds(&tool.name()) && tool.on_path().is_none()
}

fn install(
    workspace: &Workspace,
    cache: &Cache,
    tool: Tool<'_>,
    staging: &Path,
    task: &Task,
) -> Result<()> {
    let bin = staging.join("bin");
    for prebuilt in [binstall, download] {
        match prebuilt(workspace, tool, staging, task) {
            Err(error) if error.is::<Interrupted>() => return Err(error),
            // Without access to GitHub there is no prebuilt program, and building takes longer but needs no access.
            Err(_) => {}
            Ok(()) if tool.is_complete(&bin) => return Ok(()),
            // Such as a program linked with a newer C library than this machine has.
            Ok(()) => {
                let _ = std::fs::remove_dir_all(&bin);
            }
        }
    }
    build(workspace, cache, tool, staging, task)?;
    ensure!(
        tool.is_complete(&bin),
        "cargo installed {} but its programs do not report version {}",
        tool.package,
        tool.version
    );
    Ok(())
}

fn binstall(workspace: &Workspace, tool: Tool<'_>, staging: &Path, task: &Task) -> Result<()> {
    path::find("cargo-binstall").context("cargo-binstall is not on PATH")?;
    let mut command = workspace.cargo(["binstall", tool.package, "--version", tool.version]);
    command
        .args(["--no-confirm", "--no-track", "--disable-strategies=compile"])
        .arg("--install-path")
        .arg(staging.join("bin"));
    task.note("downloading with cargo binstall");
    task.run_quietly(&mut command)
}

fn download(_: &Workspace, tool: Tool<'_>, staging: &Path, task: &Task) -> Result<()> {
    let release = tool.release.context("it has no releases")?;
    release::download(release, tool.programs, staging, task)
}

/// Builds without optimisation, which takes a third of the time. Outside [`Tool::busy`] the tools are fast enough.
fn build(
    workspace: &Workspace,
    cache: &Cache,
    tool: Tool<'_>,
    staging: &Path,
    task: &Task,
) -> Result<()> {
    let advice = match path::find("curl") {
        Some(_) => "",
        None => " (with curl on PATH, it could be downloaded)",
    };
    task.say(&format!(
        "building from source, about {} minutes on two cores{advice}",
        tool.minutes
    ));
    // Build output survives an interruption, so that the next attempt continues from there.
    let target = cache.root().join(".build").join(tool.name());
    let install = |locked: bool| {
        let mut command = workspace.cargo(["install", "--debug", tool.package]);
        command
            .args(["--version", tool.version])
            .args(locked.then_some("--locked"));
        for package in tool.busy {
            let setting = format!("profile.dev.package.{package}.opt-level=1");
            command.args(["--config", &setting]);
        }
        command.arg("--root").arg(staging);
        command.arg("--target-dir").arg(&target);
        without_debug_information(&mut command);
        task.run_quietly(&mut command)
    };
    match install(true) {
        Err(error) if error.is::<Interrupted>() => return Err(error),
        // A mirror of the registry may lack one of the exact versions in the tool's own lock file.
        Err(_) => install(false)?,
        Ok(()) => {}
    }
    let _ = std::fs::remove_dir_all(&target);
    Ok(())
}

/// The tools are not debugged, and debug information would take most of the build's time and disk space.
fn without_debug_information(command: &mut Command) {
    command
        .env("CARGO_PROFILE_DEV_DEBUG", "0")
        .env("CARGO_PROFILE_DEV_STRIP", "symbols");
}
