//! The size of the app's download, and its budget.

use std::fs;
use std::path::Path;

use anyhow::{Context, Result, ensure};
use xtask_lib::sizes::{brotli_length, files};
use xtask_lib::table::{self, Column};

/// What we aim for, in bytes after brotli 11.
const GOAL: usize = 125_000;

/// What the build fails above, in bytes after brotli 11.
const CEILING: usize = 150_000;

/// Prints the size of every file in `dist` and returns the total after brotli 11, as a browser downloads it.
///
/// # Errors
/// When `dist` cannot be read or the total exceeds the ceiling.
pub(crate) fn check(dist: &Path) -> Result<usize> {
    let mut rows = Vec::new();
    let mut total = [0; 2];
    for path in files(dist)? {
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let sizes = [bytes.len(), brotli_length(&bytes)?];
        total = [total[0] + sizes[0], total[1] + sizes[1]];
        let name = path.strip_prefix(dist).unwrap_or(&path).display();
        rows.push(row(&name.to_string(), sizes));
    }
    rows.push(row("total", total));
    let columns = [
        Column::Words("the app's download, in bytes"),
        Column::Numbers("raw"),
        Column::Numbers("brotli 11"),
    ];
    print!("\n{}", table::render(&columns, &rows));
    let total = total[1];
    println!("{}", verdict(total));
    ensure!(
        total <= CEILING,
        "the app's download exceeds its ceiling: {total} > {CEILING} bytes after brotli 11"
    );
    Ok(total)
}

fn row(name: &str, sizes: [usize; 2]) -> Vec<String> {
    std::iter::once(name.to_owned())
        .chain(sizes.map(|size| size.to_string()))
        .collect()
}

fn verdict(total: usize) -> String {
    let comparison = if total <= GOAL { "within" } else { "above" };
    format!("{comparison} the goal of {GOAL} bytes; the ceiling is {CEILING}")
}

#[cfg(test)]
mod tests {
    use super::{CEILING, GOAL, check, verdict};
    use std::fs;

    #[test]
    fn counts_compressed_bytes_of_all_files() {
        let dist = tempfile::tempdir().unwrap();
        fs::write(dist.path().join("index.html"), "<p>".repeat(100_000)).unwrap();
        fs::create_dir(dist.path().join("icons")).unwrap();
        fs::write(dist.path().join("icons/a.svg"), "").unwrap();
        let total = check(dist.path()).unwrap();
        assert!(total < 100, "{total}");
    }

    #[test]
    fn a_download_above_the_ceiling_is_an_error() {
        let dist = tempfile::tempdir().unwrap();
        // Noise cannot be compressed.
        let mut state = 1_u64;
        let noise: Vec<u8> = std::iter::repeat_with(|| {
            state = state
                .wrapping_mul(6_364_136_223_846_793_005)
                .wrapping_add(1);
            state.to_be_bytes()[0]
        })
        .take(CEILING + 1)
        .collect();
        fs::write(dist.path().join("app.wasm"), noise).unwrap();
        let error = check(dist.path()).unwrap_err().to_string();
        assert!(error.contains("exceeds its ceiling"), "{error}");
    }

    #[test]
    fn the_verdict_compares_with_the_goal() {
        assert!(verdict(GOAL).starts_with("within"));
        assert!(verdict(GOAL + 1).starts_with("above"));
    }
}
