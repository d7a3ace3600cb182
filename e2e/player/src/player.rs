//! Plays a transcript against a server. Knows nothing of files; what a line means was decided by [`crate::transcript`].
//!
//! Steps are taken one after the other, in the order of the file. Every terminal has a queue of what arrived, and every `<` line reads
//! the next entry of its terminal's queue, so an extra or a duplicate frame is noticed by the line after it. At the end of the file every
//! connection must be in the state that the transcript describes, with nothing left in its queue.
//!
//! What only the operator of the server can do is left to [`Hooks`].

mod arrival;
mod connecting;
pub(crate) mod deflate;
mod ending;
mod failure;
mod generated;
mod groups;
pub(crate) mod handshake;
mod hooks;
mod judge;
mod log;
mod play;
mod reading;
pub(crate) mod receiver;
mod settings;
pub(crate) mod terminal;
mod timings;
mod unordered;

use std::time::Duration;

pub use arrival::Arrival;
pub use failure::{Actual, Evidence, Failure, FailureKind};
pub use hooks::Hooks;
pub use log::{Entry, Log};
pub use settings::{Settings, Variables};
pub use timings::Timings;

pub(crate) use self::play::message;

use self::play::Play;
use crate::pattern::Captures;
use crate::transcript::{Directive, Expected, Hook, Step, Transcript};

/// How long a terminal may take to close when the transcript is over. Whether it closes does not matter.
const CLOSING: Duration = Duration::from_secs(1);

/// Plays transcripts.
#[derive(Clone, Copy)]
pub struct Player<'a> {
    /// How transcripts are played.
    pub settings: &'a Settings,
    /// Does what only the operator of the server can do.
    pub hooks: Option<&'a dyn Hooks>,
    /// Records everything that happens.
    pub log: Option<&'a Log>,
    /// Records how long lines waited.
    pub timings: Option<&'a Timings>,
}

impl<'s> Player<'s> {
    /// A player without hooks, log and timings.
    pub fn new(settings: &'s Settings) -> Self {
        Self {
            settings,
            hooks: None,
            log: None,
            timings: None,
        }
    }

    /// The first line of `transcript` that nothing here can do, with the hook that it needs.
    pub fn first_unsupported_hook<'a>(
        &self,
        transcript: &'a Transcript,
    ) -> Option<(usize, &'a Hook)> {
        hooks(transcript).find(|(_, hook)| !self.hooks.is_some_and(|hooks| hooks.can(hook)))
    }

    /// Plays `transcript`.
    ///
    /// Every connection is closed when it returns. Needs a Tokio runtime with I/O and time.
    ///
    /// # Errors
    ///
    /// The first line that was not met.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops all connections without a closing handshake.
    pub async fn play(&self, transcript: &Transcript) -> Result<(), Failure> {
        let mut play = Play::new(*self, transcript);
        let failure = |step: &Step, unmet, play: &Play<'_>| {
            let variables = &self.settings.variables;
            let captures = &play.captures;
            Failure::new(
                transcript,
                step,
                unmet,
                &play.terminals,
                captures,
                variables,
            )
        };
        if let Some((step, unmet)) = play.missing_variable(transcript) {
            return Err(failure(step, unmet, &play));
        }
        let mut result = Ok(());
        for step in &transcript.steps {
            if let Err(unmet) = play.step(step).await {
                failure::settle(&mut play.terminals).await;
                result = Err(failure(step, unmet, &play));
                break;
            }
        }
        if result.is_ok()
            && let Some((step, unmet)) = play.end(transcript).await
        {
            failure::settle(&mut play.terminals).await;
            result = Err(failure(step, unmet, &play));
        }
        for terminal in &mut play.terminals {
            // The server has been told; not every server answers.
            let _ = terminal.close(None, self.settings.limit.min(CLOSING)).await;
        }
        result
    }
}

/// The first line of `transcript` that only a local stack can do.
pub(crate) fn needs_stack(transcript: &Transcript) -> Option<(usize, &Hook)> {
    hooks(transcript).next()
}

fn hooks(transcript: &Transcript) -> impl Iterator<Item = (usize, &Hook)> {
    transcript
        .steps
        .iter()
        .filter_map(|step| match &step.directive {
            Directive::Hook(hook) => Some((step.span.line, hook)),
            _ => None,
        })
}

/// Whether a line that expects `expected` accepts `arrival`. Captures are added to `known` if it does.
pub(crate) fn accepts(expected: &Expected, arrival: &Arrival, known: &mut Captures) -> bool {
    judge::received(expected, arrival, known, 1).is_ok()
}
