//! Prints a run: a line for each transcript, messages, and on a terminal a progress line.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};

use super::outcome::{Outcome, Summary, Verdict};
use crate::duration;
use crate::transcript::TerminalName;

/// Erases the line of the cursor.
const ERASE: &str = "\r\u{1b}[2K";

const GOOD: Style = AnsiColor::Green.on_default();
const BAD: Style = AnsiColor::Red.on_default().bold();
const NOTICE: Style = AnsiColor::Yellow.on_default();

/// Prints outcomes as they come.
pub(super) struct Printer<'a, W> {
    pub(super) out: &'a mut W,
    /// Whether everything that happened is printed too.
    pub(super) verbose: bool,
    /// Whether there is a terminal for a progress line.
    pub(super) live: bool,
    /// How many transcripts there are.
    pub(super) total: usize,
    pub(super) summary: Summary,
    /// What is being played.
    pub(super) playing: Vec<String>,
}

impl<W: Write> Printer<'_, W> {
    pub(super) fn begins(&mut self, name: String) {
        self.playing.push(name);
        self.show_progress();
    }

    pub(super) fn ended(&mut self, outcome: &Outcome) -> io::Result<()> {
        self.hide_progress();
        self.playing.retain(|name| *name != outcome.name);
        self.summary.count(&outcome.verdict);
        let (name, took) = (&outcome.name, duration::show(outcome.took));
        match &outcome.verdict {
            Verdict::Passed => writeln!(self.out, "{name}: {GOOD}ok{GOOD:#} ({took})")?,
            Verdict::Skipped(why) => {
                writeln!(self.out, "{name}: {NOTICE}skipped{NOTICE:#}, {why}")?;
            }
            Verdict::Failed(message) => {
                writeln!(
                    self.out,
                    "{name}: {BAD}FAILED{BAD:#}\n\n{}\n",
                    message.coloured
                )?;
            }
            Verdict::NotRun(message) => {
                let message = &message.coloured;
                writeln!(self.out, "{name}: {BAD}could not run{BAD:#}\n\n{message}\n")?;
            }
        }
        if self.verbose && !outcome.log.is_empty() {
            writeln!(self.out, "{}", conversation(outcome))?;
        }
        self.out.flush()?;
        self.show_progress();
        Ok(())
    }

    /// The last line.
    pub(super) fn finish(&mut self, against: &str, took: Duration) -> io::Result<()> {
        self.hide_progress();
        let Summary {
            passed,
            failed,
            skipped,
            not_run,
            ..
        } = self.summary;
        write!(self.out, "{passed} passed, {failed} failed")?;
        if skipped > 0 {
            write!(self.out, ", {skipped} skipped")?;
        }
        if not_run > 0 {
            write!(self.out, ", {not_run} could not run")?;
        }
        if self.summary.interrupted {
            let done = self.summary.done();
            write!(self.out, ", interrupted after {done} of {}", self.total)?;
        }
        writeln!(self.out, "{against}, in {}", duration::show(took))
    }

    fn show_progress(&self) {
        if !self.live {
            return;
        }
        let mut playing = self.playing.join(", ");
        // A line that is wider than the terminal could not be erased.
        if let Some((at, _)) = playing.char_indices().nth(60) {
            playing.replace_range(at.., "…");
        }
        let (done, total) = (self.summary.done(), self.total);
        eprint!("{ERASE}{done} of {total}, playing {playing}");
    }

    fn hide_progress(&self) {
        if self.live {
            eprint!("{ERASE}");
        }
    }
}

/// Everything that happened, one line each, with its time in seconds.
pub(super) fn conversation(outcome: &Outcome) -> String {
    let mut text = String::new();
    for entry in &outcome.log {
        let name = match outcome.terminals.get(entry.terminal.0) {
            Some(TerminalName::Named(name)) => format!("[{name}] "),
            None | Some(TerminalName::Only) => String::new(),
        };
        let (at, what) = (entry.at.as_secs_f64(), &entry.what);
        // Writing into a string cannot fail.
        let _ = writeln!(text, "    {at:8.3} {name}{what}");
    }
    text
}
