//! Paths as the operating system needs them.

use std::path::{Path, PathBuf};

/// The path from the root, which is the same in every folder. Functions run in other folders than the gateway.
pub fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}

/// A path to open: the empty one stands for the current folder.
pub(crate) fn here(path: &Path) -> &Path {
    if path.as_os_str().is_empty() {
        Path::new(".")
    } else {
        path
    }
}
