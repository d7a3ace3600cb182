//! What is sent over the wire: the app's files to a browser, the functions' zips to Lambda.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use xtask_lib::table::{Column, render};

use crate::original;

/// What the app may weigh after brotli 11, in bytes: what the original weighs.
const SITE_BUDGET: usize = 91_000;

/// What the zip of one function may weigh, in bytes.
const ZIP_BUDGET: u64 = 3_000_000;

/// Sizes of one file in bytes: as it is, after gzip 9, after brotli 11.
type Sizes = [usize; 3];

/// Prints every file of the app.
///
/// # Errors
/// When the directory cannot be read or holds no page.
pub(crate) fn print_site(directory: &Path) -> Result<()> {
    let mut rows = Vec::new();
    let mut total: Sizes = [0; 3];
    for path in files(directory)? {
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let sizes = sizes(&bytes)?;
        for (sum, size) in total.iter_mut().zip(sizes) {
            *sum += size;
        }
        rows.push(row(
            &path
                .strip_prefix(directory)
                .unwrap_or(&path)
                .to_string_lossy(),
            sizes,
        ));
    }
    rows.push(row("total", total));
    rows.push(row("original, total", original::SITE));
    rows.push(vec![
        "budget".to_owned(),
        String::new(),
        String::new(),
        SITE_BUDGET.to_string(),
    ]);
    let columns = ["raw", "gzip 9", "brotli 11"].map(Column::Numbers);
    let columns: Vec<Column> = std::iter::once(Column::Words("the app, in bytes"))
        .chain(columns)
        .collect();
    println!("\n{}", render(&columns, &rows).trim_end());
    Ok(())
}

fn row(name: &str, sizes: Sizes) -> Vec<String> {
    std::iter::once(name.to_owned())
        .chain(sizes.map(|size| size.to_string()))
        .collect()
}

/// Prints every zip.
///
/// # Errors
/// When the directory cannot be read.
pub(crate) fn print_zips(directory: &Path) -> Result<()> {
    let mut rows = Vec::new();
    for path in files(directory)?
        .iter()
        .filter(|path| path.extension().is_some_and(|extension| extension == "zip"))
    {
        let name = path
            .parent()
            .and_then(Path::file_name)
            .unwrap_or_default()
            .to_string_lossy()
            .into_owned();
        let bytes = fs::metadata(path)
            .with_context(|| format!("cannot read {}", path.display()))?
            .len();
        rows.push(vec![
            name,
            bytes.to_string(),
            ZIP_BUDGET.to_string(),
            original::BUNDLE.to_owned(),
        ]);
    }
    let columns = [
        Column::Words("function's zip, arm64"),
        Column::Numbers("bytes"),
        Column::Numbers("budget"),
        Column::Words("original, without Node itself"),
    ];
    println!("\n{}", render(&columns, &rows).trim_end());
    Ok(())
}

/// All files under a directory, by name.
fn files(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    let mut left = vec![directory.to_path_buf()];
    while let Some(directory) = left.pop() {
        let entries = fs::read_dir(&directory)
            .with_context(|| format!("cannot read {}", directory.display()))?;
        for entry in entries {
            let entry = entry?;
            if entry.file_type()?.is_dir() {
                left.push(entry.path());
            } else {
                found.push(entry.path());
            }
        }
    }
    found.sort();
    Ok(found)
}

fn sizes(bytes: &[u8]) -> Result<Sizes> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes)?;
    Ok([bytes.len(), gzip.finish()?.len(), brotli_length(bytes)?])
}

/// The length after brotli with its highest quality and its largest ordinary window.
fn brotli_length(bytes: &[u8]) -> Result<usize> {
    let parameters = brotli::enc::BrotliEncoderParams {
        quality: 11,
        lgwin: 24,
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
    use super::{files, sizes};

    #[test]
    fn what_repeats_itself_becomes_smaller_and_brotli_beats_gzip() {
        let [raw, gzip, brotli] = sizes("fn main() {}\n".repeat(1000).as_bytes()).unwrap();
        assert_eq!(raw, 13_000);
        assert!(brotli < gzip && gzip < 200, "{gzip} {brotli}");
    }

    #[test]
    fn an_empty_file_has_sizes_too() {
        let [raw, gzip, brotli] = sizes(b"").unwrap();
        assert_eq!(raw, 0);
        assert!(gzip < 30 && brotli < 5, "{gzip} {brotli}");
    }

    #[test]
    fn a_directory_that_is_missing_is_an_error_that_names_it() {
        let error = files(std::path::Path::new("/no/such/dist"))
            .unwrap_err()
            .to_string();
        assert_eq!(error, "cannot read /no/such/dist");
    }
}
