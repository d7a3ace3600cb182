//! Whether somebody asked us to stop.
//!
//! Decides only that: a signal sets a flag, and whoever waits looks at it (see [`crate::process`]), ends what it started
//! and passes [`Interrupted`] up. Nothing is ended in the signal handler itself.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};

/// The number of the last signal, or 0.
static SIGNAL: OnceLock<Arc<AtomicUsize>> = OnceLock::new();

/// The command was stopped from outside: Ctrl-C, SIGTERM, or its terminal was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interrupted {
    signal: u8,
}

impl Interrupted {
    /// What a shell reports for a program that a signal ended: 128 and the signal's number.
    pub(crate) fn exit_code(self) -> u8 {
        128 + self.signal
    }
}

impl fmt::Display for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "stopped by signal {}", self.signal)
    }
}

impl std::error::Error for Interrupted {}

/// From now on SIGINT, SIGTERM and SIGHUP are remembered instead of ending the process.
///
/// # Errors
/// When the operating system refuses a handler.
pub(crate) fn listen() -> Result<()> {
    let flag = Arc::clone(SIGNAL.get_or_init(Arc::default));
    for (signal, number) in [(SIGINT, 2), (SIGTERM, 15), (SIGHUP, 1)] {
        signal_hook::flag::register_usize(signal, Arc::clone(&flag), number)
            .with_context(|| format!("cannot listen for signal {signal}"))?;
    }
    Ok(())
}

/// # Errors
/// [`Interrupted`] once a signal has come.
pub(crate) fn check() -> Result<(), Interrupted> {
    let number = SIGNAL.get().map_or(0, |flag| flag.load(Ordering::Relaxed));
    match u8::try_from(number) {
        Ok(0) | Err(_) => Ok(()),
        Ok(signal) => Err(Interrupted { signal }),
    }
}

#[cfg(test)]
mod tests {
    use super::Interrupted;

    #[test]
    fn the_exit_code_is_the_one_a_shell_reports() {
        assert_eq!(Interrupted { signal: 2 }.exit_code(), 130);
        assert_eq!(Interrupted { signal: 15 }.exit_code(), 143);
    }
}
