//! Every transcript of `transcripts/`, and every example of the chat's README files and of `tests/documentation.md`, as a
//! separate test on a separate stack.

use std::path::Path;
use std::process::ExitCode;

use anyhow::Result;
use libtest_mimic::{Arguments, Trial};
use papagaio::files;
use papo_e2e::play_alone;

fn main() -> Result<ExitCode> {
    let arguments = Arguments::from_args();
    if !arguments.list {
        // One message if it does not build, instead of one per test.
        papo_e2e::build()?;
    }
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let played = [
        "transcripts",
        "tests/documentation.md",
        "../README.md",
        "../README.pt-BR.md",
    ];
    let paths = files::find(&played.map(|path| package.join(path)))?;
    let mut trials = Vec::new();
    for path in paths {
        for transcript in files::read(&path)? {
            let name = transcript.name();
            let name = name.strip_prefix(&format!("{}/", package.display()));
            let name = name.unwrap_or_default().to_owned();
            let play = move || Ok(play_alone(&transcript)?);
            trials.push(Trial::test(name, play));
        }
    }
    Ok(libtest_mimic::run(&arguments, trials).exit_code())
}
