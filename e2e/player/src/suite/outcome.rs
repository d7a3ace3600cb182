//! The result of one transcript, and counts of results.

use std::time::Duration;

use crate::diagnostic::Rendered;
use crate::player::Entry;
use crate::transcript::TerminalName;

/// The result of one transcript.
#[derive(Clone, Debug)]
pub(crate) struct Outcome {
    /// Its name: the file, and for a block of a document also its line.
    pub name: String,
    /// How it ended.
    pub verdict: Verdict,
    /// How long it took.
    pub took: Duration,
    /// Everything that happened.
    pub log: Vec<Entry>,
    /// The names of the terminals in it.
    pub terminals: Vec<TerminalName>,
}

impl Outcome {
    /// The result of a transcript of which nothing happened.
    pub(super) fn not_run(name: String, why: Rendered) -> Self {
        Self {
            name,
            verdict: Verdict::NotRun(why),
            took: Duration::ZERO,
            log: Vec::new(),
            terminals: Vec::new(),
        }
    }

    /// The result of a transcript that was being played, or had not begun, when the run was interrupted.
    pub(super) fn interrupted(name: String) -> Self {
        Self::not_run(name, Rendered::of(&"the run was interrupted"))
    }
}

/// Whether a transcript passed.
#[derive(Clone, Debug)]
pub(crate) enum Verdict {
    /// Every line was met.
    Passed,
    /// A line was not met.
    Failed(Rendered),
    /// It needs something that only a local stack can do; why, in one sentence.
    Skipped(String),
    /// Not readable, not a transcript, or nothing answers at the address.
    NotRun(Rendered),
}

/// How many transcripts ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Summary {
    /// Every line was met.
    pub passed: usize,
    /// A line was not met.
    pub failed: usize,
    /// Skipped, because only a local stack can do what they need.
    pub skipped: usize,
    /// Not readable, not a transcript, or nothing answers at the address.
    pub not_run: usize,
    /// Whether the run was interrupted before its end.
    pub interrupted: bool,
}

impl Summary {
    /// 0 all passed or were skipped, 1 some failed, 2 some could not run, 130 interrupted.
    pub(crate) fn exit_code(self) -> u8 {
        match self {
            Self {
                interrupted: true, ..
            } => 130,
            Self { not_run: 1.., .. } => 2,
            Self { failed: 1.., .. } => 1,
            Self { .. } => 0,
        }
    }

    /// How many transcripts have ended.
    pub(super) fn done(self) -> usize {
        self.passed + self.failed + self.skipped + self.not_run
    }

    /// Counts one more.
    pub(super) fn count(&mut self, verdict: &Verdict) {
        *match verdict {
            Verdict::Passed => &mut self.passed,
            Verdict::Failed(_) => &mut self.failed,
            Verdict::Skipped(_) => &mut self.skipped,
            Verdict::NotRun(_) => &mut self.not_run,
        } += 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exit_code_says_the_worst_that_happened() {
        let code = |passed, failed, skipped, not_run| {
            Summary {
                passed,
                failed,
                skipped,
                not_run,
                interrupted: false,
            }
            .exit_code()
        };
        assert_eq!(
            [
                code(9, 0, 0, 0),
                code(9, 0, 1, 0),
                code(9, 1, 0, 0),
                code(9, 1, 0, 1),
                code(9, 0, 0, 1)
            ],
            [0, 0, 1, 2, 2]
        );
    }
}
