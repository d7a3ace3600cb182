//! Checks that a recorded transcript passes if the same happens again.
//!
//! Plays a [`Recording`] against its transcript in memory: typed lines must be sent, and arrivals expected. Connecting, closing and times
//! contain no values, and are not checked.

use std::collections::VecDeque;

use super::heartbeat;
use super::notation::sent;
use super::recording::{Event, Recording};
use crate::pattern::Captures;
use crate::player::{Arrival, accepts, message};
use crate::transcript::{Directive, Expected, Payload, TerminalName, Transcript};

/// Plays `text` with the events of `recording` as the server.
///
/// # Errors
///
/// The first line that does not pass, and why.
pub(super) fn replay(text: &str, recording: &Recording) -> Result<(), String> {
    let transcript =
        Transcript::fragment("the recording", text).map_err(|error| error.to_string())?;
    let mut terminals: Vec<Terminal<'_>> = (0..recording.terminals.len())
        .map(|terminal| Terminal::of(recording, terminal))
        .collect();
    let mut known = recording.variables.clone();
    for step in &transcript.steps {
        let terminal = match transcript.terminal(step.terminal) {
            TerminalName::Only => Some(0),
            TerminalName::Named(name) => recording.terminals.iter().position(|other| other == name),
        };
        let line = transcript.source.line(step.span.line);
        let terminal = terminal.and_then(|terminal| terminals.get_mut(terminal));
        let terminal = terminal.ok_or_else(|| format!("{line} belongs to no terminal"))?;
        match &step.directive {
            Directive::Send { payload, .. } => {
                terminal.sends(payload, &known, line, &recording.variables)?;
            }
            Directive::Receive(expected) => terminal.receives(expected, &mut known, line)?,
            _ => {}
        }
    }
    match terminals.iter().map(Terminal::left).sum::<usize>() {
        0 => Ok(()),
        left => Err(format!("{left} lines are missing")),
    }
}

/// What a terminal still has to send and to receive.
struct Terminal<'a> {
    typed: VecDeque<&'a str>,
    arrivals: VecDeque<&'a str>,
}

impl<'a> Terminal<'a> {
    fn of(recording: &'a Recording, terminal: usize) -> Self {
        let mut of = Self {
            typed: VecDeque::new(),
            arrivals: VecDeque::new(),
        };
        let mut leaving = false;
        let heartbeats = heartbeat::lines(recording, terminal);
        let own = recording.events.iter().filter(|(at, _)| *at == terminal);
        for (_, event) in own {
            match event {
                Event::Connected(_) => leaving = false,
                Event::Left => leaving = true,
                Event::Typed(line) => of.typed.push_back(line),
                Event::Arrived(arrival) if heartbeat::is_among(&heartbeats, arrival) => {}
                // A transcript reads nothing between `exit` and the end.
                Event::Arrived(Arrival::Text(text)) if !leaving => of.arrivals.push_back(text),
                _ => {}
            }
        }
        of
    }

    fn sends(
        &mut self,
        payload: &Payload,
        known: &Captures,
        line: &str,
        variables: &Captures,
    ) -> Result<(), String> {
        let typed = self.typed.pop_front();
        if typed.map(|typed| sent(typed, variables)) == Some(Ok(message(payload, known))) {
            Ok(())
        } else {
            Err(format!("{line} sends something else than {typed:?}"))
        }
    }

    fn receives(
        &mut self,
        expected: &Expected,
        known: &mut Captures,
        line: &str,
    ) -> Result<(), String> {
        if !matches!(
            expected,
            Expected::Json(_) | Expected::Text(_) | Expected::TextOf(_)
        ) {
            return Ok(());
        }
        let frame = self.arrivals.pop_front();
        let frame = frame.ok_or_else(|| format!("{line} expects what never arrived"))?;
        let arrival = Arrival::Text(frame.to_owned());
        if accepts(expected, &arrival, known) {
            Ok(())
        } else {
            Err(format!("{line} does not accept {frame}"))
        }
    }

    fn left(&self) -> usize {
        self.typed.len() + self.arrivals.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const CONNECT: &str = "$ wscat -c ws://127.0.0.1:3001/dev\nConnected (press CTRL+C to quit)\n";

    /// A client says hello, and is answered.
    fn hello() -> Recording {
        let mut recording = Recording::default();
        let terminal = recording.terminal("alice");
        recording.add(terminal, Event::Typed("hello".to_owned()));
        let answer = Arrival::Text(r#"{"id": "c-1"}"#.to_owned());
        recording.add(terminal, Event::Arrived(answer));
        recording
    }

    #[track_caller]
    fn fails(lines: &str, why: &str) {
        let error = replay(&format!("{CONNECT}{lines}"), &hello()).unwrap_err();
        assert!(error.contains(why), "{error}");
    }

    #[test]
    fn the_recorded_events_pass() {
        let text = format!("{CONNECT}> hello\n< {{\"id\": \"<string>\"}}\n");
        assert_eq!(replay(&text, &hello()), Ok(()));
    }

    #[test]
    fn anything_else_fails_and_names_the_line() {
        fails("> hallo\n", "hallo sends something else");
        fails("> hello\n< {\"id\": \"c-2\"}\n", "does not accept");
        fails("> hello\n", "1 lines are missing");
        fails(
            "> hello\n< {\"id\": \"c-1\"}\n< {\"id\": \"c-1\"}\n",
            "expects what never arrived",
        );
    }
}
