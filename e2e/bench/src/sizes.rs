//! Sizes of the app's files, compressed as browsers download them, and of the functions' zips.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use flate2::Compression;
use flate2::write::GzEncoder;
use xtask_lib::sizes::{brotli_length, files};
use xtask_lib::table::{Column, render};

use crate::original;

/// Size limit for the zip of one function, in bytes.
pub(crate) const ZIP_BUDGET: u64 = 3_000_000;

/// Sizes of one file in bytes: as it is, after gzip 9, after brotli 11.
type Sizes = [usize; 3];

/// Prints the size of every file of the app. `cargo xtask build` checks the budget.
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

/// The size of each function's zip in bytes, by the name of its executable.
pub(crate) fn zips(directory: &Path) -> Result<BTreeMap<String, u64>> {
    let mut zips = BTreeMap::new();
    let files = files(directory)?;
    let is_zip = |path: &&PathBuf| path.extension().is_some_and(|it| it == "zip");
    for path in files.iter().filter(is_zip) {
        let name = path.parent().and_then(Path::file_name).unwrap_or_default();
        let bytes = fs::metadata(path)
            .with_context(|| format!("cannot read {}", path.display()))?
            .len();
        zips.insert(name.to_string_lossy().into_owned(), bytes);
    }
    Ok(zips)
}

fn sizes(bytes: &[u8]) -> Result<Sizes> {
    let mut gzip = GzEncoder::new(Vec::new(), Compression::best());
    gzip.write_all(bytes)?;
    Ok([bytes.len(), gzip.finish()?.len(), brotli_length(bytes)?])
}

#[cfg(test)]
mod tests {
    use super::sizes;

    #[test]
    fn brotli_compresses_better_than_gzip() {
        let [raw, gzip, brotli] = sizes("fn main() {}\n".repeat(1000).as_bytes()).unwrap();
        assert_eq!(raw, 13_000);
        assert!(brotli < gzip && gzip < 200, "{gzip} {brotli}");
    }

    #[test]
    fn an_empty_file_has_sizes() {
        let [raw, gzip, brotli] = sizes(b"").unwrap();
        assert_eq!(raw, 0);
        assert!(gzip < 30 && brotli < 5, "{gzip} {brotli}");
    }
}
