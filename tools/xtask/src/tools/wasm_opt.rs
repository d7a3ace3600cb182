//! wasm-opt, with which Trunk makes the app's module smaller: <https://github.com/WebAssembly/binaryen>.
//!
//! In this order: the right version on PATH, the cache, Binaryen's release on GitHub, and the package of npm, which is the
//! same program compiled to JavaScript.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};

use super::cache::Cache;
use super::release::{self, Release};
use super::{npm, path};
use crate::interrupt::Interrupted;
use crate::progress::Task;

/// Trunk.toml requires the same version.
const VERSION: &str = "132";

const PROGRAM: &str = "wasm-opt";

/// The path of `wasm-opt`.
pub(crate) fn provide(cache: &Cache) -> Result<PathBuf> {
    if let Some(found) = path::find(PROGRAM)
        && path::version(&found).is_ok_and(|version| version == VERSION)
    {
        return Ok(found);
    }
    let name = format!("binaryen-{VERSION}-wasm-opt");
    let is_usable = |place: &Path| require_version(&place.join("bin").join(PROGRAM)).is_ok();
    let place = cache.provide(&name, is_usable, install)?;
    Ok(place.join("bin").join(PROGRAM))
}

fn install(staging: &Path, task: &Task) -> Result<()> {
    match from_release(staging, task) {
        Ok(()) => return Ok(()),
        Err(error) if error.is::<Interrupted>() => return Err(error),
        Err(_) => {}
    }
    from_npm(staging).with_context(|| {
        format!(
            "neither GitHub nor npm provides it for this machine: put {PROGRAM} {VERSION} on PATH"
        )
    })
}

fn from_release(staging: &Path, task: &Task) -> Result<()> {
    // As Binaryen's workflow names them (.github/workflows/create_release.yml).
    let machine = match (std::env::consts::ARCH, std::env::consts::OS) {
        ("aarch64", "macos") => "arm64-macos".to_owned(),
        (processor, system) => format!("{processor}-{system}"),
    };
    let release = Release {
        repository: "WebAssembly/binaryen",
        version: VERSION,
        tag: "version_{version}",
        archive: &format!("binaryen-version_{{version}}-{machine}"),
        checksum: "sha256",
        libraries: if cfg!(target_os = "macos") {
            &["libbinaryen.dylib"]
        } else {
            &[]
        },
    };
    release::download(release, &[PROGRAM], staging, task)?;
    require_version(&staging.join("bin").join(PROGRAM))
}

fn from_npm(staging: &Path) -> Result<()> {
    if let Some(program) = npm::missing() {
        bail!("{program} is not on PATH");
    }
    let package = npm::unpack("binaryen", &format!("{VERSION}.0.0"), staging)?;
    let bin = staging.join("bin");
    let _ = fs::remove_dir_all(&bin);
    fs::create_dir(&bin).with_context(|| format!("cannot create {}", bin.display()))?;
    // Of nine programs of ten megabytes each we need one, and the file that tells Node how to read it.
    for needed in [PROGRAM, "package.json"] {
        let file = package.join("bin").join(needed);
        fs::rename(&file, bin.join(needed))
            .with_context(|| format!("the package binaryen has no {}", file.display()))?;
    }
    fs::remove_dir_all(&package).with_context(|| format!("cannot remove {}", package.display()))?;
    let program = bin.join(PROGRAM);
    // npm sets this bit when it installs a package, not when it packs one.
    fs::set_permissions(&program, fs::Permissions::from_mode(0o755))
        .with_context(|| format!("cannot make {} executable", program.display()))?;
    require_version(&program)
}

fn require_version(program: &Path) -> Result<()> {
    let version = path::version(program)?;
    ensure!(
        version == VERSION,
        "{} reports version {version}, expected {VERSION}",
        program.display()
    );
    Ok(())
}
