//! `simulate`: runs seeded simulations, prints one of them in detail, or checks that disabled safeguards are noticed.
//!
//! Handles output and the exit code; the simulation itself is in the library.

mod cli;

mod report;

use std::io::ErrorKind;
use std::process::ExitCode;

use clap::Parser as _;

use cli::Arguments;

/// The exit code that shells report for a program terminated by SIGPIPE.
const READER_HAS_GONE: u8 = 141;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let passed = if arguments.safeguards {
        report::safeguards(&arguments)
    } else if let Some(seed) = arguments.seed {
        report::trace(seed, arguments.without)
    } else {
        report::seeds(&arguments)
    };
    match passed {
        Ok(passed) => ExitCode::from(u8::from(!passed)),
        // Such as `head`.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => ExitCode::from(READER_HAS_GONE),
        Err(error) => {
            eprintln!("error: cannot write to standard output: {error}");
            ExitCode::from(2)
        }
    }
}
