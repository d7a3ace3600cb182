//! The progress bar of long-running programs.

use indicatif::{ProgressBar, ProgressStyle};

/// Shows a bar of `length` steps on standard error, followed by the message that was set last. Hidden unless that is a terminal.
pub fn show(length: u64) -> ProgressBar {
    let bar = ProgressBar::new(length);
    // The template is constant and valid; without it the default style shows less.
    match ProgressStyle::with_template("{bar:24} {pos}/{len}, {eta} left {wide_msg}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}

/// Shows on standard error how long something without a known end has taken. Hidden unless that is a terminal.
pub fn elapsed() -> ProgressBar {
    let bar = ProgressBar::new_spinner();
    match ProgressStyle::with_template("{spinner} {elapsed_precise}") {
        Ok(style) => bar.with_style(style),
        Err(_) => bar,
    }
}
