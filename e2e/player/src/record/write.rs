//! Makes a transcript of a recording.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::heartbeat;
use super::names::{Names, place_of};
use super::notation;
use super::recording::{Event, Recording};
use super::replay::replay;
use crate::expectation::{self, literal, volatile, words};
use crate::format;
use crate::json::Json;
use crate::pattern::{Captures, Type};
use crate::player::Arrival;
use crate::source;
use crate::transcript::Transcript;

/// Longest body of a rejection that is recorded, in characters. Longer ones are usually HTML pages.
const MAX_BODY: usize = 500;

/// The transcript of the recorded events; empty if there are none.
pub(crate) fn transcript(recording: &Recording) -> String {
    let named = written(recording, Names::of(recording));
    // A capture may be wrong where its value appears by chance. A correct transcript matters more than a readable one.
    match replay(&named, recording) {
        Ok(()) => named,
        Err(_) => written(recording, Names::of_variables(recording)),
    }
}

/// What in `text`, the transcript of `recording`, will not be checked or will not pass when it is played.
pub(crate) fn remarks(text: &str, recording: &Recording) -> Vec<String> {
    let mut remarks = Vec::new();
    if let Err(reason) = replay(text, recording) {
        remarks.push(format!("it will not pass as it is: {reason}"));
    }
    for (number, line) in (1..).zip(text.lines()) {
        if line == expectation::ANYTHING {
            remarks.push(format!(
                "line {number} accepts any text, because what arrived cannot be written in a transcript"
            ));
        }
    }
    remarks
}

/// The variables that `text`, a transcript, needs, without their `$`.
pub(crate) fn variables(text: &str) -> Vec<String> {
    let Ok(transcript) = Transcript::fragment("the recording", text) else {
        return Vec::new();
    };
    let names = transcript.variables().into_iter();
    let names: BTreeSet<_> = names.map(|(name, _)| name.replace('$', "")).collect();
    names.into_iter().collect()
}

fn written(recording: &Recording, names: Names) -> String {
    let terminals = recording.terminals.len();
    let mut writer = Writer {
        recording,
        names,
        known: recording.variables.clone(),
        typed: Vec::new(),
        current: None,
        leaving: vec![false; terminals],
        heartbeats: (0..terminals)
            .map(|terminal| heartbeat::lines(recording, terminal))
            .collect(),
        ignores: vec![false; terminals],
        text: String::new(),
        lines: 0,
    };
    for (terminal, event) in recording.in_reading_order() {
        writer.event(*terminal, event);
    }
    // Formatting cannot fail for a valid transcript; if it did, the unformatted text would be better than none.
    format::transcript("", &writer.text).unwrap_or(writer.text)
}

struct Writer<'a> {
    recording: &'a Recording,
    names: Names,
    /// The captures of the lines above.
    known: Captures,
    /// The typed lines that have been written.
    typed: Vec<&'a str>,
    current: Option<usize>,
    /// For each terminal, whether it is closing its connection.
    leaving: Vec<bool>,
    /// For each terminal, the lines that expect its heartbeats.
    heartbeats: Vec<BTreeSet<String>>,
    /// For each terminal, whether these lines have been written.
    ignores: Vec<bool>,
    text: String,
    /// How many lines it has, without names of terminals and empty lines.
    lines: usize,
}

impl<'a> Writer<'a> {
    fn event(&mut self, terminal: usize, event: &'a Event) {
        match event {
            Event::Connected(command) => {
                self.leaving[terminal] = false;
                self.line(terminal, &format!("$ {command}"));
                self.line(terminal, "Connected (press CTRL+C to quit)");
                self.ignore_heartbeats(terminal);
            }
            Event::Refused {
                command,
                status,
                body,
            } => {
                self.line(terminal, &format!("$ {command}"));
                let line = format!("error: Unexpected server response: {status}");
                self.line(terminal, &line);
                if (1..=MAX_BODY).contains(&body.chars().count()) {
                    let line = self.expected(&Arrival::Text(body.clone()));
                    self.line(terminal, &line);
                }
            }
            Event::Typed(typed) => {
                let line = self.typed_with_captures(typed);
                self.line(terminal, &format!("> {line}"));
                self.typed.push(typed);
            }
            // After `exit` a transcript reads only the end of the connection.
            Event::Arrived(arrival) if self.leaving[terminal] && !arrival.is_end() => {}
            Event::Arrived(arrival) if heartbeat::is_among(&self.heartbeats[terminal], arrival) => {
            }
            Event::Arrived(arrival) => {
                let line = self.expected(arrival);
                self.line(terminal, &line);
                self.capture(&line);
            }
            Event::Left => {
                self.leaving[terminal] = true;
                self.line(terminal, "exit");
            }
            Event::Noted(note) => self.line(terminal, format!("# {note}").trim_end()),
        }
    }

    /// Writes, once for a terminal, which frames are ignored.
    fn ignore_heartbeats(&mut self, terminal: usize) {
        let heartbeats = self.heartbeats[terminal].clone();
        if std::mem::replace(&mut self.ignores[terminal], true) || heartbeats.is_empty() {
            return;
        }
        self.line(terminal, "ignoring:");
        for line in &heartbeats {
            self.line(terminal, line);
        }
        self.text.push('\n');
    }

    fn line(&mut self, terminal: usize, line: &str) {
        if self.current != Some(terminal) && self.recording.terminals.len() > 1 {
            let blank = if self.text.is_empty() { "" } else { "\n" };
            let name = &self.recording.terminals[terminal];
            // Writing into a string cannot fail.
            let _ = writeln!(self.text, "{blank}[{name}]");
        }
        self.current = Some(terminal);
        for line in source::split(line) {
            self.text.push_str(&line);
            self.text.push('\n');
            self.lines += 1;
        }
    }

    /// The line that expects `arrival`.
    fn expected(&self, arrival: &Arrival) -> String {
        let leaf = &mut |key: Option<&str>, value: &Json| self.leaf(key, value);
        let line = expectation::line(arrival, &self.known, leaf);
        self.text_with_captures(arrival, line)
    }

    /// The placeholder for a value of a frame, if it gets one.
    fn leaf(&self, key: Option<&str>, value: &Json) -> Option<String> {
        if !value.is_string() && !value.is_number() {
            return None;
        }
        let text = value.to_text();
        let quote = if value.is_string() { "\"" } else { "" };
        // A number and a string with the same text are different values.
        let is_captured_otherwise = |name: &&str| {
            self.known
                .get(name)
                .is_some_and(|known| known.value.is_string() && value.is_number())
        };
        if let Some(name) = self
            .names
            .get(&text)
            .filter(|name| !is_captured_otherwise(name))
        {
            return Some(format!("{quote}<{name}>{quote}"));
        }
        let string = value.as_str().map(|_| literal::in_json(&value.to_string()));
        if let Some(written) = &string {
            let with_captures = self.with_captures(written);
            if with_captures != *written {
                return Some(with_captures);
            }
        }
        if self.typed.iter().any(|line| line.contains(&text)) {
            return None;
        }
        if let Some(placeholder) = volatile::placeholder(key, value) {
            return Some(placeholder.to_owned());
        }
        let written = string?;
        let rewritten = words::in_json(&written, &mut |key, word| {
            // In quotes only some types are placeholders; and the whole text is not a part of itself.
            if Type::EpochMs.accepts(word) {
                return Some("\"<string>\"".to_owned());
            }
            let is_part = word.is_string() && word != value;
            is_part.then(|| self.leaf(key, word)).flatten()
        });
        (rewritten != written).then_some(rewritten)
    }

    /// Replaces values by captures in a line for a text that is not JSON, or for bytes; returns any other line unchanged.
    fn text_with_captures(&self, arrival: &Arrival, line: String) -> String {
        if let Arrival::Text(_) | Arrival::Binary(_) = arrival
            && let Some(plain) = line
                .strip_prefix("< ")
                .filter(|line| !line.starts_with(['{', '[']))
        {
            let named = format!("< {}", self.with_captures(plain));
            if expectation::fits(&named, arrival, &self.known) {
                return named;
            }
        }
        line
    }

    /// The typed line, with values replaced by captures if it still sends the same text.
    fn typed_with_captures(&self, line: &str) -> String {
        let named = self.with_captures(line);
        let sent = notation::sent(line, &self.recording.variables);
        if notation::sent(&named, &self.known) == sent {
            named
        } else {
            line.to_owned()
        }
    }

    /// `text` with the values that the lines above have captured replaced by captures.
    fn with_captures(&self, text: &str) -> String {
        let mut text = text.to_owned();
        for (value, name) in self.names.iter() {
            if self.known.get(name).is_none() {
                continue;
            }
            while let Some(at) = place_of(&text, value) {
                text.replace_range(at..at + value.len(), &format!("<{name}>"));
            }
        }
        text
    }

    /// Notes the captures of `line`, which was just written.
    fn capture(&mut self, line: &str) {
        let number = self.lines;
        for (value, name) in self.names.iter() {
            if self.known.get(name).is_some() {
                continue;
            }
            if line.contains(&format!("\"<{name}>\"")) {
                self.known.insert(name, value.into(), number);
            } else if line.contains(&format!("<{name}>")) {
                let value = Json::parse(value).unwrap_or_else(|_| value.into());
                self.known.insert(name, value, number);
            }
        }
    }
}

#[cfg(test)]
mod tests;
