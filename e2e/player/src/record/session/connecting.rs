//! Connects a terminal with the options that were typed.

use super::Session;
use crate::player::handshake::{Handshake, HandshakeError};
use crate::record::connection::Connection;
use crate::record::error::RecordError;
use crate::record::input::Input;
use crate::record::recording::Event;
use crate::record::{quoted, secrets};
use crate::transcript::{Connect, Directive, Transcript};

impl Session<'_> {
    /// Connects the terminal `name`, or the current one. A refused handshake is recorded.
    pub(super) async fn connect(
        &mut self,
        name: Option<&str>,
        options: &str,
        input: &Input,
    ) -> Result<(), RecordError> {
        let known = self.recording.terminals.get(self.current);
        let name = name.or(known.map(String::as_str)).unwrap_or("terminal");
        let name = name.to_owned();
        let taken = self.recording.terminals.iter().position(|n| *n == name);
        if taken.is_some_and(|at| self.links[at].is_some()) {
            input.print(&format!(
                "{name} is already connected; write: /switch {name}"
            ));
            return Ok(());
        }
        let line = secrets::hide(&self.command(options), &mut self.recording.variables);
        let connect = connect(&line)?;
        let handshake = Handshake::of(&connect, &self.recording.variables, &self.recorder.proxies);
        let handshake = handshake.map_err(|error| RecordError::Options(error.to_string()))?;
        let address = &handshake.address;
        let result = handshake.connect(self.recorder.timeout).await;
        if let Err(error) = &result
            && !matches!(error, HandshakeError::Refused(_))
        {
            let (address, reason) = (address.to_string(), error.to_string());
            return Err(RecordError::Unreachable { address, reason });
        }
        self.current = self.recording.terminal(&name);
        self.links
            .resize_with(self.recording.terminals.len(), || None);
        match result {
            Ok(opened) => {
                let arrivals = self.arrivals.clone();
                let connection =
                    Connection::open(opened, self.current, connect.shows_pings, arrivals);
                self.links[self.current] = Some(connection);
                self.add(Event::Connected(line));
                input.print(&format!("Connected to {address}"));
            }
            Err(HandshakeError::Refused(refusal)) => {
                let status = refusal.status;
                let (command, body) = (line, String::from_utf8_lossy(&refusal.body));
                let body = body.trim_end_matches(['\r', '\n']).to_owned();
                self.add(Event::Refused {
                    command,
                    status,
                    body,
                });
                input.print(&format!("error: Unexpected server response: {status}"));
            }
            Err(_) => {}
        }
        Ok(())
    }

    /// The command that connects with these options.
    fn command(&self, options: &str) -> String {
        let options = [self.recorder.options.as_str(), options].join(" ");
        let options = options.trim();
        let named = options
            .split_whitespace()
            .any(|word| word == "-c" || word.starts_with("--connect"));
        let address = if named {
            String::new()
        } else {
            format!(" -c {}", quoted(&self.recorder.url))
        };
        format!("wscat{address} {options}").trim_end().to_owned()
    }
}

/// Parses a `wscat` command.
fn connect(command: &str) -> Result<Connect, RecordError> {
    let transcript = Transcript::parse("what was typed", &format!("$ {command}"));
    let transcript = transcript.map_err(|error| RecordError::Options(error.to_string()))?;
    match transcript
        .steps
        .into_iter()
        .next()
        .map(|step| step.directive)
    {
        Some(Directive::Connect(connect))
            if connect.slash || connect.shows_headers || !connect.execute.is_empty() =>
        {
            let message = "a recording supports the options -c, -H, -s, -o, -n, -L, --auth, --proxy, --ca, --cert, --key and -P of wscat";
            Err(RecordError::Options(message.to_owned()))
        }
        Some(Directive::Connect(connect)) => Ok(connect),
        _ => Err(RecordError::Options(format!("{command} does not connect"))),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn unknown_options_are_rejected() {
        let error = connect("wscat -c ws://a --nonsense")
            .unwrap_err()
            .to_string();
        assert!(error.contains("no option --nonsense"), "{error}");
        let error = connect("wscat -c ws://a -x hello").unwrap_err().to_string();
        assert!(
            error.starts_with("a recording supports the options -c, "),
            "{error}"
        );
    }
}
