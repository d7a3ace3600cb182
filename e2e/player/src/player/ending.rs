//! Before the first line and after the last: variables must have values, and at the end connections must be in the state that the file
//! says.

use std::time::Duration;

use tokio::time::Instant;

use super::Arrival;
use super::failure::Unmet;
use super::play::Play;
use super::terminal::Wait;
use super::unordered::fits_any;
use crate::transcript::{Step, TerminalId, Transcript};

/// How long a connection must stay silent at least, if nothing was read after the last frame was sent: an answer may be on its way.
const ANSWER: Duration = Duration::from_millis(500);

impl Play<'_> {
    /// The first step with a variable that has no value.
    pub(super) fn missing_variable<'t>(
        &self,
        transcript: &'t Transcript,
    ) -> Option<(&'t Step, Unmet)> {
        let (name, span) = transcript
            .variables()
            .into_iter()
            .find(|(name, _)| self.captures.get(name).is_none())?;
        let step = transcript.steps.first()?;
        Some((step, Unmet::no_variable(&name, span)))
    }

    /// The last step of the first terminal that is not in the state that the transcript describes: closed where it should be
    /// open, or with something that no line has read.
    pub(super) async fn end<'t>(
        &mut self,
        transcript: &'t Transcript,
    ) -> Option<(&'t Step, Unmet)> {
        let linger = match self.spoke_last {
            Some(_) => self.player.settings.linger.max(ANSWER),
            None => self.player.settings.linger,
        };
        let deadline = Instant::now() + linger.min(self.player.settings.limit);
        for index in 0..self.terminals.len() {
            let last = transcript
                .steps
                .iter()
                .rfind(|step| step.terminal == TerminalId(index));
            let Some(step) = last else { continue };
            if let Some(arrival) = self.left_over(index, deadline).await {
                return Some((step, Unmet::after_the_end(&arrival)));
            }
            let may_follow = self.is_excerpt || self.skips[index];
            if !may_follow && let Some(unmet) = self.unfinished(index).await {
                return Some((step, unmet));
            }
        }
        None
    }

    /// What is wrong with a message of which a part has arrived. A frame that is ignored may be on its way.
    async fn unfinished(&mut self, index: usize) -> Option<Unmet> {
        if !self.terminals[index].has_unfinished_message() {
            return None;
        }
        let limit = ANSWER.min(self.player.settings.limit);
        match self.terminals[index].next(Instant::now() + limit).await {
            Wait::TimedOut => Some(Unmet::unfinished_at_the_end()),
            Wait::Arrived(arrival) if fits_any(&self.ignored[index], &arrival, &self.captures) => {
                None
            }
            Wait::Arrived(arrival) => {
                let unmet = Unmet::after_the_end(&arrival);
                self.terminals[index].put_back(arrival);
                Some(unmet)
            }
        }
    }

    /// What arrived in a terminal until `deadline` although no line expects it. It stays in the queue.
    pub(super) async fn left_over(&mut self, index: usize, deadline: Instant) -> Option<Arrival> {
        let may_close = !self.terminals[index].is_open() || self.terminals[index].closes_itself();
        loop {
            // A connection that was closed from here has nothing to wait for.
            let until = if self.terminals[index].is_open() {
                deadline
            } else {
                Instant::now()
            };
            let Wait::Arrived(arrival) = self.next_until(index, until).await else {
                return None;
            };
            let allowed = match &arrival {
                Arrival::Closed { code, .. } => may_close && self.terminals[index].is_answer(*code),
                Arrival::ProtocolError(_) => false,
                _ => self.is_excerpt || self.skips[index],
            };
            if !allowed {
                self.terminals[index].put_back(arrival.clone());
                return Some(arrival);
            }
        }
    }
}
