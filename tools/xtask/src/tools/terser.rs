//! terser, which writes JavaScript as short as it can be, from npm where node is.

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use super::cache::Cache;
use super::npm;
use crate::process;

const VERSION: &str = "5.51.2";

/// Functions become arrows, which is safe where nobody asks for a function's `prototype`. `wasm-bindgen` warns of a caller
/// who is out of date, and of a server that does not know WebAssembly; ours are not, and it works all the same.
const COMPRESSION: &str = "passes=3,ecma=2020,unsafe_arrows,pure_funcs=[console.warn]";

/// The program, as node runs it.
#[derive(Debug)]
pub(crate) struct Terser(PathBuf);

/// # Errors
/// When node is missing or the package cannot be fetched. The app works without it.
pub(crate) fn provide(cache: &Cache) -> Result<Terser> {
    if let Some(program) = npm::missing() {
        bail!("{program} is not on PATH");
    }
    let place = cache.provide(&format!("terser-{VERSION}"), |staging| {
        npm::install(&[&format!("terser@{VERSION}")], staging)
    })?;
    Ok(Terser(place.join("node_modules/terser/bin/terser")))
}

impl Terser {
    /// Shortens a script that is a module.
    ///
    /// # Errors
    /// When the script is none.
    pub(crate) fn shorten(&self, script: &Path) -> Result<()> {
        let mut node = process::command("node");
        node.arg(&self.0).arg(script);
        node.args(["--module", "--mangle", "--compress", COMPRESSION]);
        node.arg("--output").arg(script);
        process::run(&mut node)
    }
}
