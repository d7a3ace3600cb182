//! Tools from PyPI, each in its own virtual environment.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::cache::{self, Cache};
use super::{debian, path};
use crate::interrupt::Interrupted;
use crate::process;
use crate::progress::Task;

/// The interpreter of a virtual environment with `packages` (each with its exact version).
///
/// Run modules with it (`python -m …`): the environment's scripts name the directory in which it was created.
pub(crate) fn provide(cache: &Cache, packages: &[&str]) -> Result<PathBuf> {
    let place = cache.provide(&cache::name_of(packages), |staging, task| {
        install(staging, packages, task)
    })?;
    Ok(place.join("bin").join("python"))
}

fn install(staging: &Path, packages: &[&str], task: &Task) -> Result<()> {
    if path::find("python3").is_none() {
        bail!("python3 is not on PATH: install Python 3.9 or newer");
    }
    create_environment(staging, task)?;
    let mut pip = process::command(staging.join("bin").join("python"));
    pip.args([
        "-m",
        "pip",
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--no-input",
    ])
    .args(packages);
    task.run_quietly(&mut pip)
}

fn create_environment(directory: &Path, task: &Task) -> Result<()> {
    let attempt = || {
        task.run_quietly(
            process::command("python3")
                .args(["-m", "venv"])
                .arg(directory),
        )
    };
    match attempt() {
        Err(error) if error.is::<Interrupted>() => Err(error),
        // Debian has the module that creates environments in a separate package.
        Err(_) if debian::can_install() => {
            debian::install(&["python3-venv"], task)?;
            attempt()
        }
        Err(error) => {
            Err(error.context("cannot create a virtual environment: install python3-venv"))
        }
        Ok(()) => Ok(()),
    }
}
