//! The progress bar on standard error; hidden unless that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar of `length` steps, followed by the message that was set last.
pub fn bar(length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length);
    // The template is a constant without unknown keys; the default is the fallback.
    if let Ok(style) = ProgressStyle::with_template("{bar:24} {pos}/{len} {wide_msg}") {
        bar.set_style(style);
    }
    bar
}
