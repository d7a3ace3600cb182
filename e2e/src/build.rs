//! The executables of the stack, built once by cargo into the directory of the running test.

use std::io::{self, BufRead as _, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
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
    let mut cargo = command(cargo);
    cargo
        .args(["build", "--bins", "--profile", profile])
        .args(["-p", "papo-gateway", "-p", "papo-lambdas"])
        .arg("--target-dir")
        .arg(target)
        .env("CARGO_TERM_QUIET", "false")
        .current_dir(repository());
    // Unlike `eprintln!`, this also shows when a test harness captures output.
    run(&mut cargo, &mut io::stderr())?;
    Ok(folder)
}

/// Runs cargo, and passes on that it waits for another cargo, because nothing else would say why the tests do not start.
fn run(cargo: &mut Command, notices: &mut impl Write) -> Result<()> {
    let mut child = cargo
        .stderr(Stdio::piped())
        .spawn()
        .context("cannot run cargo")?;
    let mut printed = String::new();
    if let Some(stderr) = child.stderr.take() {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            // `    Blocking waiting for file lock on build directory`
            if line.contains("waiting for file lock") {
                writeln!(notices, "{} (another cargo is running)", line.trim())?;
            }
            printed.push_str(&line);
            printed.push('\n');
        }
    }
    let status = child.wait().context("cannot run cargo")?;
    if !status.success() {
        bail!("cannot build the gateway and the functions\n{printed}");
    }
    Ok(())
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

#[cfg(test)]
mod tests {
    use super::*;

    fn sh(script: &str) -> Command {
        let mut command = Command::new("sh");
        command.args(["-c", script]);
        command
    }

    #[test]
    fn waiting_for_another_cargo_is_passed_on_and_nothing_else() {
        let mut notices = Vec::new();
        let script = "echo '   Compiling a' >&2; echo '    Blocking waiting for file lock on build directory' >&2";
        run(&mut sh(script), &mut notices).unwrap();
        assert_eq!(
            String::from_utf8(notices).unwrap(),
            "Blocking waiting for file lock on build directory (another cargo is running)\n"
        );
    }

    #[test]
    fn a_failed_build_is_reported_with_what_cargo_printed() {
        let error = run(&mut sh("echo 'error: no' >&2; exit 101"), &mut Vec::new()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot build the gateway and the functions\nerror: no\n"
        );
    }
}
