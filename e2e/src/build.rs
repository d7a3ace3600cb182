//! The executables of the stack, built once by cargo into the directory of the running test.

use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use anyhow::{Context as _, Result, anyhow, bail};
use xtask_lib::command::command;

/// Builds the gateway and the functions with the profile of the running test, and returns their directory. Runs cargo once per
/// process, which takes a moment when nothing has changed.
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

/// The root of the repository.
pub fn repository() -> &'static Path {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    package.parent().unwrap_or(package)
}

fn try_build() -> Result<PathBuf> {
    let folder = profile_folder()?;
    let target = folder
        .parent()
        .context("the directory of the build profile has no parent")?;
    // Cargo's directory for the profile `dev` (and `test`, which inherits it) is `debug`.
    let profile = match folder.file_name().and_then(|name| name.to_str()) {
        Some("debug") => "dev",
        Some(name) => name,
        None => bail!("{} is not a profile's directory", folder.display()),
    };
    let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let output = command(cargo)
        .args(["build", "--quiet", "--bins", "--profile", profile])
        .args(["-p", "papo-gateway", "-p", "papo-lambdas"])
        .arg("--target-dir")
        .arg(target)
        .current_dir(repository())
        .output()
        .context("cannot run cargo")?;
    if !output.status.success() {
        bail!(
            "cannot build the gateway and the functions\n{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
    Ok(folder)
}

/// Test executables are in `target/PROFILE/deps`, programs in `target/PROFILE`.
fn profile_folder() -> Result<PathBuf> {
    let program = std::env::current_exe().context("cannot determine this program's path")?;
    let folder = program
        .parent()
        .context("this program has no parent directory")?;
    Ok(match folder.file_name() {
        Some(name) if name == "deps" => folder.parent().unwrap_or(folder),
        _ => folder,
    }
    .to_owned())
}
