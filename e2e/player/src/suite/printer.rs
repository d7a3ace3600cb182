//! Prints a run: a line for each transcript, messages, and on a terminal a progress line.

use std::fmt::Write as _;
use std::io::{self, Write};
use std::time::Duration;

use anstyle::{AnsiColor, Style};
use rustix::termios::tcgetwinsize;
use unicode_width::{UnicodeWidthChar as _, UnicodeWidthStr as _};

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
    /// Whether `--update` could play the same transcripts.
    pub(super) can_update: bool,
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
                writeln!(self.out, "{name}: {BAD}FAILED{BAD:#}\n\n{message:#}\n")?;
            }
            Verdict::NotRun(message) => {
                writeln!(
                    self.out,
                    "{name}: {BAD}could not run{BAD:#}\n\n{message:#}\n"
                )?;
            }
        }
        if self.verbose && !outcome.log.is_empty() {
            writeln!(self.out, "{}", conversation(outcome))?;
        }
        self.out.flush()?;
        self.show_progress();
        Ok(())
    }

    /// The last lines.
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
        writeln!(self.out, "{against}, in {}", duration::show(took))?;
        if self.can_update && failed > 0 {
            let what = "if the server is right, papagaio --update rewrites the lines that failed";
            writeln!(self.out, "{what}")?;
        }
        Ok(())
    }

    fn show_progress(&self) {
        if !self.live {
            return;
        }
        let (done, total) = (self.summary.done(), self.total);
        let mut line = format!("{done} of {total}");
        if !self.playing.is_empty() {
            line = format!("{line}, playing {}", self.playing.join(", "));
        }
        // A line that is wider than the terminal could not be erased.
        let width = tcgetwinsize(io::stderr()).map_or(80, |size| usize::from(size.ws_col));
        let shown = clipped(&line, width.saturating_sub(1));
        eprint!("{ERASE}{shown}");
    }

    fn hide_progress(&self) {
        if self.live {
            eprint!("{ERASE}");
        }
    }
}

/// `line` in at most `width` columns.
fn clipped(line: &str, width: usize) -> String {
    if line.width() <= width {
        return line.to_owned();
    }
    let mut clipped = String::new();
    for c in line.chars() {
        if clipped.width() + c.width().unwrap_or(0) >= width {
            break;
        }
        clipped.push(c);
    }
    clipped + "…"
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_progress_line_fits_the_terminal() {
        assert_eq!(clipped("1 of 2", 6), "1 of 2");
        assert_eq!(clipped("1 of 20", 6), "1 of …");
        assert_eq!(clipped("漢字です", 6), "漢字…");
        assert_eq!(clipped("abc", 0), "…");
    }
}
