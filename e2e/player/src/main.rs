//! The program `papagaio`: reads the command line and passes it on.

use std::process::ExitCode;

use clap::Parser as _;
use papagaio::cli::Arguments;

/// Nothing could be tried.
const COULD_NOT_RUN: u8 = 2;

fn main() -> ExitCode {
    // Takes the colours out where nobody sees them: no terminal, or NO_COLOR.
    let mut out = anstream::AutoStream::auto(std::io::stdout());
    match Arguments::parse().run(&mut out) {
        Ok(code) => code.into(),
        Err(error) => {
            eprintln!("error: {error:#}");
            COULD_NOT_RUN.into()
        }
    }
}
