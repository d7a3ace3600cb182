//! The Python that runs the chat client of `e2e/clients`.

use std::path::PathBuf;

use anyhow::Result;

use super::cache::Cache;
use super::python;

const WEBSOCKETS: &str = "17.4";

/// Tells the tests where the interpreter is.
pub(crate) const VARIABLE: &str = "PAPO_PYTHON";

/// An interpreter that has the package `websockets`.
///
/// # Errors
/// When Python is missing or the package cannot be downloaded.
pub(crate) fn provide(cache: &Cache) -> Result<PathBuf> {
    let package = format!("websockets=={WEBSOCKETS}");
    python::provide(cache, &format!("websockets-{WEBSOCKETS}"), &[&package])
}
