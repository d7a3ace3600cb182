//! Plays a transcript against a server. Knows nothing of files; what a line means was decided by [`crate::transcript`].
//!
//! Steps are taken one after the other, in the order of the file. Every terminal has a queue of what arrived, and every `<` line reads
//! the next entry of its terminal's queue, so an extra or a duplicate frame is noticed by the line after it. At the end of the file every
//! connection must be in the state that the file says, with nothing left in its queue.
//!
//! What only the operator of the server can do is left to [`Hooks`].

mod arrival;
mod connecting;
pub(crate) mod deflate;
mod ending;
mod failure;
mod generated;
pub(crate) mod handshake;
mod hooks;
mod judge;
mod log;
mod reading;
pub(crate) mod receiver;
mod settings;
pub(crate) mod terminal;
mod timings;
mod unordered;

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

pub use arrival::Arrival;
pub use failure::{Actual, Evidence, Failure, FailureKind};
pub use hooks::Hooks;
pub use log::{Entry, Log};
pub use settings::{Settings, Variables};
pub use timings::Timings;

use self::failure::{Unmet, Verdict};
use self::terminal::Terminal;
use crate::pattern::{Capture, Captures};
use crate::source::Span;
use crate::transcript::{
    Candidate, Directive, Expected, Hook, Payload, Step, TerminalId, Transcript,
};

/// How long a terminal may take to close when the transcript is over. It does not matter whether it does.
const CLOSING: Duration = Duration::from_secs(1);

/// The name that counts repetitions.
const COUNTER: &str = "n";

/// Plays transcripts.
#[derive(Clone, Copy)]
pub struct Player<'a> {
    /// How.
    pub settings: &'a Settings,
    /// Does what only the operator of the server can do.
    pub hooks: Option<&'a dyn Hooks>,
    /// Records everything that happens.
    pub log: Option<&'a Log>,
    /// Records how long lines waited.
    pub timings: Option<&'a Timings>,
}

/// Plays `transcript` without hooks.
///
/// # Errors
///
/// The first line that was not met.
///
/// # Cancel safety
///
/// As [`Player::play`].
pub async fn play(transcript: &Transcript, settings: &Settings) -> Result<(), Failure> {
    let player = Player {
        settings,
        hooks: None,
        log: None,
        timings: None,
    };
    player.play(transcript).await
}

impl Player<'_> {
    /// The first line of `transcript` that nothing here can do, with the hook that it needs.
    pub fn cannot<'a>(&self, transcript: &'a Transcript) -> Option<(usize, &'a Hook)> {
        hooks(transcript).find(|(_, hook)| !self.hooks.is_some_and(|hooks| hooks.can(hook)))
    }

    /// The values of the variables at the beginning of a run of `transcript`.
    fn variables(&self, transcript: &Transcript) -> Captures {
        let mut known = self.settings.variables.values().clone();
        let now = Timestamp::now();
        for (name, _) in transcript.variables() {
            let random = || fastrand::u128(..);
            if let Some(value) = generated::value(name.trim_start_matches('$'), now, random) {
                // A value that was given stays.
                known.insert(&name, value.into(), 0);
            }
        }
        known
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
        let terminals = transcript.terminals.len().max(1);
        let mut play = Play {
            player: *self,
            captures: self.variables(transcript),
            terminals: (0..terminals).map(|_| Terminal::default()).collect(),
            ignored: vec![Vec::new(); terminals],
            dropped: vec![None; terminals],
            skips: vec![false; terminals],
            spoke_last: None,
            is_excerpt: transcript.is_excerpt,
        };
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
            // Not every server answers; it has been told.
            let _ = terminal.close(None, self.settings.limit.min(CLOSING)).await;
        }
        result
    }
}

/// The first line of `transcript` that only a local stack can do.
pub fn needs_stack(transcript: &Transcript) -> Option<(usize, &Hook)> {
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
    judge::received(expected, arrival.clone(), known, 1).is_ok()
}

struct Play<'a> {
    player: Player<'a>,
    captures: Captures,
    terminals: Vec<Terminal>,
    /// Beside each terminal: frames that are not looked at.
    ignored: Vec<Vec<Candidate>>,
    /// Beside each terminal: how many of these arrived since the last line, and the last of them.
    dropped: Vec<Option<(usize, Arrival)>>,
    /// Beside each terminal: whether `< ...` allows anything before the next line.
    skips: Vec<bool>,
    /// The terminal that sent something after which nothing was read.
    spoke_last: Option<TerminalId>,
    /// Whether frames that no line reads are allowed after the last line of a connection.
    is_excerpt: bool,
}

impl Play<'_> {
    async fn step(&mut self, step: &Step) -> Verdict {
        match &step.directive {
            Directive::Connect(connect) => self.connect(step, connect).await,
            Directive::Send { payload, frames } => self.send(step, payload, *frames).await,
            Directive::Receive(expected) => {
                let line = step.span.line;
                self.read(step, |arrival, captures| {
                    judge::received(expected, arrival, captures, line)
                })
                .await
            }
            Directive::Skip => {
                self.skips[step.terminal.0] = true;
                Ok(())
            }
            Directive::Unordered(lines) => self.unordered(step, lines).await,
            Directive::OneOf(lines) => {
                self.read(step, |arrival, captures| {
                    if lines
                        .iter()
                        .any(|line| unordered::fits(line, &arrival, captures))
                    {
                        return Ok(());
                    }
                    let spans = lines.iter().map(|line| line.span.clone()).collect();
                    Err(Unmet::none_of(spans, &arrival))
                })
                .await
            }
            Directive::Ignore(lines) => {
                self.ignored[step.terminal.0].extend(lines.iter().cloned());
                Ok(())
            }
            Directive::Repeat { times, steps } => self.repeat(step, *times, steps).await,
            Directive::Silence(duration) => self.silence(step, *duration).await,
            Directive::Pause(duration) => {
                tokio::time::sleep(*duration).await;
                self.paused(*duration);
                Ok(())
            }
            Directive::Exit => self.leave(step, None).await,
            Directive::Close { code, reason } => self.leave(step, Some((*code, reason))).await,
            Directive::Drop => {
                self.note(step.terminal, "drop");
                self.terminal(step).cut().await;
                Ok(())
            }
            Directive::Disconnected(ending) => {
                let line = step.span.line;
                self.read(step, |arrival, captures| {
                    judge::ended(ending, arrival, captures, line)
                })
                .await
            }
            Directive::Hook(hook) => {
                self.note(step.terminal, &hook.to_string());
                match self.player.hooks {
                    Some(hooks) if hooks.can(hook) => hooks
                        .run(hook)
                        .await
                        .map_err(|error| Unmet::hook(hook, &error)),
                    _ => Err(Unmet::hook(hook, "only a local stack can do this")),
                }
            }
        }
    }

    fn terminal(&mut self, step: &Step) -> &mut Terminal {
        &mut self.terminals[step.terminal.0]
    }

    fn note(&self, terminal: TerminalId, what: &str) {
        if let Some(log) = self.player.log {
            log.note(terminal, what);
        }
    }

    fn met(&self, step: &Step) {
        if let Some(timings) = self.player.timings {
            timings.met(step.span.line, Instant::now());
        }
    }

    fn paused(&self, time: Duration) {
        if let Some(timings) = self.player.timings {
            timings.paused(time);
        }
    }

    fn limit(&self, step: &Step) -> Duration {
        step.limit.unwrap_or(self.player.settings.limit)
    }

    async fn leave(&mut self, step: &Step, with: Option<(u16, &String)>) -> Verdict {
        let limit = self.player.settings.limit;
        self.note(step.terminal, "exit");
        let with = with.map(|(code, reason)| (code, reason.as_str()));
        match self.terminal(step).close(with, limit).await {
            Ok(()) => {
                self.met(step);
                Ok(())
            }
            Err(_) => Err(Unmet::not_closed(limit)),
        }
    }

    async fn repeat(&mut self, step: &Step, times: u32, steps: &[Step]) -> Verdict {
        let counted = |number: u32| {
            Some(Capture {
                value: number.into(),
                line: step.span.line,
            })
        };
        let before = self.captures.replace(COUNTER, counted(1));
        for number in 1..=times {
            self.captures.replace(COUNTER, counted(number));
            for repeated in steps {
                // A recursive async fn needs boxing.
                Box::pin(self.step(repeated)).await.map_err(|unmet| {
                    unmet
                        .at(&repeated.span)
                        .in_repetition(number, times, steps.len())
                })?;
            }
        }
        self.captures.replace(COUNTER, before);
        Ok(())
    }

    async fn send(&mut self, step: &Step, payload: &Payload, frames: Option<usize>) -> Verdict {
        let known = &self.captures;
        let mut unknown = None;
        payload.captures(&mut |name, bytes| {
            if known.get(name).is_none() {
                unknown.get_or_insert((name, bytes));
            }
        });
        if let Some((name, bytes)) = unknown {
            return Err(Unmet::not_captured(name, Span::new(step.span.line, bytes)));
        }
        let message = match payload {
            Payload::Text(template) => Message::text(template.fill(known)),
            Payload::BinaryText(template) => Message::binary(template.fill(known).into_bytes()),
            Payload::Binary(bytes) => Message::binary(bytes.fill(known)),
            Payload::Ping(template) => Message::Ping(template.fill(known).into()),
            Payload::Pong(template) => Message::Pong(template.fill(known).into()),
        };
        self.note(step.terminal, &log::sent(&message));
        self.spoke_last = Some(step.terminal);
        let most = frames.unwrap_or(usize::MAX);
        let sent = self.terminal(step).send(message, most).await;
        sent.map_err(Unmet::not_sent)
    }
}
