//! The program `papagaio`: reads the command line and passes it on.

use std::io::ErrorKind;
use std::process::ExitCode;

use papagaio::cli::Arguments;

/// Exit code: nothing could be tried.
const COULD_NOT_RUN: u8 = 2;

fn main() -> ExitCode {
    // Removes colours if stdout is not a terminal, or NO_COLOR is set.
    let mut out = anstream::AutoStream::auto(std::io::stdout());
    let arguments = Arguments::read(std::env::args_os()).unwrap_or_else(|error| error.exit());
    match arguments.run(&mut out) {
        Ok(code) => code.into(),
        // The reader of a pipe, such as `head`, has read enough.
        Err(error) if is_closed_pipe(&error) => ExitCode::SUCCESS,
        Err(error) => {
            let message = format!("{error:#}");
            // The message about a transcript begins with it.
            eprintln!("error: {}", message.trim_start_matches("error: "));
            COULD_NOT_RUN.into()
        }
    }
}

fn is_closed_pipe(error: &anyhow::Error) -> bool {
    error
        .chain()
        .filter_map(|cause| cause.downcast_ref::<std::io::Error>())
        .any(|error| error.kind() == ErrorKind::BrokenPipe)
}
