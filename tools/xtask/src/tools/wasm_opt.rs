//! wasm-opt, which makes the app about a hundredth smaller, from the npm package `binaryen` where node is.
//!
//! Trunk calls it because index.html asks for it, and would download it where it is missing. Without node we put a
//! program in its place that leaves the module as it is, so that the app can be built everywhere.

use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};

use super::cache::Cache;
use super::{npm, path};

/// Trunk.toml names the same version. Older ones refuse what today's compiler writes (Debian 12 has 108).
pub(crate) const VERSION: &str = "132";

/// Answers and copies as Trunk 0.21 calls wasm-opt: `--version`, or `--output=TO -Oz … FROM` with FROM last.
const COPY: &str = r#"#!/bin/sh
set -eu
if [ "$1" = --version ]; then echo "wasm-opt version VERSION (a copy: nothing is optimised)"; exit; fi
for word in "$@"; do
    case $word in --output=*) to=${word#--output=};; -*) ;; *) from=$word;; esac
done
cp "$from" "$to"
"#;

/// Which program will be called wasm-opt.
#[derive(Debug)]
pub(crate) enum WasmOpt {
    /// The real one.
    Real(PathBuf),
    /// One that only copies; the sentence says why.
    Copy(PathBuf, String),
}

/// # Errors
/// When the cache cannot be written. A registry out of reach is none: the app is then built without optimising further.
pub(crate) fn provide(cache: &Cache) -> Result<WasmOpt> {
    if let Some(found) = path::find("wasm-opt")
        && path::version(&found).is_ok_and(|version| version == VERSION)
    {
        return Ok(WasmOpt::Real(found));
    }
    let reason = match npm::missing() {
        Some(program) => format!("{program} is not on PATH"),
        None => match install(cache) {
            Ok(program) => return Ok(WasmOpt::Real(program)),
            Err(error) if error.is::<crate::interrupt::Interrupted>() => return Err(error),
            Err(error) => format!("{error:#}"),
        },
    };
    let place = cache.provide(&format!("no-wasm-opt-{VERSION}"), |staging| {
        write_program(&staging.join("wasm-opt"), &COPY.replace("VERSION", VERSION))
    })?;
    Ok(WasmOpt::Copy(place.join("wasm-opt"), reason))
}

fn install(cache: &Cache) -> Result<PathBuf> {
    let place = cache.provide(&format!("binaryen-{VERSION}"), |staging| {
        let package = npm::unpack("binaryen", &format!("{VERSION}.0.0"), staging)?;
        // Of nine programs of ten megabytes each we need one, and the file that tells node how to read it.
        for needed in ["wasm-opt", "package.json"] {
            let file = package.join("bin").join(needed);
            std::fs::rename(&file, staging.join(needed))
                .with_context(|| format!("no {}", file.display()))?;
        }
        std::fs::remove_dir_all(package)?;
        let program = staging.join("wasm-opt");
        // npm sets this bit when it installs a package, and leaves it when it only packs one.
        make_executable(&program)?;
        let version = path::version(&program)?;
        ensure!(
            version == VERSION,
            "the wasm-opt of the package binaryen {VERSION} reports version {version}"
        );
        Ok(())
    })?;
    Ok(place.join("wasm-opt"))
}

fn write_program(path: &Path, text: &str) -> Result<()> {
    std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    make_executable(path)
}

fn make_executable(path: &Path) -> Result<()> {
    std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755))
        .with_context(|| format!("cannot make {} executable", path.display()))
}

#[cfg(test)]
mod tests {
    use super::{COPY, VERSION, path, write_program};
    use std::process::Command;

    #[test]
    fn the_stand_in_copies_the_module_as_trunk_calls_it() {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("wasm-opt");
        write_program(&program, &COPY.replace("VERSION", VERSION)).unwrap();
        let (from, to) = (
            directory.path().join("in put.wasm"),
            directory.path().join("output.wasm"),
        );
        std::fs::write(&from, b"\0asm").unwrap();
        let mut output = std::ffi::OsString::from("--output=");
        output.push(&to);
        let status = Command::new(&program)
            .arg(output)
            .args(["-Oz", "--enable-bulk-memory"])
            .arg(&from)
            .status()
            .unwrap();
        assert!(status.success());
        assert_eq!(std::fs::read(to).unwrap(), b"\0asm");
    }

    #[test]
    fn the_stand_in_reports_the_version_that_trunk_wants() {
        let directory = tempfile::tempdir().unwrap();
        let program = directory.path().join("wasm-opt");
        write_program(&program, &COPY.replace("VERSION", VERSION)).unwrap();
        assert_eq!(path::version(&program).unwrap(), VERSION);
    }
}
