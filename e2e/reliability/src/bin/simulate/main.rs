//! `simulate`: runs seeded simulations, prints one of them in detail, or checks that disabled safeguards are noticed.
//!
//! Handles output and the exit code; the simulation itself is in the library.

mod cli;

mod report;

use std::process::ExitCode;

use clap::Parser as _;

use cli::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let passed = if arguments.safeguards {
        report::safeguards(&arguments)
    } else if let Some(seed) = arguments.seed {
        report::trace(seed, arguments.without)
    } else {
        report::seeds(&arguments)
    };
    ExitCode::from(u8::from(!passed))
}
