//! Programs on PATH and their versions.

use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result};

use crate::process;

/// Directories searched before PATH by the programs that we start.
#[derive(Debug, Clone, Default)]
pub(crate) struct SearchPath {
    first: Vec<PathBuf>,
}

impl SearchPath {
    /// Puts the directory of `program` before those added earlier.
    pub(crate) fn add_directory_of(&mut self, program: &Path) {
        if let Some(directory) = program.parent() {
            self.first.insert(0, directory.to_path_buf());
        }
    }

    /// Sets PATH of the command: the added directories, then our own PATH.
    pub(crate) fn apply(&self, command: &mut Command) -> Result<()> {
        command.env(
            "PATH",
            self.joined(&std::env::var_os("PATH").unwrap_or_default())?,
        );
        Ok(())
    }

    fn joined(&self, path: &OsStr) -> Result<OsString> {
        let all = self
            .first
            .iter()
            .cloned()
            .chain(std::env::split_paths(path));
        std::env::join_paths(all).context(
            "the path of the tool cache contains a colon: set XDG_CACHE_HOME to one without",
        )
    }
}

/// The first executable called `name` on PATH.
pub(crate) fn find(name: &str) -> Option<PathBuf> {
    find_in(&std::env::var_os("PATH")?, name)
}

fn find_in(path: &OsStr, name: &str) -> Option<PathBuf> {
    std::env::split_paths(path)
        .map(|directory| directory.join(name))
        .find(|file| is_executable(file))
}

pub(crate) fn is_executable(file: &Path) -> bool {
    file.metadata()
        .is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

/// The version that `program --version` reports.
pub(crate) fn version(program: &Path) -> Result<String> {
    let answer = process::output(process::command(program).arg("--version"))?;
    version_in(&answer)
        .map(str::to_owned)
        .with_context(|| format!("`{} --version` prints no version", program.display()))
}

/// The first word that starts with a digit or with `v` and a digit: `trunk 0.21.14`, `wasm-opt version 132 (version_132)`, `v20.20.2`.
fn version_in(answer: &str) -> Option<&str> {
    answer
        .split_whitespace()
        .map(|word| word.strip_prefix('v').unwrap_or(word))
        .find(|word| word.starts_with(|c: char| c.is_ascii_digit()))
}

/// The part before the first dot.
pub(crate) fn major(version: &str) -> &str {
    version.split('.').next().unwrap_or(version)
}

#[cfg(test)]
mod tests {
    use super::{SearchPath, find_in, version, version_in};
    use std::ffi::OsStr;
    use std::path::{Path, PathBuf};

    #[test]
    fn finds_the_version_in_the_output_of_each_tool() {
        assert_eq!(version_in("trunk 0.21.14\n"), Some("0.21.14"));
        assert_eq!(
            version_in("wasm-bindgen-test-runner 0.2.130\n"),
            Some("0.2.130")
        );
        assert_eq!(
            version_in("wasm-opt version 132 (version_132)\n"),
            Some("132")
        );
        assert_eq!(version_in("v20.20.2\n"), Some("20.20.2"));
        assert_eq!(
            version_in("Chromium 156.0.8078.79 built on Debian GNU/Linux 12 (bookworm)\n"),
            Some("156.0.8078.79")
        );
    }

    #[test]
    fn output_without_a_number_has_no_version() {
        assert_eq!(version_in("version unknown"), None);
        assert_eq!(version_in(""), None);
    }

    #[test]
    fn finds_only_executable_files() {
        assert_eq!(
            find_in(OsStr::new("/usr/bin:/bin"), "no-such-program-anywhere"),
            None
        );
        assert_eq!(find_in(OsStr::new("/"), "tmp"), None);
        assert_eq!(
            find_in(OsStr::new("/nowhere:/bin"), "sh"),
            Some(PathBuf::from("/bin/sh"))
        );
    }

    #[test]
    fn a_missing_program_is_reported_by_name() {
        let error = version(Path::new("/bin/true-not-here"))
            .unwrap_err()
            .to_string();
        assert!(error.contains("true-not-here"), "{error}");
    }

    #[test]
    fn the_directory_added_last_is_searched_first() {
        let mut path = SearchPath::default();
        path.add_directory_of(Path::new("/tools/one/bin/one"));
        path.add_directory_of(Path::new("/tools/two/bin/two"));
        assert_eq!(
            path.joined(OsStr::new("/usr/bin:/bin")).unwrap(),
            "/tools/two/bin:/tools/one/bin:/usr/bin:/bin"
        );
    }
}
