//! The step that connects: what a `wscat` line asks for, and whether the handshake ended as the lines below it say.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::failure::{StepResult, Unmet};
use super::handshake::{Handshake, HandshakeError, Opened, Refusal, printed};
use super::play::Play;
use super::terminal::{Options, Terminal};
use super::{Arrival, judge};
use crate::transcript::{Candidate, Connect, Expected, Outcome, Payload, Step};

/// How long a server that is starting is left alone between two attempts.
const RETRY: Duration = Duration::from_millis(100);

impl Play<'_> {
    /// The handshake of a `wscat` line. What the line does not say, the command line says.
    fn handshake(&self, connect: &Connect) -> Result<Handshake, Unmet> {
        let settings = self.player.settings;
        let handshake = Handshake::of(connect, &self.captures, &settings.proxies);
        let mut handshake = handshake.map_err(|error| Unmet::invalid(&error))?;
        if let Some(target) = &settings.target {
            handshake.address = target.apply(&handshake.address);
        }
        handshake.tls = handshake.tls.or(&settings.tls);
        Ok(handshake)
    }

    /// How the handshake ends. As long as servers may be starting, one that nothing answers is not the end, unless it is expected.
    async fn answer(
        &self,
        handshake: &Handshake,
        expected: &Outcome,
    ) -> Result<Opened, HandshakeError> {
        let settings = self.player.settings;
        let may_start = settings
            .starting
            .filter(|_| !matches!(expected, Outcome::Failed { .. }));
        loop {
            let result = handshake.connect(settings.limit).await;
            let is_starting = result.as_ref().is_err_and(HandshakeError::is_of_no_server)
                && may_start.is_some_and(|until| Instant::now() < until);
            if !is_starting {
                return result;
            }
            sleep(RETRY).await;
        }
    }

    /// Takes a `wscat` line: connects, and compares how the handshake ended with what the lines below say.
    pub(super) async fn connect(&mut self, step: &Step, connect: &Connect) -> StepResult {
        self.leave_connection_before(step).await?;
        let handshake = self.handshake(connect)?;
        let address = &handshake.address;
        self.note(step.terminal, &format!("$ wscat -c {address}"));
        let result = self.answer(&handshake, &connect.outcome).await;
        match &result {
            Ok(_) => self.note(step.terminal, "Connected"),
            Err(error) => self.note(step.terminal, &format!("error: {error}")),
        }
        match (result, &connect.outcome) {
            (Ok(opened), Outcome::Accepted) => self.opened(step, connect, opened).await,
            (Ok(_), Outcome::Refused { statuses, span, .. }) => {
                Err(Unmet::accepted(address, Some(statuses), span.clone()))
            }
            (Ok(_), Outcome::Failed { span, .. }) => {
                Err(Unmet::accepted(address, None, span.clone()))
            }
            (Err(HandshakeError::Refused(refusal)), Outcome::Refused { statuses, body, .. })
                if statuses.iter().any(|range| range.contains(&refusal.status)) =>
            {
                let expected = &connect.headers_expected;
                judge::headers(expected, &refusal.headers, &mut self.captures)?;
                match body {
                    Some(body) => self.body(body, &refusal),
                    None => Ok(()),
                }
            }
            (Err(error), Outcome::Failed { reason, span }) => {
                let text = error.to_string();
                let copied = reason.only_text(&self.captures);
                if copied.is_some_and(|copied| printed::means(&copied, &error))
                    || reason.fits(&text, &mut self.captures, span.line)
                {
                    Ok(())
                } else {
                    Err(Unmet::failed_otherwise(&error, span.clone()))
                }
            }
            (Err(HandshakeError::Refused(refusal)), outcome) => {
                Err(Unmet::refused(&handshake, &refusal, outcome))
            }
            (Err(error), _) => {
                let has_waited = self.player.settings.starting.is_some();
                Err(Unmet::not_connected(address, &error, has_waited))
            }
        }
    }

    /// A connection before this one is over; what it left must not be lost with it.
    async fn leave_connection_before(&mut self, step: &Step) -> StepResult {
        if let Some(arrival) = self.left_over(step.terminal.0, Instant::now()).await {
            return Err(Unmet::before_connecting(&arrival));
        }
        let may_follow = self.is_excerpt || self.skips[step.terminal.0];
        if !may_follow && self.terminal(step).has_unfinished_message() {
            return Err(Unmet::unfinished_before_connecting());
        }
        self.skips[step.terminal.0] = false;
        Ok(())
    }

    /// Begins a connection as its `wscat` line says.
    async fn opened(&mut self, step: &Step, connect: &Connect, mut opened: Opened) -> StepResult {
        self.met(step);
        let headers = std::mem::take(&mut opened.headers);
        let options = Options {
            shows_pings: connect.shows_pings,
            log: self.player.log.map(|log| (log.clone(), step.terminal)),
        };
        self.terminals[step.terminal.0] = Terminal::open(opened, options);
        judge::headers(&connect.headers_expected, &headers, &mut self.captures)?;
        for text in &connect.execute {
            self.send(step, &Payload::Text(text.clone()), None).await?;
        }
        if let Some(wait) = connect.wait {
            self.terminal(step).close_after(wait);
        }
        Ok(())
    }

    /// Compares the body of a rejection as if it had been a frame.
    fn body(&mut self, expected: &Candidate, refusal: &Refusal) -> StepResult {
        let Candidate { span, expected } = expected;
        if refusal.is_cut {
            return Err(Unmet::body_cut(span.clone(), refusal.body.len()));
        }
        let text = String::from_utf8_lossy(&refusal.body).into_owned();
        // A body often ends with a newline that a transcript cannot show.
        let text = match expected {
            Expected::Text(_) => text.trim_end_matches(['\r', '\n']).to_owned(),
            _ => text,
        };
        let arrival = Arrival::Text(text.clone());
        judge::received(expected, &arrival, &mut self.captures, span.line)
            .map_err(|inner| Unmet::body_differs(inner, span, &text))
    }
}
