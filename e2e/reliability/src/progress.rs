//! The progress bar on standard error; hidden unless that is a terminal.

use std::time::Duration;

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

/// A spinner with the time that has passed, for a phase of unknown length.
pub fn spinner() -> ProgressBar {
    let spinner = ProgressBar::new_spinner();
    if let Ok(style) = ProgressStyle::with_template("{spinner} {elapsed} {wide_msg}") {
        spinner.set_style(style);
    }
    spinner.enable_steady_tick(Duration::from_millis(250));
    spinner
}
