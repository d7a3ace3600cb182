//! Plays a transcript against an endpoint. Knows nothing of files; what a line means was decided by [`crate::transcript`].
//!
//! Steps happen one after the other, in the order of the file. Every terminal has a queue of what arrived in it, and every `<` line
//! reads the next entry of its terminal's queue, so an extra or a doubled frame is noticed by the line after it. What is left when
//! the file ends is not looked at; a line `< nothing for 300 ms` looks at it.
//!
//! What only whoever runs the other side can do is done by the [`Hooks`] that the player is handed.

mod arrival;
mod failure;
pub(crate) mod handshake;
mod hooks;
mod judge;
mod log;
mod terminal;
mod unordered;

use std::time::Duration;

use tokio_tungstenite::tungstenite::Message;

pub use arrival::Arrival;
pub use failure::{Actual, Evidence, Failure, FailureKind};
pub use hooks::Hooks;
pub use log::{Entry, Log};

use self::failure::{Unmet, Verdict};
use self::handshake::{Handshake, HandshakeError};
use self::terminal::{Options, Terminal, Wait};
use crate::endpoint::Endpoint;
use crate::pattern::{Capture, Captures};
use crate::transcript::{
    Action, Connect, Hook, OneOf, Outcome, Payload, Step, TerminalId, Transcript,
};

/// How long a terminal may take to close when the transcript is over. Whether it does is nobody's expectation.
const HANGING_UP: Duration = Duration::from_secs(1);

/// How long a terminal that spoke last waits for something to come back before it closes. Whether it does is nobody's expectation,
/// but what is still on its way to everybody would be heard by the next transcript.
const LINGERING: Duration = Duration::from_millis(500);

/// The name that counts repetitions.
const COUNTER: &str = "n";

/// Plays transcripts against one endpoint.
#[derive(Clone, Copy)]
pub struct Player<'a> {
    /// What they are played against.
    pub endpoint: &'a Endpoint,
    /// How long each line may wait.
    pub limit: Duration,
    /// Who does what only whoever runs the other side can do, if anybody.
    pub hooks: Option<&'a dyn Hooks>,
    /// Where everything that happens is written down, if anybody wants to know.
    pub log: Option<&'a Log>,
}

/// Plays `transcript` against `endpoint`, without hooks. Each line waits for at most `limit`.
///
/// # Errors
///
/// The first line that was not fulfilled.
///
/// # Cancel safety
///
/// As [`Player::play`].
pub async fn play(
    transcript: &Transcript,
    endpoint: &Endpoint,
    limit: Duration,
) -> Result<(), Failure> {
    let player = Player {
        endpoint,
        limit,
        hooks: None,
        log: None,
    };
    player.play(transcript).await
}

impl Player<'_> {
    /// The first line of `transcript` that nobody here can do, with what it wants.
    pub fn cannot<'a>(&self, transcript: &'a Transcript) -> Option<(usize, &'a Hook)> {
        transcript.steps.iter().find_map(|step| match &step.action {
            Action::Hook(hook) if !self.hooks.is_some_and(|hooks| hooks.can(hook)) => {
                Some((step.span.line, hook))
            }
            _ => None,
        })
    }

    /// Plays `transcript`.
    ///
    /// Every connection is closed when it returns. Needs a Tokio runtime with I/O and time.
    ///
    /// # Errors
    ///
    /// The first line that was not fulfilled.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops all connections without a closing handshake.
    pub async fn play(&self, transcript: &Transcript) -> Result<(), Failure> {
        let mut play = Play {
            player: *self,
            captures: Captures::default(),
            terminals: transcript
                .terminals
                .iter()
                .map(|_| Terminal::default())
                .collect(),
            spoke_last: None,
        };
        let mut result = Ok(());
        for step in &transcript.steps {
            if let Err(unmet) = play.step(step, &step.action).await {
                failure::settle(&mut play.terminals).await;
                result = Err(Failure::new(
                    transcript,
                    step,
                    unmet,
                    &play.terminals,
                    &play.captures,
                ));
                break;
            }
        }
        if let Some(TerminalId(index)) = play.spoke_last
            && result.is_ok()
        {
            let _ = play.terminals[index].next(self.limit.min(LINGERING)).await;
        }
        for terminal in &mut play.terminals {
            // Not every other side answers; it has heard that we leave.
            let _ = terminal.close(None, self.limit.min(HANGING_UP)).await;
        }
        result
    }
}

struct Play<'a> {
    player: Player<'a>,
    captures: Captures,
    terminals: Vec<Terminal>,
    /// The terminal that sent something which nothing was read after.
    spoke_last: Option<TerminalId>,
}

impl Play<'_> {
    async fn step(&mut self, step: &Step, action: &Action) -> Verdict {
        match action {
            Action::Connect(connect) => self.connect(step, connect).await,
            Action::Send(payload) => self.send(step, payload, None).await,
            Action::SendInFrames { bytes, payload } => self.send(step, payload, Some(*bytes)).await,
            Action::Receive(expected) => {
                let arrival = self.next(step).await?;
                judge::received(expected, arrival, &mut self.captures, step.span.line)
            }
            Action::Unordered(lines) => self.unordered(step, lines).await,
            Action::Repeat { times, action } => self.repeat(step, *times, action).await,
            Action::Silence(duration) => match self.terminal(step).next(*duration).await {
                Wait::Arrived(arrival) => Err(Unmet::noise(arrival)),
                Wait::TimedOut => Ok(()),
            },
            Action::Pause(duration) => {
                tokio::time::sleep(*duration).await;
                Ok(())
            }
            Action::Exit => self.leave(step, None).await,
            Action::Close { code, reason } => self.leave(step, Some((*code, reason))).await,
            Action::Drop => {
                self.note(step.terminal, "drop");
                self.terminal(step).cut().await;
                Ok(())
            }
            Action::Disconnected(ending) => {
                let arrival = self.next(step).await?;
                judge::ended(ending, arrival, &mut self.captures, step.span.line)
            }
            Action::Hook(hook) => {
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

    async fn leave(&mut self, step: &Step, with: Option<(u16, &String)>) -> Verdict {
        let limit = self.player.limit;
        self.note(step.terminal, "exit");
        let with = with.map(|(code, reason)| (code, reason.as_str()));
        match self.terminal(step).close(with, limit).await {
            Ok(()) => Ok(()),
            Err(_) => Err(Unmet::not_closed(limit)),
        }
    }

    async fn repeat(&mut self, step: &Step, times: u32, action: &Action) -> Verdict {
        let counted = |number: u32| {
            Some(Capture {
                value: number.into(),
                line: step.span.line,
            })
        };
        let before = self.captures.replace(COUNTER, counted(1));
        for number in 1..=times {
            self.captures.replace(COUNTER, counted(number));
            // A box, because it may not be as large as itself.
            Box::pin(self.step(step, action))
                .await
                .map_err(|unmet| unmet.in_repetition(number, times))?;
        }
        self.captures.replace(COUNTER, before);
        Ok(())
    }

    async fn send(&mut self, step: &Step, payload: &Payload, frames: Option<usize>) -> Verdict {
        let message = match payload {
            Payload::Text(template) => Message::text(template.fill(&self.captures)),
            Payload::Binary(bytes) => Message::binary(bytes.clone()),
            Payload::Ping(template) => Message::Ping(template.fill(&self.captures).into()),
            Payload::Pong(template) => Message::Pong(template.fill(&self.captures).into()),
        };
        self.note(step.terminal, &log::sent(&message));
        self.spoke_last = Some(step.terminal);
        let terminal = self.terminal(step);
        let sent = match frames {
            None => terminal.send(message).await,
            Some(bytes) => terminal.send_in_frames(message, bytes).await,
        };
        sent.map_err(Unmet::not_sent)
    }

    async fn connect(&mut self, step: &Step, connect: &Connect) -> Verdict {
        let address = self.player.endpoint.resolve(&connect.url);
        self.note(step.terminal, &format!("$ wscat -c {address}"));
        let handshake = Handshake {
            address: &address,
            headers: &connect.headers,
            subprotocols: &connect.subprotocols,
        };
        let (result, headers) = handshake.attempt(self.player.limit).await;
        self.note(
            step.terminal,
            match &result {
                Ok(_) => "Connected",
                Err(_) => "error: no connection",
            },
        );
        match (result, &connect.outcome) {
            (Ok(socket), Outcome::Accepted) => {
                let options = Options {
                    shows_pings: connect.shows_pings,
                    log: self.player.log.map(|log| (log.clone(), step.terminal)),
                };
                self.terminals[step.terminal.0] = Terminal::open(socket, options);
                judge::headers(&connect.headers_expected, &headers, &mut self.captures)?;
                for text in &connect.execute {
                    self.send(step, &Payload::Text(text.clone()), None).await?;
                }
                if let Some(wait) = connect.wait {
                    self.terminal(step).close_after(wait);
                }
                Ok(())
            }
            (Ok(_), Outcome::Refused { status, span }) => {
                Err(Unmet::accepted(&address, *status, span.clone()))
            }
            (Err(HandshakeError::Refused(got)), Outcome::Refused { status, .. })
                if got == *status =>
            {
                judge::headers(&connect.headers_expected, &headers, &mut self.captures)
            }
            (Err(HandshakeError::Refused(got)), outcome) => {
                Err(Unmet::refused(&address, got, outcome))
            }
            (Err(error), _) => Err(Unmet::unreachable(&address, &error)),
        }
    }

    async fn unordered(&mut self, step: &Step, lines: &[OneOf]) -> Verdict {
        let mut limit = self.player.limit;
        let mut arrivals = Vec::new();
        let mut nothing_more = false;
        let mut misfit = false;
        while arrivals.len() < lines.len() {
            let arrival = match self.terminal(step).next(limit).await {
                Wait::Arrived(arrival) => arrival,
                Wait::TimedOut => {
                    nothing_more = true;
                    break;
                }
            };
            let fits = unordered::fits_any(lines, &arrival, &self.captures);
            arrivals.push(arrival);
            if !fits {
                // What comes later cannot change that; what is here already may fit the other lines.
                limit = limit.min(failure::AFTERMATH);
                misfit = true;
            }
        }
        self.spoke_last = None;
        match unordered::assign(lines, &arrivals, &self.captures) {
            Ok(captures) => {
                self.captures = captures;
                Ok(())
            }
            Err(rest) => {
                let limit = (nothing_more && !misfit).then_some(limit);
                let known = &self.captures;
                Err(Unmet::unordered(lines, &arrivals, &rest, limit, known))
            }
        }
    }

    async fn next(&mut self, step: &Step) -> Result<Arrival, Unmet> {
        let limit = self.player.limit;
        match self.terminal(step).next(limit).await {
            Wait::Arrived(arrival) => {
                self.spoke_last = None;
                Ok(arrival)
            }
            Wait::TimedOut => Err(Unmet::nothing(limit)),
        }
    }
}
