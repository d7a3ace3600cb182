//! Standard output and standard error, which may be closed or full.
//!
//! The reader of our output may stop, as `head` does: then the command ends as after a signal, and terminates what it started.
//! After any other error, the command does its work, and reports at its end that its output is incomplete.

use std::fmt;
use std::io::{self, ErrorKind, Write};
use std::sync::OnceLock;

use crate::interrupt;

/// The first error of standard output, other than that its reader has gone.
static FAILURE: OnceLock<io::Error> = OnceLock::new();

/// Prints a line on standard output, formatted as by `println!`.
macro_rules! say {
    ($($argument:tt)*) => {
        $crate::output::text(format_args!("{}\n", format_args!($($argument)*)))
    };
}
pub(crate) use say;

/// Prints text on standard output.
pub(crate) fn text(text: impl fmt::Display) {
    let mut stdout = io::stdout();
    if let Err(error) = write!(stdout, "{text}").and_then(|()| stdout.flush()) {
        if error.kind() == ErrorKind::BrokenPipe {
            interrupt::reader_has_gone();
        } else {
            let _ = FAILURE.set(error);
        }
    }
}

/// Prints a line on standard error. A failure is ignored, because there is nowhere left to report it.
pub(crate) fn error_line(line: impl fmt::Display) {
    let _ = writeln!(io::stderr(), "{line}");
}

/// Why standard output is incomplete, if it is.
pub(crate) fn failure() -> Option<&'static io::Error> {
    FAILURE.get()
}
