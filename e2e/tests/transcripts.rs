//! Every transcript of `transcripts/` as a test of its own, against a stack of its own.

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Result;
use libtest_mimic::{Arguments, Failed, Trial};
use papo_e2e::files;
use papo_e2e::player::play;
use papo_e2e::stack::{self, Stack};

/// How long each line may wait. A busy machine must not fail a test.
const LIMIT: Duration = Duration::from_secs(30);

fn main() -> Result<ExitCode> {
    let arguments = Arguments::from_args();
    if !arguments.list {
        // One message if it does not build, instead of one a test.
        stack::build()?;
    }
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("transcripts");
    let trials = files::find(&[folder])?.into_iter().map(|path| {
        let name = path.file_stem().unwrap_or_default();
        let name = name.to_string_lossy().into_owned();
        Trial::test(name, move || passes(&path))
    });
    Ok(libtest_mimic::run(&arguments, trials.collect()).exit_code())
}

fn passes(path: &Path) -> Result<(), Failed> {
    let transcript = files::read(path)?;
    let stack = Stack::start().map_err(|error| format!("{error:#}"))?;
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime
        .block_on(play(&transcript, stack.endpoint(), LIMIT))
        .map_err(|failure| format!("{failure}\n\nthe gateway printed:\n{}", stack.log()).into())
}
