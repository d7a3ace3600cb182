//! `papagaio --update FILE…`: lines that fail are written anew.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use anyhow::{Context as _, Result};

use crate::endpoint::Endpoint;
use crate::files;
use crate::player::{Hooks, Player};
use crate::stack::RunningGateway;
use crate::update::{Change, Remaining, apply, update};

const BEFORE: Style = AnsiColor::Red.on_default();
const AFTER: Style = AnsiColor::Green.on_default();

/// Some lines could not be written anew.
const STILL_FAIL: u8 = 1;

/// Some transcripts could not be played.
const COULD_NOT_RUN: u8 = 2;

/// Plays the transcripts in `paths`, writes lines that fail anew, and says which: `-` stands before what was there, `+` before what
/// is there now.
///
/// Returns 0 if all pass now, 1 if some still fail, 2 if some could not be played.
///
/// # Errors
///
/// If a file cannot be written, or `out`.
pub(super) async fn run(
    paths: &[PathBuf],
    endpoint: &Endpoint,
    limit: Duration,
    out: &mut impl Write,
) -> Result<u8> {
    let mut code = 0;
    let gateway = RunningGateway::at(endpoint);
    let player = Player {
        endpoint,
        limit,
        hooks: gateway.as_ref().map(|gateway| gateway as &dyn Hooks),
        log: None,
    };
    for path in paths {
        let transcripts = match files::read(path) {
            Ok(transcripts) => transcripts,
            Err(error) => {
                code = COULD_NOT_RUN;
                writeln!(out, "{}: could not run\n\n{error}\n", path.display())?;
                continue;
            }
        };
        let mut changes = Vec::new();
        for transcript in &transcripts {
            let name = transcript.name();
            if let Some((line, hook)) = player.cannot(transcript) {
                writeln!(
                    out,
                    "{name}: skipped, because line {line} needs a local stack: {hook}"
                )?;
                continue;
            }
            let updated = update(transcript, player).await;
            match &updated.remaining {
                None if updated.changes.is_empty() => writeln!(out, "{name}: ok")?,
                None => writeln!(out, "{name}: updated")?,
                Some(remaining @ Remaining::Unreachable(_)) => {
                    code = COULD_NOT_RUN;
                    writeln!(out, "{name}: could not run\n\n{remaining}\n")?;
                }
                Some(remaining) => {
                    code = code.max(STILL_FAIL);
                    writeln!(out, "{name}: still fails\n\n{remaining}\n")?;
                }
            }
            show(path, &updated.changes, out)?;
            changes.extend(updated.changes);
        }
        if !changes.is_empty() {
            write(path, &changes)?;
        }
    }
    Ok(code)
}

fn show(path: &Path, changes: &[Change], out: &mut impl Write) -> std::io::Result<()> {
    for change in changes {
        writeln!(out, "--> {}:{}", path.display(), change.line)?;
        writeln!(out, "{BEFORE}- {}{BEFORE:#}", change.before)?;
        writeln!(out, "{AFTER}+ {}{AFTER:#}", change.after)?;
    }
    Ok(())
}

fn write(path: &Path, changes: &[Change]) -> Result<()> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read {} again", path.display()))?;
    std::fs::write(path, apply(&text, changes))
        .with_context(|| format!("cannot write {}", path.display()))
}
