//! What is said while it goes on: one line that is written over, on a terminal; nothing elsewhere.

use std::fmt;
use std::io::IsTerminal as _;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::time::Instant;

use crate::client::Standing;
use crate::run::Deeds;

/// How often it is said.
const PERIOD: Duration = Duration::from_secs(1);

/// Back to the beginning of the line, and delete it (ECMA-48: CR, EL).
const CLEAR: &str = "\r\u{1b}[K";

/// How far a run is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Stage {
    /// The plan is carried out, for so long in all.
    Storm(Duration),
    /// It is waited until all are quiet, for so long by now.
    Calm(Duration),
}

/// The line.
#[derive(Debug)]
pub(crate) struct Progress {
    is_shown: bool,
    next: Instant,
}

impl Progress {
    /// On standard error, if that is a terminal.
    pub(crate) fn new() -> Self {
        Self {
            is_shown: std::io::stderr().is_terminal(),
            next: Instant::now(),
        }
    }

    /// When there is something to say again.
    pub(crate) fn next(&self) -> Instant {
        self.next
    }

    /// Says it, if it is time.
    pub(crate) fn tell(
        &mut self,
        stage: Stage,
        elapsed: Duration,
        standings: &[Standing],
        deeds: &Deeds,
    ) {
        let now = Instant::now();
        if now < self.next {
            return;
        }
        self.next = now + PERIOD;
        if self.is_shown {
            eprint!("{CLEAR}{}", Line::new(stage, elapsed, standings, deeds));
        }
    }

    /// Deletes it.
    pub(crate) fn clear(&self) {
        if self.is_shown {
            eprint!("{CLEAR}");
        }
    }
}

#[derive(Debug)]
struct Line {
    stage: Stage,
    elapsed: Duration,
    online: usize,
    said: usize,
    acknowledged: usize,
    faults: u64,
    kills: u64,
}

impl Line {
    fn new(stage: Stage, elapsed: Duration, standings: &[Standing], deeds: &Deeds) -> Self {
        let sum = |of: fn(&Standing) -> usize| standings.iter().map(of).sum();
        let times = |deeds: &[&AtomicU64]| {
            let times = deeds.iter().map(|times| times.load(Ordering::Relaxed));
            times.sum()
        };
        Self {
            stage,
            elapsed,
            online: sum(|standing| usize::from(standing.online)),
            said: sum(|standing| standing.said),
            acknowledged: sum(|standing| standing.acknowledged),
            faults: times(&[&deeds.cuts, &deeds.stalls, &deeds.delays]),
            kills: times(&[&deeds.functions, &deeds.gateways]),
        }
    }
}

/// Short enough for 80 columns: a line that goes on in the next one could not be deleted.
impl fmt::Display for Line {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            online,
            said,
            acknowledged,
            faults,
            kills,
            ..
        } = self;
        match self.stage {
            Stage::Storm(lasts) => {
                let (elapsed, lasts) = (self.elapsed.as_secs(), lasts.as_secs());
                write!(f, "{elapsed} of {lasts} s, {online} online | ")?;
                write!(f, "{said} said, {acknowledged} acknowledged | ")?;
                write!(f, "{faults} faults, {kills} kills")
            }
            Stage::Calm(waited) => {
                write!(f, "calm for {} s, {online} online | ", waited.as_secs())?;
                write!(f, "{said} said, {acknowledged} acknowledged")
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_one_line_of_a_narrow_terminal() {
        let standing = Standing {
            online: true,
            said: 20_000,
            acknowledged: 19_999,
            ..Standing::default()
        };
        let deeds = Deeds::default();
        deeds.cuts.store(1_400, Ordering::Relaxed);
        deeds.functions.store(300, Ordering::Relaxed);
        deeds.gateways.store(30, Ordering::Relaxed);
        let elapsed = Duration::from_millis(599_900);
        let line =
            |stage| Line::new(stage, elapsed, std::slice::from_ref(&standing), &deeds).to_string();
        assert_eq!(
            line(Stage::Storm(Duration::from_mins(10))),
            "599 of 600 s, 1 online | 20000 said, 19999 acknowledged | 1400 faults, 330 kills"
        );
        assert_eq!(
            line(Stage::Calm(Duration::from_mins(5))),
            "calm for 300 s, 1 online | 20000 said, 19999 acknowledged"
        );
    }
}
