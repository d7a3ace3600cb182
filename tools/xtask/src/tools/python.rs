//! Tools from PyPI, each in its own virtual environment.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::cache::{self, Cache};
use super::{debian, path};
use crate::interrupt::Interrupted;
use crate::process;
use crate::progress::Task;

/// The oldest Python 3 that the command line tools support.
pub(crate) const FOR_TOOLS: u32 = 10;

/// The oldest Python 3 that the clients and servers of the tests support.
pub(crate) const FOR_TESTS: u32 = 11;

/// Fails unless environments can be created, with Python 3.`minor` or newer.
///
/// # Errors
/// When something is missing, with the remedy.
pub(crate) fn require(minor: u32) -> Result<()> {
    let python = path::find("python3")
        .with_context(|| format!("python3 is not on PATH: install Python 3.{minor} or newer"))?;
    let version = path::version(&python)
        .with_context(|| format!("python3 does not run: install Python 3.{minor} or newer"))?;
    ensure!(
        minor_of(&version).is_some_and(|it| it >= minor),
        "{} is Python {version}: install Python 3.{minor} or newer, before it on PATH",
        python.display()
    );
    let modules = ["-c", "import ensurepip, venv"];
    ensure!(
        debian::can_install() || process::output(process::command(&python).args(modules)).is_ok(),
        "{} cannot create virtual environments: install python3-venv",
        python.display()
    );
    Ok(())
}

/// The second number of a version of Python 3.
fn minor_of(version: &str) -> Option<u32> {
    let rest = version.strip_prefix("3.")?;
    rest.split('.').next()?.parse().ok()
}

/// The interpreter of a virtual environment with `packages` (each with its exact version).
///
/// Run modules with it (`python -m …`): the environment's scripts name the directory in which it was created.
pub(crate) fn provide(cache: &Cache, packages: &[&str]) -> Result<PathBuf> {
    let python = |place: &Path| place.join("bin").join("python");
    // An environment depends on the Python that created it: after an update, it does not find its modules.
    let is_usable = |place: &Path| {
        let python = python(place);
        python.exists()
            && process::output(process::command(python).args(["-c", "import pip"])).is_ok()
    };
    let place = cache.provide(&cache::name_of(packages), is_usable, |staging, task| {
        install(staging, packages, task)
    })?;
    Ok(python(&place))
}

fn install(staging: &Path, packages: &[&str], task: &Task) -> Result<()> {
    require(FOR_TOOLS)?;
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
        // Debian has the module that creates environments in a separate package.
        Err(error) if debian::can_install() && !error.is::<Interrupted>() => {
            debian::install(&["python3-venv"], task)?;
            attempt()
        }
        result => result.context("cannot create a virtual environment: install python3-venv"),
    }
}

#[cfg(test)]
mod tests {
    use super::minor_of;

    #[test]
    fn only_versions_of_python_3_have_a_minor_number_here() {
        assert_eq!(minor_of("3.11.7"), Some(11));
        assert_eq!(minor_of("3.9"), Some(9));
        assert_eq!(minor_of("3.15.0a1"), Some(15));
        assert_eq!(minor_of("2.7.18"), None);
        assert_eq!(minor_of("3"), None);
    }
}
