//! The executables of the stack: built once by cargo, into the folder that the tests themselves were built into.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use anyhow::{Context as _, Result, anyhow, bail};

/// Builds the gateway and the functions as the tests were built, and says where they are. Cargo is asked once a process; when
/// nothing has changed, that takes a moment.
///
/// # Errors
///
/// If they do not build.
pub fn build() -> Result<&'static Path> {
    static FOLDER: OnceLock<Result<PathBuf, String>> = OnceLock::new();
    match FOLDER.get_or_init(|| try_build().map_err(|error| format!("{error:#}"))) {
        Ok(folder) => Ok(folder),
        Err(error) => Err(anyhow!("{error}")),
    }
}

fn try_build() -> Result<PathBuf> {
    let folder = profile_folder()?;
    let target = folder.parent().context("the profile's folder is a root")?;
    // Cargo's folder for the profile `dev` (and `test`, which inherits it) is `debug`.
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") => "dev",
        Some(name) => name,
        None => bail!("{} is no folder of a profile", folder.display()),
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = Command::new(cargo)
        .args(["build", "--quiet", "--bins", "--profile", profile])
        .args(["-p", "papo-gateway", "-p", "papo-lambdas"])
        .arg("--target-dir")
        .arg(target)
        .current_dir(super::repository())
        .output()
        .context("cannot run cargo")?;
    if !output.status.success() {
        bail!(
            "the gateway and the functions do not build\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(folder)
}

/// Test executables lie in `target/PROFILE/deps`, programs in `target/PROFILE`.
fn profile_folder() -> Result<PathBuf> {
    let program = std::env::current_exe().context("the system does not say where this runs")?;
    let folder = program.parent().context("this program has no folder")?;
    Ok(match folder.file_name() {
        Some(name) if name == "deps" => folder.parent().unwrap_or(folder),
        _ => folder,
    }
    .to_owned())
}
