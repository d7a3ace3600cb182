//! Locks between processes, which the operating system releases however their holders end.

use std::fs::{File, TryLockError};
use std::path::Path;
use std::time::Duration;

use anyhow::{Context, Result};

use crate::process;
use crate::progress;

/// Longest wait. All tests take most of it on a busy machine with two cores.
const LIMIT: Duration = Duration::from_hours(2);

/// Locks the file at `path` until it is dropped. Says once that it waits because of `holder`, a sentence about the other process.
///
/// # Errors
/// When the file cannot be locked, after two hours, and [`crate::interrupt::Interrupted`] after a signal.
pub(crate) fn hold(file: &File, path: &Path, holder: &str) -> Result<()> {
    let mut announced = false;
    let what = format!("waiting because {holder}");
    process::wait_until(&what, LIMIT, || match file.try_lock() {
        Ok(()) => Ok(true),
        Err(TryLockError::WouldBlock) => {
            if !announced {
                progress::println(&format!("waiting: {holder}"));
                announced = true;
            }
            Ok(false)
        }
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot lock {}", path.display()))
        }
    })
}
