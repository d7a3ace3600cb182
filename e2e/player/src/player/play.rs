//! The state of a run, and its steps one after the other.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::Instant;
use tokio_tungstenite::tungstenite::Message;

use super::arrival::Arrival;
use super::failure::{StepResult, Unmet};
use super::terminal::Terminal;
use super::{Player, generated, judge, log};
use crate::pattern::{Capture, Captures};
use crate::source::Span;
use crate::transcript::{COUNTER, Candidate, Directive, Payload, Step, TerminalId, Transcript};

/// A transcript that is being played.
pub(super) struct Play<'a> {
    pub(super) player: Player<'a>,
    pub(super) captures: Captures,
    pub(super) terminals: Vec<Terminal>,
    /// For each terminal: frames that are ignored.
    pub(super) ignored: Vec<Vec<Candidate>>,
    /// For each terminal: how many ignored frames arrived since the last line, and the last of them.
    pub(super) dropped: Vec<Option<(usize, Arrival)>>,
    /// For each terminal: whether `< ...` allows anything before the next line.
    pub(super) skips: Vec<bool>,
    /// The terminal that sent something after which nothing was read.
    pub(super) spoke_last: Option<TerminalId>,
    /// Whether frames that no line reads are allowed after the last line of a connection.
    pub(super) is_excerpt: bool,
}

impl<'a> Play<'a> {
    /// The state before the first step.
    pub(super) fn new(player: Player<'a>, transcript: &Transcript) -> Self {
        let terminals = transcript.terminals.len().max(1);
        Self {
            player,
            captures: variables(player.settings.variables.values(), transcript),
            terminals: (0..terminals).map(|_| Terminal::default()).collect(),
            ignored: vec![Vec::new(); terminals],
            dropped: vec![None; terminals],
            skips: vec![false; terminals],
            spoke_last: None,
            is_excerpt: transcript.is_excerpt,
        }
    }

    pub(super) async fn step(&mut self, step: &Step) -> StepResult {
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
            Directive::OneOf(lines) => self.one_of(step, lines).await,
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

    pub(super) fn terminal(&mut self, step: &Step) -> &mut Terminal {
        &mut self.terminals[step.terminal.0]
    }

    pub(super) fn note(&self, terminal: TerminalId, what: &str) {
        if let Some(log) = self.player.log {
            log.note(terminal, what);
        }
    }

    pub(super) fn met(&self, step: &Step) {
        if let Some(timings) = self.player.timings {
            timings.met(step.span.line, Instant::now());
        }
    }

    pub(super) fn paused(&self, time: Duration) {
        if let Some(timings) = self.player.timings {
            timings.paused(time);
        }
    }

    pub(super) fn limit(&self, step: &Step) -> Duration {
        step.limit.unwrap_or(self.player.settings.limit)
    }

    async fn leave(&mut self, step: &Step, with: Option<(u16, &String)>) -> StepResult {
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

    async fn repeat(&mut self, step: &Step, times: u32, steps: &[Step]) -> StepResult {
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

    pub(super) async fn send(
        &mut self,
        step: &Step,
        payload: &Payload,
        frames: Option<usize>,
    ) -> StepResult {
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
        let message = message(payload, known);
        self.note(step.terminal, &log::sent(&message));
        self.spoke_last = Some(step.terminal);
        let max = frames.unwrap_or(usize::MAX);
        let sent = self.terminal(step).send(message, max).await;
        sent.map_err(Unmet::not_sent)
    }
}

/// The message that `payload` sends.
pub(crate) fn message(payload: &Payload, known: &Captures) -> Message {
    match payload {
        Payload::Text(template) => Message::text(template.fill(known)),
        Payload::BinaryText(template) => Message::binary(template.fill(known).into_bytes()),
        Payload::Binary(bytes) => Message::binary(bytes.fill(known)),
        Payload::Ping(template) => Message::Ping(template.fill(known).into()),
        Payload::Pong(template) => Message::Pong(template.fill(known).into()),
    }
}

/// The values of the variables at the beginning of a run of `transcript`.
fn variables(given: &Captures, transcript: &Transcript) -> Captures {
    let mut known = given.clone();
    let now = Timestamp::now();
    for (name, _) in transcript.variables() {
        let random = || fastrand::u128(..);
        if let Some(value) = generated::value(name.trim_start_matches('$'), now, random) {
            // A value given by the user takes precedence.
            known.insert(&name, value.into(), 0);
        }
    }
    known
}
