//! Many transcripts, one after the other, and what is printed about them.
//!
//! One after the other, because everybody who is connected to a chat hears everybody: two transcripts at a time would read each
//! other's frames.

use std::io::{self, Write};
use std::path::PathBuf;
use std::time::{Duration, Instant};

use crate::duration;
use crate::endpoint::Endpoint;
use crate::files;
use crate::player::{FailureKind, play};
use crate::transcript::Transcript;

/// What is to be played.
#[derive(Clone, Debug)]
pub struct Suite {
    /// The transcripts, in this order.
    pub paths: Vec<PathBuf>,
    /// What they are played against.
    pub endpoint: Endpoint,
    /// How long each line may wait.
    pub limit: Duration,
}

/// How many transcripts ended how.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Every line was fulfilled.
    pub passed: usize,
    /// A line was not fulfilled.
    pub failed: usize,
    /// Not readable, no transcript, or nothing answers at the address.
    pub not_run: usize,
}

impl Summary {
    /// 0 all passed, 1 some failed, 2 some could not run.
    pub fn exit_code(self) -> u8 {
        match self {
            Self { not_run: 1.., .. } => 2,
            Self { failed: 1.., .. } => 1,
            Self { .. } => 0,
        }
    }
}

impl Suite {
    /// Plays everything, and writes a line for each transcript and the message of each failure to `out`.
    ///
    /// # Errors
    ///
    /// If `out` cannot be written to.
    pub async fn run(&self, out: &mut impl Write) -> io::Result<Summary> {
        let started = Instant::now();
        let mut summary = Summary::default();
        for path in &self.paths {
            match files::read(path) {
                Ok(transcripts) => {
                    for transcript in &transcripts {
                        self.play(transcript, &mut summary, out).await?;
                    }
                }
                Err(error) => {
                    summary.not_run += 1;
                    writeln!(out, "{}: could not run\n\n{error}\n", path.display())?;
                }
            }
        }
        let Summary {
            passed,
            failed,
            not_run,
        } = summary;
        write!(out, "{passed} passed, {failed} failed")?;
        if not_run > 0 {
            write!(out, ", {not_run} could not run")?;
        }
        let took = duration::show(started.elapsed());
        writeln!(out, ", against {} in {took}", self.endpoint)?;
        Ok(summary)
    }

    async fn play(
        &self,
        transcript: &Transcript,
        summary: &mut Summary,
        out: &mut impl Write,
    ) -> io::Result<()> {
        let name = transcript.name();
        let begun = Instant::now();
        match play(transcript, &self.endpoint, self.limit).await {
            Ok(()) => {
                summary.passed += 1;
                let took = duration::show(begun.elapsed());
                writeln!(out, "{name}: ok ({took})")
            }
            Err(failure) if failure.kind == FailureKind::Unreachable => {
                summary.not_run += 1;
                writeln!(out, "{name}: could not run\n\n{failure}\n")
            }
            Err(failure) => {
                summary.failed += 1;
                writeln!(out, "{name}: FAILED\n\n{failure}\n")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn not_having_run_weighs_more_than_having_failed() {
        let code = |passed, failed, not_run| {
            Summary {
                passed,
                failed,
                not_run,
            }
            .exit_code()
        };
        assert_eq!(
            [code(9, 0, 0), code(9, 1, 0), code(9, 1, 1), code(9, 0, 1)],
            [0, 1, 2, 2]
        );
    }
}
