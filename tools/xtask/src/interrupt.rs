//! Remembers what asks us to stop: a signal, or that the reader of our output has gone.
//!
//! It only sets a flag. Waiting loops check it (see [`crate::process`]), terminate what they started, and return
//! [`Interrupted`]; nothing happens in the signal handler itself.

use std::fmt;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};

use anyhow::{Context, Result};
use signal_hook::consts::{SIGHUP, SIGINT, SIGPIPE, SIGTERM};

/// The number of the last signal, or 0.
static SIGNAL: OnceLock<Arc<AtomicUsize>> = OnceLock::new();

/// The command was stopped from outside: Ctrl-C, SIGTERM, or its terminal or the pipe that it writes to was closed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Interrupted {
    signal: u8,
}

impl Interrupted {
    /// 128 plus the number of the signal, as a shell reports it.
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

/// From now on SIGINT, SIGTERM and SIGHUP set the flag instead of terminating the process.
pub(crate) fn listen() -> Result<()> {
    let flag = Arc::clone(SIGNAL.get_or_init(Arc::default));
    for signal in [SIGINT, SIGTERM, SIGHUP] {
        signal_hook::flag::register_usize(
            signal,
            Arc::clone(&flag),
            signal.unsigned_abs() as usize,
        )
        .with_context(|| format!("cannot handle signal {signal}"))?;
    }
    Ok(())
}

/// Stops the command as SIGPIPE, which Rust programs ignore, would have done.
pub(crate) fn reader_has_gone() {
    let flag = SIGNAL.get_or_init(Arc::default);
    flag.store(SIGPIPE.unsigned_abs() as usize, Ordering::Relaxed);
}

/// Fails once a signal has arrived.
///
/// # Errors
/// [`Interrupted`] after a signal.
pub(crate) fn check() -> Result<(), Interrupted> {
    let number = SIGNAL.get().map_or(0, |flag| flag.load(Ordering::Relaxed));
    match u8::try_from(number) {
        Ok(0) | Err(_) => Ok(()),
        Ok(signal) => Err(Interrupted { signal }),
    }
}
