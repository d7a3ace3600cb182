//! Groups of lines: `in any order:` and `one of:`.

use tokio::time::Instant;

use super::failure::{self, StepResult, Unmet};
use super::play::Play;
use super::terminal::Wait;
use super::unordered::{assign, fits, fits_any, last_pair};
use crate::transcript::{Candidate, Step};

impl Play<'_> {
    /// Takes `in any order:`: reads as many arrivals as there are lines, and finds a line for each.
    pub(super) async fn unordered(&mut self, step: &Step, lines: &[Candidate]) -> StepResult {
        let terminal = step.terminal.0;
        let mut limit = self.limit(step);
        let mut deadline = Instant::now() + limit;
        let skips = std::mem::take(&mut self.skips[terminal]);
        let mut arrivals = Vec::new();
        let mut timed_out = false;
        let mut misfit = false;
        while arrivals.len() < lines.len() {
            let arrival = match self.next_until(terminal, deadline).await {
                Wait::Arrived(arrival) => arrival,
                Wait::TimedOut => {
                    timed_out = true;
                    break;
                }
            };
            let fits = fits_any(lines, &arrival, &self.captures);
            if skips && !fits && !arrival.is_end() {
                continue;
            }
            arrivals.push(arrival);
            if !fits {
                // Later arrivals cannot change that, but frames that have already arrived may fit the other lines.
                limit = limit.min(failure::AFTERMATH);
                deadline = deadline.min(Instant::now() + limit);
                misfit = true;
            }
        }
        self.spoke_last = None;
        let rest = match assign(lines, &arrivals, &self.captures) {
            Ok(captures) => {
                self.captures = captures;
                self.met(step);
                return Ok(());
            }
            Err(rest) => rest,
        };
        let pair = last_pair(lines, &arrivals, &rest, &self.captures);
        let missing = rest.lines.iter().map(|line| lines[*line].span.clone());
        let left: Vec<_> = rest.arrivals.iter().map(|at| &arrivals[*at]).collect();
        let arrived = (arrivals.len(), lines.len());
        let limit = (timed_out && !misfit).then_some(limit);
        Err(Unmet::unordered(
            missing.collect(),
            &left,
            pair,
            arrived,
            limit,
        ))
    }

    /// Takes `one of:`: reads one arrival that any of the lines accepts.
    pub(super) async fn one_of(&mut self, step: &Step, lines: &[Candidate]) -> StepResult {
        self.read(step, |arrival, captures| {
            if lines.iter().any(|line| fits(line, arrival, captures)) {
                return Ok(());
            }
            let spans = lines.iter().map(|line| line.span.clone()).collect();
            Err(Unmet::none_of(spans, arrival))
        })
        .await
    }
}
