//! axe, which checks the page for barriers: <https://github.com/dequelabs/axe-core>. A package of npm.

use std::path::PathBuf;

use anyhow::Result;

use super::cache::Cache;
use super::npm;

/// The exact version, so that a new release cannot fail a build.
const PACKAGE: &str = "axe-core@4.14.1";

/// The variable that tells the browser tests where the script is.
pub(crate) const VARIABLE: &str = "PAPO_AXE";

/// The script.
pub(crate) fn provide(cache: &Cache) -> Result<PathBuf> {
    let directory = npm::provide(cache, &[PACKAGE])?;
    Ok(directory.join("node_modules/axe-core/axe.min.js"))
}
