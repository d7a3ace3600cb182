//! Tools from `PyPI`, each set in a virtual environment of its own.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::cache::Cache;
use super::{debian, path};
use crate::interrupt::Interrupted;
use crate::process;

/// The interpreter of an environment called `name` that holds `packages` (each with its exact version).
///
/// Call modules with it (`python -m …`): the scripts of an environment name the directory that it was made in.
///
/// # Errors
/// When there is no Python, or the packages cannot be installed.
pub(crate) fn provide(cache: &Cache, name: &str, packages: &[&str]) -> Result<PathBuf> {
    let place = cache.provide(name, |staging| install(staging, packages))?;
    Ok(place.join("bin").join("python"))
}

fn install(staging: &Path, packages: &[&str]) -> Result<()> {
    if path::find("python3").is_none() {
        bail!("python3 is not on PATH: install Python 3.9 or newer");
    }
    make_environment(staging)?;
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
    process::run(&mut pip)
}

fn make_environment(directory: &Path) -> Result<()> {
    let attempt = || {
        process::run(
            process::command("python3")
                .args(["-m", "venv"])
                .arg(directory),
        )
    };
    match attempt() {
        Err(error) if error.is::<Interrupted>() => Err(error),
        // Debian keeps the part of Python that makes environments in a package of its own.
        Err(_) if debian::can_install() => {
            debian::install(&["python3-venv"])?;
            attempt()
        }
        Err(error) => Err(error.context("cannot make a virtual environment: install python3-venv")),
        Ok(()) => Ok(()),
    }
}
