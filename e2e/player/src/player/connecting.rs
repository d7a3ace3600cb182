//! The step that connects: what a `wscat` line asks for, and whether the handshake ended as the lines below it say.

use http::{HeaderName, HeaderValue};
use tokio::time::Instant;

use super::failure::{Unmet, Verdict};
use super::handshake::{Handshake, HandshakeError, Refusal};
use super::terminal::{Options, Terminal};
use super::{Arrival, Play, judge};
use crate::endpoint::Endpoint;
use crate::proxy::{InvalidProxy, Proxies};
use crate::transcript::{Candidate, Connect, Expected, Outcome, Payload, Step, TlsOptions, basic};

impl Play<'_> {
    /// The address of a `wscat` line.
    fn address(&self, connect: &Connect) -> Result<Endpoint, Unmet> {
        let written = connect.url.fill(&self.captures);
        let written: Endpoint =
            written
                .parse()
                .map_err(|error: crate::endpoint::InvalidEndpoint| {
                    Unmet::invalid("the address", &error.to_string())
                })?;
        Ok(match &self.player.settings.target {
            Some(target) => target.apply(&written),
            None => written,
        })
    }

    fn headers(&self, connect: &Connect) -> Result<Vec<(HeaderName, HeaderValue)>, Unmet> {
        let header = |name: &HeaderName, value: String| {
            let value = HeaderValue::from_bytes(value.as_bytes());
            let invalid = |_| {
                Unmet::invalid(
                    &format!("the header {name}"),
                    "it has a character that headers cannot contain",
                )
            };
            Ok((name.clone(), value.map_err(invalid)?))
        };
        let known = &self.captures;
        let written = connect
            .headers
            .iter()
            .map(|(name, value)| header(name, value.fill(known)));
        let auth = connect.auth.iter().map(|credentials| {
            header(
                &http::header::AUTHORIZATION,
                basic(&credentials.fill(known)),
            )
        });
        written.chain(auth).collect()
    }

    /// The options of a `wscat` line, or else those of the command line.
    fn tls(&self, connect: &Connect) -> TlsOptions {
        let (own, all) = (&connect.tls, &self.player.settings.tls);
        TlsOptions {
            insecure: own.insecure || all.insecure,
            ca: own.ca.clone().or_else(|| all.ca.clone()),
            cert: own.cert.clone().or_else(|| all.cert.clone()),
            key: own.key.clone().or_else(|| all.key.clone()),
        }
    }

    /// The proxy of a `wscat` line, or else those of the command line.
    fn proxies(&self, connect: &Connect) -> Result<Proxies, Unmet> {
        let Some(written) = &connect.proxy else {
            return Ok(self.player.settings.proxies.clone());
        };
        let proxy = written.fill(&self.captures).parse();
        let invalid = |error: InvalidProxy| Unmet::invalid("the proxy", &error.to_string());
        Ok(Proxies::All(proxy.map_err(invalid)?))
    }

    /// Takes a `wscat` line: connects, and compares how the handshake ended with what the lines below say.
    pub(super) async fn connect(&mut self, step: &Step, connect: &Connect) -> Verdict {
        // A connection before this one is over; what it left must not be lost with it.
        if let Some(arrival) = self.left_over(step.terminal.0, Instant::now()).await {
            return Err(Unmet::before_connecting(&arrival));
        }
        self.skips[step.terminal.0] = false;
        let address = self.address(connect)?;
        self.note(step.terminal, &format!("$ wscat -c {address}"));
        let handshake = Handshake {
            address: &address,
            headers: &self.headers(connect)?,
            subprotocols: &connect.subprotocols,
            tls: &self.tls(connect),
            proxies: &self.proxies(connect)?,
            redirects: connect.redirects,
        };
        let result = handshake.shake(self.player.settings.limit).await;
        match &result {
            Ok(_) => self.note(step.terminal, "Connected"),
            Err(error) => self.note(step.terminal, &format!("error: {error}")),
        }
        match (result, &connect.outcome) {
            (Ok((socket, headers)), Outcome::Accepted) => {
                self.met(step);
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
            (Ok(_), Outcome::Refused { status, span, .. }) => {
                let wanted = format!("status {status}");
                Err(Unmet::accepted(&address, &wanted, span.clone()))
            }
            (Ok(_), Outcome::Failed { span, .. }) => {
                Err(Unmet::accepted(&address, "an error", span.clone()))
            }
            (Err(HandshakeError::Refused(refusal)), Outcome::Refused { status, body, .. })
                if refusal.status == *status =>
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
                if reason.fits(&text, &mut self.captures, span.line) {
                    Ok(())
                } else {
                    Err(Unmet::failed_otherwise(&error, span.clone()))
                }
            }
            (Err(HandshakeError::Refused(refusal)), outcome) => {
                Err(Unmet::refused(&address, &refusal, outcome))
            }
            (Err(error), _) => Err(Unmet::unreachable(&address, &error)),
        }
    }

    /// Compares the body of a rejection as if it had been a frame.
    fn body(&mut self, expected: &Candidate, refusal: &Refusal) -> Verdict {
        let Candidate { span, expected } = expected;
        let text = String::from_utf8_lossy(&refusal.body).into_owned();
        // A body often ends with a newline that a transcript cannot show.
        let text = match expected {
            Expected::Text(_) => text.trim_end_matches(['\r', '\n']).to_owned(),
            _ => text,
        };
        let arrival = Arrival::Text(text.clone());
        judge::received(expected, arrival, &mut self.captures, span.line)
            .map_err(|inner| Unmet::body_differs(inner, span, &text))
    }
}
