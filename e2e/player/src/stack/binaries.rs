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

/// The gateway beside this program, or else on `PATH`.
///
/// # Errors
///
/// If there is none.
pub(super) fn installed_gateway() -> Result<PathBuf> {
    let name = format!("gateway{}", std::env::consts::EXE_SUFFIX);
    let beside = profile_folder()?.join(&name);
    let path = std::env::var_os("PATH").unwrap_or_default();
    let on_path = std::env::split_paths(&path).map(|folder| folder.join(&name));
    std::iter::once(beside.clone())
        .chain(on_path)
        .find(|candidate| candidate.is_file())
        .with_context(|| {
            format!(
                "there is no gateway at {} or on PATH; build it with: cargo build -p papo-gateway",
                beside.display()
            )
        })
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
    let mut command = Command::new(cargo);
    for (name, _) in std::env::vars_os() {
        if names_this_package(&name.to_string_lossy()) {
            command.env_remove(name);
        }
    }
    let output = command
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

/// Whether cargo has set the variable for this test. Build scripts look at some (ring's does), and would have to run again whenever
/// cargo is called from a test after it was called from a shell, and with them everything that depends on them.
fn names_this_package(variable: &str) -> bool {
    variable.starts_with("CARGO_PKG_")
        || variable.starts_with("CARGO_MANIFEST_")
        || variable.starts_with("CARGO_BIN_")
        || variable == "CARGO_CRATE_NAME"
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
