//! The files of a directory, and their size after compression.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use brotli::enc::BrotliEncoderParams;

/// All files in the directory and below it, sorted by path.
///
/// # Errors
/// When a directory cannot be read.
pub fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let entries =
        fs::read_dir(directory).with_context(|| format!("cannot read {}", directory.display()))?;
    for entry in entries {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.extend(files(&entry.path())?);
        } else {
            found.push(entry.path());
        }
    }
    found.sort();
    Ok(found)
}

/// The length in bytes after brotli with its highest quality.
///
/// # Errors
/// When the compressor fails.
pub fn brotli_length(bytes: &[u8]) -> Result<usize> {
    let parameters = BrotliEncoderParams {
        quality: 11,
        size_hint: bytes.len(),
        ..Default::default()
    };
    let mut compressed = Vec::new();
    brotli::BrotliCompress(&mut &bytes[..], &mut compressed, &parameters)
        .context("cannot compress with brotli")?;
    Ok(compressed.len())
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use super::files;

    #[test]
    fn files_of_all_levels_are_sorted_by_path() {
        let root = tempfile::tempdir().unwrap();
        fs::create_dir_all(root.path().join("a/empty")).unwrap();
        for name in ["b", "a/c", "a.txt"] {
            fs::write(root.path().join(name), "").unwrap();
        }
        let expected = ["a/c", "a.txt", "b"].map(|name| root.path().join(name));
        assert_eq!(files(root.path()).unwrap(), expected);
    }

    #[test]
    fn a_missing_directory_is_reported_by_name() {
        let error = files(Path::new("/no/such/dist")).unwrap_err();
        assert_eq!(error.to_string(), "cannot read /no/such/dist");
    }
}
