//! Plays a transcript against an endpoint. Knows nothing of files; what a line means was decided by [`crate::transcript`].
//!
//! Steps happen one after the other, in the order of the file. Every terminal has a queue of what arrived in it, and every `<` line
//! reads the next entry of its terminal's queue, so an extra or a doubled frame is noticed by the line after it. What is left when
//! the file ends is not looked at; a line `< nothing for 300 ms` looks at it.

mod arrival;
mod failure;
pub(crate) mod handshake;
mod terminal;

use std::time::Duration;

use serde_json::Value;

pub use arrival::Arrival;
pub use failure::{Actual, Evidence, Failure, FailureKind};

use self::failure::{Unmet, Verdict};
use self::handshake::{Handshake, HandshakeError};
use self::terminal::{Terminal, Wait};
use crate::endpoint::Endpoint;
use crate::pattern::{Captures, Template, compare};
use crate::transcript::{Action, Connect, Ending, Expected, Outcome, Payload, Step, Transcript};

/// How long a terminal may take to close when the transcript is over. Whether it does is nobody's expectation.
const HANGING_UP: Duration = Duration::from_secs(1);

/// Plays `transcript` against `endpoint`. Each line waits for at most `limit`.
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
pub async fn play(
    transcript: &Transcript,
    endpoint: &Endpoint,
    limit: Duration,
) -> Result<(), Failure> {
    let mut play = Play {
        endpoint,
        limit,
        captures: Captures::default(),
        terminals: transcript
            .terminals
            .iter()
            .map(|_| Terminal::default())
            .collect(),
    };
    let mut result = Ok(());
    for step in &transcript.steps {
        if let Err(unmet) = play.step(step).await {
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
    for terminal in &mut play.terminals {
        // Not every other side answers; it has heard that we leave.
        let _ = terminal.close(limit.min(HANGING_UP)).await;
    }
    result
}

struct Play<'a> {
    endpoint: &'a Endpoint,
    limit: Duration,
    captures: Captures,
    terminals: Vec<Terminal>,
}

impl Play<'_> {
    async fn step(&mut self, step: &Step) -> Verdict {
        let terminal = &mut self.terminals[step.terminal.0];
        match &step.action {
            Action::Connect(connect) => self.connect(step, connect).await,
            Action::Send(payload) => {
                let sent = match payload {
                    Payload::Text(template) => {
                        terminal.send_text(template.fill(&self.captures)).await
                    }
                    Payload::Binary(bytes) => terminal.send_binary(bytes.clone()).await,
                };
                sent.map_err(Unmet::not_sent)
            }
            Action::Receive(expected) => {
                let arrival = self.next(step).await?;
                received(expected, arrival, &mut self.captures, step.span.line)
            }
            Action::Silence(duration) => match terminal.next(*duration).await {
                Wait::Arrived(arrival) => Err(Unmet::noise(arrival)),
                Wait::TimedOut => Ok(()),
            },
            Action::Exit => match terminal.close(self.limit).await {
                Ok(()) => Ok(()),
                Err(_) => Err(Unmet::not_closed(self.limit)),
            },
            Action::Disconnected(ending) => {
                let arrival = self.next(step).await?;
                ended(ending, arrival, &mut self.captures, step.span.line)
            }
        }
    }

    async fn connect(&mut self, step: &Step, connect: &Connect) -> Verdict {
        let address = self.endpoint.resolve(&connect.url);
        let handshake = Handshake {
            address: &address,
            headers: &connect.headers,
            subprotocols: &connect.subprotocols,
        };
        let result = handshake.shake(self.limit).await;
        match (result, &connect.outcome) {
            (Ok(socket), Outcome::Accepted) => {
                self.terminals[step.terminal.0] = Terminal::open(socket);
                Ok(())
            }
            (Ok(_), Outcome::Refused { status, span }) => {
                Err(Unmet::accepted(&address, *status, span.clone()))
            }
            (Err(HandshakeError::Refused(got)), Outcome::Refused { status, .. })
                if got == *status =>
            {
                Ok(())
            }
            (Err(HandshakeError::Refused(got)), outcome) => {
                Err(Unmet::refused(&address, got, outcome))
            }
            (Err(error), _) => Err(Unmet::unreachable(&address, &error)),
        }
    }

    async fn next(&mut self, step: &Step) -> Result<Arrival, Unmet> {
        match self.terminals[step.terminal.0].next(self.limit).await {
            Wait::Arrived(arrival) => Ok(arrival),
            Wait::TimedOut => Err(Unmet::nothing(self.limit)),
        }
    }
}

/// Compares what arrived with what was expected.
fn received(
    expected: &Expected,
    arrival: Arrival,
    captures: &mut Captures,
    line: usize,
) -> Verdict {
    match (expected, arrival) {
        (Expected::Json(pattern), Arrival::Text(text)) => {
            let Ok(actual) = serde_json::from_str::<Value>(&text) else {
                return Err(Unmet::no_json(Arrival::Text(text)));
            };
            compare(pattern, &actual, captures, line)
                .map_err(|mismatches| Unmet::differs(mismatches, Arrival::Text(text)))
        }
        (Expected::Text(template), Arrival::Text(text)) => {
            if template.fits(&text, captures, line) {
                Ok(())
            } else {
                Err(Unmet::text_differs(
                    shown(template, captures),
                    Arrival::Text(text),
                ))
            }
        }
        (Expected::Binary(bytes), Arrival::Binary(got)) if got == *bytes => Ok(()),
        (_, arrival) => Err(Unmet::other_kind(expected, arrival)),
    }
}

fn ended(ending: &Ending, arrival: Arrival, captures: &mut Captures, line: usize) -> Verdict {
    match arrival {
        Arrival::Closed { code, reason } => {
            let reason_fits = ending
                .reason
                .as_ref()
                .is_none_or(|template| template.fits(&reason, captures, line));
            if code == ending.code && reason_fits {
                Ok(())
            } else {
                Err(Unmet::other_ending(Arrival::Closed { code, reason }))
            }
        }
        frame => Err(Unmet::still_open(frame)),
    }
}

/// A template as it would have to look, if it holds captured values; else nothing, because the line shows it.
fn shown(template: &Template, captures: &Captures) -> Option<String> {
    let mut filled = false;
    template.captures(&mut |name, _| filled |= captures.get(name).is_some());
    filled.then(|| template.fill(captures))
}
