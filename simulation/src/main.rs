//! `simulate`: many worlds, one of them told in full, or all with something left out.
//!
//! Decides what is printed and the exit code; everything else is the library's.
//!
//! # Layout
//!
//! - [`cli`]: the command line
//! - [`report`]: tables, and a world as a story

mod cli;

mod report;

use std::process::ExitCode;

use clap::Parser as _;

use cli::Arguments;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let is_good = if arguments.safeguards {
        report::safeguards(&arguments)
    } else if let Some(seed) = arguments.seed {
        report::story(seed, arguments.without)
    } else {
        report::worlds(&arguments)
    };
    ExitCode::from(u8::from(!is_good))
}
