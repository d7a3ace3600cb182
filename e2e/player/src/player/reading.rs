//! Reads what arrives in a terminal, for one line.

use std::time::Duration;

use tokio::time::Instant;

use super::failure::{StepResult, Unmet};
use super::play::Play;
use super::terminal::Wait;
use super::{Arrival, unordered};
use crate::pattern::Captures;
use crate::transcript::{Directive, Expected, Step};

/// The skipped frame that differs least from what a line expects, if at most half of the line differs.
struct Closest {
    max: usize,
    found: Option<(Unmet, Arrival)>,
}

impl Closest {
    fn of(directive: &Directive) -> Self {
        let max = match directive {
            Directive::Receive(Expected::Json(frame)) => frame.pattern.leaves() / 2,
            _ => 0,
        };
        Self { max, found: None }
    }

    fn consider(&mut self, unmet: Unmet, arrival: &Arrival) {
        if let Some(count) = unmet.differences().filter(|count| *count <= self.max) {
            self.max = count;
            self.found = Some((unmet, arrival.clone()));
        }
    }
}

impl Play<'_> {
    /// The next arrival that is not ignored, until `deadline`.
    pub(super) async fn next_until(&mut self, terminal: usize, deadline: Instant) -> Wait {
        loop {
            match self.terminals[terminal].next(deadline).await {
                Wait::Arrived(arrival)
                    if unordered::fits_any(&self.ignored[terminal], &arrival, &self.captures) =>
                {
                    let before = self.dropped[terminal].take().map_or(0, |(count, _)| count);
                    self.dropped[terminal] = Some((before + 1, arrival));
                }
                other => return other,
            }
        }
    }

    /// Reads the next arrival, and lets `judge` decide about it. After `< ...`, arrivals that do not fit are skipped.
    pub(super) async fn read(
        &mut self,
        step: &Step,
        mut judge: impl FnMut(&Arrival, &mut Captures) -> StepResult,
    ) -> StepResult {
        let limit = self.limit(step);
        let deadline = Instant::now() + limit;
        let terminal = step.terminal.0;
        let skips = std::mem::take(&mut self.skips[terminal]);
        self.dropped[terminal] = None;
        let mut skipped = Vec::new();
        let mut closest = Closest::of(&step.directive);
        loop {
            match self.next_until(terminal, deadline).await {
                Wait::Arrived(arrival) => {
                    self.spoke_last = None;
                    match judge(&arrival, &mut self.captures) {
                        Err(unmet) if skips && !arrival.is_end() => {
                            closest.consider(unmet, &arrival);
                            skipped.push(arrival);
                        }
                        Ok(()) => {
                            if skips && arrival.is_end() {
                                self.terminals[terminal].forget_unfinished_message();
                            }
                            self.met(step);
                            return Ok(());
                        }
                        verdict => return verdict,
                    }
                }
                Wait::TimedOut if skips => {
                    return Err(Unmet::not_among(limit, &skipped, closest.found));
                }
                Wait::TimedOut => {
                    return Err(Unmet::nothing(limit, self.dropped[terminal].as_ref()));
                }
            }
        }
    }

    pub(super) async fn silence(&mut self, step: &Step, duration: Duration) -> StepResult {
        let terminal = step.terminal.0;
        if std::mem::take(&mut self.skips[terminal]) {
            // Earlier arrivals are skipped; silence begins here.
            self.terminals[terminal].collect();
            self.terminals[terminal].forget_frames();
        }
        let deadline = Instant::now() + duration;
        match self.next_until(terminal, deadline).await {
            Wait::Arrived(arrival) => Err(Unmet::noise(&arrival)),
            Wait::TimedOut => {
                self.paused(duration);
                Ok(())
            }
        }
    }
}
