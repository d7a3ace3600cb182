//! Rust's standard library for cross-compilation targets.

use std::path::Path;

use anyhow::{Context, Result, bail};

use super::path;
use crate::process;
use crate::progress::Task;
use crate::workspace::Workspace;

/// The target of the app. rust-toolchain.toml lists it too, so that rustup installs it with the toolchain.
pub(crate) const WASM: &str = "wasm32-unknown-unknown";

/// The target of the functions: a GB-second on arm64 costs a fifth less than on x86-64
/// (<https://aws.amazon.com/lambda/pricing/>).
pub(crate) const LAMBDA: &str = "aarch64-unknown-linux-gnu";

/// Installs the standard library for `target` with rustup if it is missing.
///
/// # Errors
/// When the target is missing and cannot be added, with the remedy.
pub(crate) fn require(workspace: &Workspace, target: &str) -> Result<()> {
    let sysroot = process::output(workspace.command("rustc").args(["--print", "sysroot"]))
        .context("rustc is not on PATH: install Rust with rustup, https://rustup.rs")?;
    if is_installed(Path::new(sysroot.trim()), target) {
        return Ok(());
    }
    if path::find("rustup").is_none() {
        bail!(
            "the compiler in {} cannot build for {target}: install Rust with rustup (https://rustup.rs), \
             or your distribution's package with the standard library for {target}",
            sysroot.trim()
        );
    }
    let task = Task::start(format!("installing Rust's standard library for {target}"));
    task.run_quietly(workspace.command("rustup").args(["target", "add", target]))
        .with_context(|| {
            format!("cannot add {target}: is https://static.rust-lang.org reachable?")
        })?;
    task.finish();
    Ok(())
}

fn is_installed(sysroot: &Path, target: &str) -> bool {
    sysroot
        .join("lib")
        .join("rustlib")
        .join(target)
        .join("lib")
        .is_dir()
}
