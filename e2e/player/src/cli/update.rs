//! `papagaio --update FILE…`: rewrites lines that fail.

use std::collections::BTreeMap;
use std::io::Write;
use std::path::{Path, PathBuf};

use anstyle::{AnsiColor, Style};
use anyhow::{Context as _, Result};

use crate::player::{Hooks, Player, Settings};
use crate::suite::{self, Case};
use crate::update::{Change, Remaining, apply, update};

const BEFORE: Style = AnsiColor::Red.on_default();
const AFTER: Style = AnsiColor::Green.on_default();

/// Exit code: some transcripts still fail.
const STILL_FAIL: u8 = 1;

/// Exit code: some transcripts could not be played.
const COULD_NOT_RUN: u8 = 2;

/// Plays `cases`, rewrites lines that fail, and prints the changes: `-` before the old line, `+` before the new one.
///
/// Returns 0 if all pass now, 1 if some still fail, 2 if some could not be played.
pub(super) async fn run(cases: &[Case], settings: &Settings, out: &mut impl Write) -> Result<u8> {
    let mut code = 0;
    let mut all: BTreeMap<PathBuf, Vec<Change>> = BTreeMap::new();
    for case in cases {
        let name = case.name();
        let transcript = match case {
            Case::Transcript(transcript) => transcript,
            Case::Broken(_, error) => {
                code = COULD_NOT_RUN;
                writeln!(out, "{name}: could not run\n\n{error}\n")?;
                continue;
            }
        };
        let gateway = suite::gateway(transcript, settings);
        let player = Player {
            hooks: gateway.as_ref().map(|gateway| gateway as &dyn Hooks),
            ..Player::new(settings)
        };
        if let Some((line, hook)) = player.first_unsupported_hook(transcript) {
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
        let path = Path::new(transcript.source.name());
        show(path, &updated.changes, settings, out)?;
        let changes = all.entry(path.to_owned()).or_default();
        changes.extend(updated.changes);
    }
    for (path, changes) in all {
        if !changes.is_empty() {
            write(&path, &changes)?;
        }
    }
    Ok(code)
}

fn show(
    path: &Path,
    changes: &[Change],
    settings: &Settings,
    out: &mut impl Write,
) -> std::io::Result<()> {
    let mask = |line: &str| settings.variables.mask(line);
    for change in changes {
        writeln!(out, "--> {}:{}", path.display(), change.line)?;
        for line in &change.before {
            writeln!(out, "{BEFORE}- {}{BEFORE:#}", mask(line))?;
        }
        for line in &change.after {
            writeln!(out, "{AFTER}+ {}{AFTER:#}", mask(line))?;
        }
    }
    Ok(())
}

fn write(path: &Path, changes: &[Change]) -> Result<()> {
    let text = std::fs::read_to_string(path)
        .with_context(|| format!("cannot read {} again", path.display()))?;
    std::fs::write(path, apply(&text, changes))
        .with_context(|| format!("cannot write {}", path.display()))
}
