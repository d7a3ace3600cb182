//! The size of the app's download, and its budget.

use std::fs;
use std::path::Path;

use crate::output::{self, say};
use anyhow::{Context, Result, ensure};
use xtask_lib::sizes::{brotli_length, files};
use xtask_lib::table::{self, Column};

/// Target size of the download, in bytes after brotli 11.
const GOAL: usize = 125_000;

/// Size limit of the download, in bytes after brotli 11.
const CEILING: usize = 150_000;

/// The files that only deployments with an issuer load, after the first download.
const SIGN_IN: [&str; 3] = ["sign-in.js", "papo-sign-in.js", "papo-sign-in_bg.wasm"];

/// The file that a page loads once it is hidden and has unread messages.
const UNREAD: &str = "icon-unread.svg";

/// Prints the size of every file in `dist` and returns the total of the first download after brotli 11, as a browser downloads
/// it. What loads later is in the table, but not in the total.
pub(crate) fn check(dist: &Path) -> Result<usize> {
    let mut rows = Vec::new();
    let (mut total, mut sign_in, mut unread) = ([0; 2], [0; 2], [0; 2]);
    for path in files(dist)? {
        let bytes = fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let sizes = [bytes.len(), brotli_length(&bytes)?];
        let name = path.strip_prefix(dist).unwrap_or(&path);
        if SIGN_IN.iter().any(|it| name == Path::new(it)) {
            sign_in = sum(sign_in, sizes);
        } else if name == Path::new(UNREAD) {
            unread = sizes;
        } else {
            total = sum(total, sizes);
            rows.push(row(&name.display().to_string(), sizes));
        }
    }
    rows.push(row("total", total));
    rows.push(row("unread icon, loaded later", unread));
    rows.push(row(
        "sign-in, loaded later and only with an issuer",
        sign_in,
    ));
    let columns = [
        Column::Words("the app's first download, in bytes"),
        Column::Numbers("raw"),
        Column::Numbers("brotli 11"),
    ];
    output::text(format_args!("\n{}", table::render(&columns, &rows)));
    let total = total[1];
    say!("{}", verdict(total));
    ensure!(
        total <= CEILING,
        "the app's download exceeds its ceiling: {total} > {CEILING} bytes after brotli 11"
    );
    Ok(total)
}

fn sum(a: [usize; 2], b: [usize; 2]) -> [usize; 2] {
    [a[0] + b[0], a[1] + b[1]]
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
    use super::{CEILING, GOAL, SIGN_IN, UNREAD, check, verdict};
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
    fn what_loads_later_is_not_in_the_first_download() {
        let dist = tempfile::tempdir().unwrap();
        fs::write(dist.path().join("index.html"), "<p>").unwrap();
        let before = check(dist.path()).unwrap();
        for name in SIGN_IN.into_iter().chain([UNREAD]) {
            fs::write(dist.path().join(name), "sign in").unwrap();
        }
        assert_eq!(check(dist.path()).unwrap(), before);
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
